"""What people write after a command becomes values; refusals keep the words and codes of their room."""

import click
import pytest

from gitmodels.cli import params
from gitmodels.errors import Invalid, InvalidName
from gitmodels.uris import ModelRef


def convert(kind: click.ParamType, text: str) -> object:
    return kind.convert(text, None, None)


def test_references() -> None:
    assert convert(params.REF, "fraud@champion") == ModelRef("fraud", alias="champion")
    assert convert(params.REF, "models:/fraud/7") == ModelRef("fraud", version=7)


def test_a_value_that_is_converted_already_stays() -> None:
    ref = ModelRef("fraud", version=1)
    assert params.REF.convert(ref, None, None) is ref
    file = params.FileOfModel(ref, "MLmodel")
    assert params.REF_PATH.convert(file, None, None) is file
    assert params.KEY_VALUE.convert(("a", "b"), None, None) == ("a", "b")


@pytest.mark.parametrize(
    ("text", "ref", "path"),
    [
        ("fraud@champion:MLmodel", ModelRef("fraud", alias="champion"), "MLmodel"),
        ("fraud/7:data/a.bin", ModelRef("fraud", version=7), "data/a.bin"),
        ("models:/fraud/7:MLmodel", ModelRef("fraud", version=7), "MLmodel"),
        ("models:/fraud/7/MLmodel", ModelRef("fraud", version=7, path="MLmodel"), "MLmodel"),
        ("fraud@champion", ModelRef("fraud", alias="champion"), ""),
    ],
)
def test_a_file_of_a_model(text: str, ref: ModelRef, path: str) -> None:
    assert convert(params.REF_PATH, text) == (ref, path)


@pytest.mark.parametrize("text", ["fraud/7:../../etc/passwd", "fraud/7:/etc/passwd", "models:/fraud/7/a:b", ":x"])
def test_a_file_outside_the_model_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        convert(params.REF_PATH, text)


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("v7", 7), ("V12", 12)])
def test_versions_as_they_are_shown(text: str, number: int) -> None:
    assert convert(params.VERSION, text) == number


@pytest.mark.parametrize("text", ["", "v", "0", "-1", "vv7", "7.0", "seven"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(Invalid):
        convert(params.VERSION, text)


def test_names_and_aliases_are_checked() -> None:
    assert convert(params.NAME, "Credit Risk") == "Credit Risk"
    assert convert(params.ALIAS, "champion") == "champion"
    with pytest.raises(InvalidName):
        convert(params.NAME, "a/b")
    with pytest.raises(InvalidName):
        convert(params.ALIAS, "prod\n")


def test_assignments() -> None:
    assert convert(params.KEY_VALUE, "team=risk=eu") == ("team", "risk=eu")
    assert convert(params.KEY_VALUE, "team=") == ("team", "")
    with pytest.raises(click.UsageError, match="is not KEY=VALUE"):
        convert(params.KEY_VALUE, "team")
    with pytest.raises(InvalidName):
        convert(params.KEY_VALUE, "=risk")
