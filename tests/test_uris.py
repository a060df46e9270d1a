"""How people point at a model."""

import pytest

from gitmodels.errors import Invalid
from gitmodels.uris import ModelRef, PathRef, RemoteRef, RunRef, parse_ref, parse_uri, without_credentials

ID = "m-" + "0123456789abcdef" * 2
RUN = "0123456789abcdef" * 2

REFS = {
    "fraud": ModelRef("fraud"),
    "fraud@champion": ModelRef("fraud", alias="champion"),
    "fraud@latest": ModelRef("fraud", latest=True),
    "fraud/7": ModelRef("fraud", version=7),
    "fraud/latest": ModelRef("fraud", latest=True),
    "fraud/LATEST": ModelRef("fraud", latest=True),
    "fraud/Production": ModelRef("fraud", stage="Production"),
    "fraud/staging": ModelRef("fraud", stage="Staging"),
    "fraud/none": ModelRef("fraud", stage="None"),
    "Credit Risk@champion": ModelRef("Credit Risk", alias="champion"),
    "a@b@champion": ModelRef("a@b", alias="champion"),
    "a@b/1": ModelRef("a@b", version=1),
    "models:/a@b/latest": ModelRef("a@b", latest=True),
    "models:/a@b/Production": ModelRef("a@b", stage="Production"),
    ID: ModelRef(model_id=ID),
    "models:/fraud/7": ModelRef("fraud", version=7),
    "models:/fraud@champion": ModelRef("fraud", alias="champion"),
    "models:/Credit%20Risk/1": ModelRef("Credit Risk", version=1),
    f"models:/{ID}": ModelRef(model_id=ID),
    "fraud/7/MLmodel": ModelRef("fraud", version=7, path="MLmodel"),
    "fraud@champion/data/a.bin": ModelRef("fraud", alias="champion", path="data/a.bin"),
    f"models:/{ID}/MLmodel": ModelRef(model_id=ID, path="MLmodel"),
}


@pytest.mark.parametrize(("text", "ref"), REFS.items(), ids=REFS)
def test_references(text: str, ref: ModelRef) -> None:
    assert parse_ref(text) == ref


@pytest.mark.parametrize("text", [text for text, ref in REFS.items() if not ref.path])
def test_a_reference_is_written_as_it_is_read(text: str) -> None:
    ref = parse_ref(text)
    assert parse_ref(str(ref)) == ref


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "@champion",
        "fraud@",
        "fraud@v3",
        "fraud@a b",
        "fraud@prod\n",
        "fraud/",
        "fraud/0",
        "fraud/-1",
        "fraud/seven",
        "fraud/1.0",
        "fraud/\u0667",
        "fraud/99999999999999999999",
        "/fraud/1",
        "../x",
        "../x@champion",
        "a:b/1",
        "a\x1b/1",
        "models:",
        "models:/",
        "models://fraud/1",
        "models:fraud/1",
        "models:/%2e%2e/1",
        "models:/a%2fb@champion",
        "models:/fraud%00/1",
        f"M{ID[1:]}x/",
    ],
)
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(Invalid):
        parse_ref(text)


@pytest.mark.parametrize(
    "text", ["fraud/7/../../etc/passwd", "fraud@champion//x", "fraud/7/.git/config", "models:/fraud/7/%2e%2e/x"]
)
def test_010_a_file_inside_a_model_cannot_lead_out_of_it(text: str) -> None:
    with pytest.raises(Invalid):
        parse_ref(text)


def test_007_option_like_names_stay_data() -> None:
    assert parse_ref("--upload-pack=x@champion") == ModelRef("--upload-pack=x", alias="champion")


