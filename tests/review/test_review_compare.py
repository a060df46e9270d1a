"""What the semantic diff says of two sides, section by section."""

from __future__ import annotations

import pytest

from gitmodels import digest
from gitmodels.review.compare import compare
from gitmodels.review.measurements import Measurement
from gitmodels.review.sides import Side
from gitmodels.review.verdicts import SECTIONS
from gitmodels.values import replace

ONE, TWO = digest.of_bytes(b"one"), digest.of_bytes(b"two")
PYFUNC = b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    python_version: %s\n"
plain = Side("fraud", 7, {"model.pkl": (1000, ONE)}, flavors=("python_function", "sklearn"), model_id="m-1")


def told(old: Side, new: Side) -> list[tuple[str, str, str]]:
    """Section, verdict and subject of all that is said beside that the content differs."""
    found = compare(old, new)
    return [(each.section, each.verdict.word, each.subject) for each in found if each.subject != "content"]


def test_equal_sides_have_equal_content_and_nothing_else() -> None:
    (only,) = compare(plain, plain)
    assert (only.section, only.text) == ("identity", "the same files, byte for byte")


def test_files_are_counted_and_new_bytes_told() -> None:
    new = replace(plain, files={"model.pkl": (2500, TWO), "extra": (10, ONE)})
    content, grown = compare(plain, new)
    assert content.text == "files: 1 changed, 1 added"
    assert (grown.verdict.word, grown.before, grown.after) == ("note", 1000, 2510)
    assert grown.text == "+1.5 kB (+151 %); 2.5 kB in files that are new"


def on(metric: str, value: float, data: str) -> Measurement:
    """A value measured on the data of that digest; "" is data that nobody recorded."""
    return Measurement(metric, value, digests=frozenset({data} if data else ()))


@pytest.mark.parametrize(
    ("metric", "before", "after", "verdict"),
    [
        ("auc", 0.9, 0.95, "ok"),
        ("auc", 0.9, 0.85, "warn"),
        ("val_loss", 0.9, 0.85, "ok"),
        ("val_loss", 0.9, 0.95, "warn"),
        ("depth", 3.0, 4.0, "note"),
        ("auc", 0.9, float("nan"), "warn"),
    ],
)
def test_a_metric_on_the_same_data_is_better_or_worse(metric: str, before: float, after: float, verdict: str) -> None:
    old, new = (replace(plain, measurements=(on(metric, value, "9f3c"),)) for value in (before, after))
    assert told(old, new) == [("metrics", verdict, metric)]
    assert told(old, old) == []


@pytest.mark.parametrize(("one", "other"), [("9f3c", "41aa"), ("9f3c", ""), ("", "")])
def test_numbers_on_other_data_are_never_called_better(one: str, other: str) -> None:
    old = replace(plain, measurements=(on("auc", 0.1, one),))
    new = replace(plain, measurements=(on("auc", 0.9, other),))
    (_, found) = compare(old, new)
    assert found.verdict.word == "note"
    assert found.text.startswith("not comparable")


def test_each_data_set_is_compared_for_itself_and_the_last_measurement_counts() -> None:
    old = replace(plain, measurements=(on("auc", 0.8, "a"), on("auc", 0.9, "b")))
    new = replace(plain, measurements=(on("auc", 0.1, "a"), on("auc", 0.85, "b"), on("auc", 0.9, "a")))
    found = [each for each in compare(old, new) if each.section == "metrics"]
    assert [(each.verdict.word, each.before, each.after) for each in found] == [("ok", 0.8, 0.9), ("warn", 0.9, 0.85)]


