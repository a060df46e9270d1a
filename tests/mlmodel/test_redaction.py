import pytest

from gitmodels.mlmodel.redaction import is_secret, redact_tree, redact_urls


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("numpy==1.0", "numpy==1.0"),
        ("--index-url https://ann:s3@h/simple", "--index-url https://h/simple"),
        ("--extra-index-url https://token@h/simple https://b:c@k", "--extra-index-url https://h/simple https://k"),
        ("x @ git+https://ghp_abc@github.com/o/x@main", "x @ git+https://github.com/o/x@main"),
        ("x @ git+ssh://git@github.com/o/x", "x @ git+ssh://git@github.com/o/x"),
        ("--index-url https://${USER}:${TOKEN}@h/simple", "--index-url https://${USER}:${TOKEN}@h/simple"),
        ("x @ https://h/x.whl?X-Amz-Signature=abc&v=1", "x @ https://h/x.whl?v=1"),
        ("x @ https://h/x.whl?sig=abc", "x @ https://h/x.whl"),
        ("https://conda.example.org/t/tk-123-abc/label", "https://conda.example.org/label"),
        ("https://p@ss:w@h/x", "https://h/x"),
    ],
)
def test_credentials_leave_urls(text: str, expected: str) -> None:
    assert redact_urls(text) == expected


def test_redaction_is_idempotent_and_reaches_nested_values() -> None:
    tree = {"channels": ["https://u:p@h/c"], "dependencies": [{"pip": ["--index-url https://t@h"]}], "n": 1}
    clean = {"channels": ["https://h/c"], "dependencies": [{"pip": ["--index-url https://h"]}], "n": 1}
    assert redact_tree(tree) == clean
    assert redact_tree(clean) == clean


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("db_password", "x"),
        ("client.secret", "x"),
        ("awsSecretAccessKey", "x"),
        ("API_KEY", "x"),
        ("openai-api-key", "x"),
        ("hf_token", "hf0123456789abcdef0"),
        ("note", "use ghp_" + "a1" * 18),
        ("note", "-----BEGIN RSA PRIVATE KEY-----"),
    ],
)
def test_secrets_are_seen(key: str, value: str) -> None:
    assert is_secret(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("token_pattern", r"(?u)\b\w\w+\b"),
        ("max_tokens", "512"),
        ("pad_token", "[PAD]"),
        ("tokenizer", "distilbert-base-uncased-0123"),
        ("key", "value"),
        ("monkey", "x"),
        ("primary_key", "id"),
    ],
)
def test_ordinary_names_are_not_secrets(key: str, value: str) -> None:
    assert not is_secret(key, value)