URIS = {
    "models:/fraud/7": ModelRef("fraud", version=7),
    f"runs:/{RUN}/model": RunRef(RUN, "model"),
    f"runs:/{RUN}/a/b%20c": RunRef(RUN, "a/b c"),
    f"runs:/{RUN}": RunRef(RUN),
    "git+https://example.org/m.git#fraud@champion": RemoteRef(
        "https://example.org/m.git", ModelRef("fraud", alias="champion")
    ),
    "git+ssh://git@example.org/m.git#fraud/3": RemoteRef("ssh://git@example.org/m.git", ModelRef("fraud", version=3)),
    "model": PathRef("model"),
    "fraud/7": PathRef("fraud/7"),
    "/srv/model": PathRef("/srv/model"),
    "./a@b": PathRef("./a@b"),
    "file:///srv/my%20model": PathRef("/srv/my model"),
    "file:/srv/model": PathRef("/srv/model"),
    "C:\\models\\fraud": PathRef("C:\\models\\fraud"),
}


@pytest.mark.parametrize(("text", "ref"), URIS.items(), ids=URIS)
def test_uris(text: str, ref: object) -> None:
    assert parse_uri(text) == ref


@pytest.mark.parametrize(
    "text",
    [
        "",
        "runs:/",
        "runs:/x/model",
        f"runs:/{RUN.upper()}/model",
        f"runs:/{RUN}0/model",
        f"runs:/{RUN}/../x",
        f"runs:/{RUN}//x",
        "git+https://example.org/m.git",
        "git+#fraud@champion",
        "git+https://example.org/m.git#",
        "git+https://example.org/m.git#../x",
        "s3://bucket/model",
        "http://example.org",
        "mlflow-artifacts:/x",
        "model\x00",
        "file:///srv/%00",
        "file:",
        "git+ext::sh -c x#fraud@a",
        "git+--upload-pack=x#fraud@a",
        "git+https://example.org/\nx#fraud@a",
    ],
)
def test_what_is_no_uri(text: str) -> None:
    with pytest.raises(Invalid):
        parse_uri(text)


def test_runs_uris_read_back() -> None:
    for ref in (RunRef(RUN, "model"), RunRef(RUN, "a/b c"), RunRef(RUN, "100%"), RunRef(RUN, "a%41")):
        assert parse_uri(ref.uri) == ref


def test_models_uris_read_back() -> None:
    for ref in (*REFS.values(), ModelRef("50%25", version=1), ModelRef("%41", alias="a", path="b%20c")):
        assert parse_uri(ref.uri) == ref


def test_a_slash_at_the_end_is_nothing_more() -> None:
    assert parse_uri(f"runs:/{RUN}/model/") == RunRef(RUN, "model")
    assert parse_ref("fraud/7/") == ModelRef("fraud", version=7)


def test_a_refusal_shows_no_control_characters() -> None:
    for text in ("fraud/\x1b[2J", "models:/\x1b[2J", "runs:/\x1b[2J", "x\x1b://y"):
        with pytest.raises(Invalid) as refusal:
            parse_ref(text) if not text.startswith("runs") else parse_uri(text)
        assert "\x1b" not in refusal.value.message


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ann:s3cret@example.org/x", "https://example.org/x"),
        ("git+ssh://git@example.org:22/x", "git+ssh://example.org:22/x"),
        ("https://a:b@c@example.org/x?token=s3cret&y#m@prod", "https://example.org/x?***#m@prod"),
        ("az://box/x?sig=s3cret", "az://box/x?***"),
        (
            "cannot read 'https://t0ken@h/x' nor ssh://u:p@k/y: is it there?",
            "cannot read 'https://h/x' nor ssh://k/y: is it there?",
        ),
        ("git@example.org:team/models.git", "git@example.org:team/models.git"),
        ("models:/fraud@champion", "models:/fraud@champion"),
        ("/srv/a@b/c?d", "/srv/a@b/c?d"),
        ("", ""),
    ],
)
def test_105_what_can_hold_a_token_is_left_out_wherever_an_address_stands(text: str, shown: str) -> None:
    assert without_credentials(text) == shown
    assert without_credentials(shown) == shown
