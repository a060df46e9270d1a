"""Laws of YAML: what we write we read back, other readers agree, and nothing hostile gets further than a refusal."""

import math
from typing import Any

import yaml as pyyaml
from hypothesis import example, given
from hypothesis import strategies as st

from gitmodels import yaml
from gitmodels.errors import InvalidYaml

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
WORDS = [
    "no",
    "1e3",
    "017",
    "1:30",
    "2026-11-23",
    "0x1f",
    "1_0",
    "<<",
    "=",
    "~",
    "null",
    "'",
    '"',
    "&a",
    "*a",
    "!a",
    "%a",
    "@a",
    "`a`",
    "{a",
    "[a",
    "...",
    "---",
    "=======",
    ".nan",
    "1.",
]
LINES = ["- a", "a: b", "a #b", "a\nb", "a\n\n b", "\n", " a", "a ", "| a", "> a", "? a", "a\n=======\nb", "a\tb", "\t"]
TRICKY = st.sampled_from([*WORDS, *LINES, "<<<<<<< x", ">>>>>>> x", "\ufeffa", "\x85", "\u2028", "\x7f", "a\u202eb"])
STRINGS = st.one_of(TEXT, TRICKY)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, width=64), STRINGS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(STRINGS, inner, max_size=4)),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    """Equal, with types and the sign of zero."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return bool(one == other)


@given(VALUES)
@example({"a": "x\n=======\ny"})
@example(["\n", "a\n", "\na"])
def test_what_is_written_is_read_back(value: Any) -> None:
    data = yaml.dump(value)
    assert same(yaml.load(data), value)
    assert yaml.dump(yaml.load(data)) == data


@given(VALUES)
def test_pyyaml_reads_the_same(value: Any) -> None:
    assert same(pyyaml.safe_load(yaml.dump(value)), value)


@given(VALUES)
def test_what_is_written_is_clean_text(value: Any) -> None:
    text = yaml.dump(value).decode()
    assert text.endswith("\n")
    assert all(line == line.rstrip(" ") for line in text.split("\n"))
    assert not any(char < " " and char != "\n" for char in text)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        yaml.load(data)
    except InvalidYaml as error:
        message = error.message
        assert "\n" not in message


MARKS = ["a: ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&x ", "*x", "!t ", "|", ">", "'", '"', "#", ": ", "?", "1"]
FRAGMENTS = st.sampled_from([*MARKS, "...", "<<: ", "---\n", "\t", "é", "\r\n", "%YAML 1.1\n", "0x1", "~", "\\ud800"])


@given(st.lists(FRAGMENTS, max_size=30).map("".join))
def test_whatever_is_read_can_be_written(text: str) -> None:
    try:
        value = yaml.load(text.encode())
    except InvalidYaml:
        return
    assert yaml.load(yaml.dump(value)) == value or value != value