@pytest.mark.parametrize(
    ("before", "after", "verdict", "text"),
    [
        ("a==1.2.0", "a==1.2.1", "ok", "a patch"),
        ("a==1.2.0", "a==1.3.0", "note", "newer"),
        ("a==1.3.0", "a==1.2.0", "note", "older than before"),
        ("a==1.3.0", "a==2.0.0", "warn", "another major version"),
        ("a==0.3.0", "a==0.4.0", "warn", "another major version"),
        ("a==1!1.0", "a==1.0", "warn", "another major version"),
        ("a==1.0", "a>=1.0", "warn", "not pinned to one version any more"),
        ("a>=1.0", "a==1.0", "ok", "pinned now"),
        ("a==1.0", "A==1.0.0", "ok", "the same version, written otherwise"),
        ("", "a==1.0", "note", "added"),
        ("", "a", "warn", "added, not pinned to one version"),
        ("a==1.0", "", "note", "removed"),
        ("", "a @ git+https://x.org/a", "warn", "added, not pinned to one version"),
        ("", f"a @ https://x.org/a.whl#sha256={'0' * 64}", "note", "added"),
        ("", "--index-url https://x.org", "warn", "added, not pinned to one version"),
        ("a==1.0", "a== not a version", "warn", "not pinned to one version any more"),
    ],
)
def test_requirements_are_compared_by_their_versions(before: str, after: str, verdict: str, text: str) -> None:
    old, new = (replace(plain, readable={"requirements.txt": f"{line}\n".encode()}) for line in (before, after))
    found = [each for each in compare(old, new) if each.section == "dependencies"]
    assert [(each.verdict.word, each.text) for each in found] == [(verdict, text)]


def test_markers_tell_two_lines_of_one_package_apart() -> None:
    old = b'a==1.0 ; python_version < "3.12"\na==2.0 ; python_version >= "3.12"\n'
    sides = [replace(plain, readable={"requirements.txt": data}) for data in (old, old.replace(b"2.0", b"2.1"))]
    (found,) = [each for each in compare(*sides) if each.section == "dependencies"]
    assert (found.before, found.after) == ("2.0", "2.1")


def test_another_python_warns_when_it_is_another_minor() -> None:
    old, patch, minor = (replace(plain, readable={"MLmodel": PYFUNC % v}) for v in (b"3.11.2", b"3.11.9", b"3.12.0"))
    assert told(old, patch) == [("runtime", "ok", "python")]
    assert told(old, minor) == [("runtime", "warn", "python")]


def test_a_lost_flavor_breaks_and_more_code_warns() -> None:
    new = replace(plain, flavors=("onnx", "sklearn"), code_execution="pickle")
    expected = [
        ("flavors", "BREAK", "python_function"),
        ("flavors", "ok", "onnx"),
        ("execution", "warn", "code execution"),
    ]
    assert told(plain, new) == expected
    assert ("execution", "ok", "code execution") in told(new, plain)


def test_a_signature_that_cannot_be_read_breaks() -> None:
    old = replace(plain, readable={"MLmodel": b"flavors: {}\nsignature:\n  inputs: '[]'\n"})
    new = replace(plain, readable={"MLmodel": b'flavors: {}\nsignature:\n  inputs: \'[{"type": "wrong"}]\'\n'})
    assert told(old, new) == [("signature", "BREAK", "signature")]
    broken = replace(plain, readable={"MLmodel": b"]["})
    assert told(plain, broken) == [("signature", "BREAK", "MLmodel")]


def test_tags_card_and_provenance_are_told() -> None:
    old = replace(
        plain, tags={"team": "risk", "gone": "1"}, code={"commit": "a" * 40}, params={"depth": "4"}, author="Ana"
    )
    new = replace(
        plain,
        tags={"team": "fraud"},
        stage="Production",
        description="new",
        code={"commit": "b" * 40, "dirty": True},
        params={"depth": "6"},
        author="Bob",
        readable={"README.md": b"---\nlicense: mit\n---\n"},
    )
    assert told(old, new) == [
        ("tags", "ok", "tag gone"),
        ("tags", "ok", "tag team"),
        ("tags", "note", "stage"),
        ("tags", "ok", "description"),
        ("card", "ok", "card"),
        ("provenance", "note", "code commit"),
        ("provenance", "warn", "code"),
        ("provenance", "ok", "author"),
        ("provenance", "ok", "param depth"),
    ]
    licensed = replace(new, readable={"README.md": b"---\nlicense: gpl\n---\n"})
    assert told(new, licensed) == [("card", "warn", "license")]


def test_every_section_of_a_finding_is_known() -> None:
    found = compare(plain, replace(plain, name="other", files={"a": (1, TWO)}, flavors=(), stage="Staging"))
    assert {each.section for each in found} <= set(SECTIONS)
