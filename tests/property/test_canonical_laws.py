"""The fast reader of our own spelling says DOUBT or exactly what libyaml says."""

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitmodels import canonical, yaml
from gitmodels.errors import InvalidYaml

TRAPS = ["yes", "1e3", "017", "1:30", "2024-01-01", "a: b", "a #b", "- x", "<<", "~", "null", "a\nb", "a\n b\n"]
TRAPS += ["'", '"', "?", "!x", "&a", "*a", "[x]", "{x}", "---", "a\n---\nb", "fraud@prod -> 8", "-.INF", ".5", "1."]
MARKS = [
    " ",
    "  ",
    "\n",
    "- ",
    ":",
    ": ",
    "#",
    "'",
    '"',
    "a",
    "1",
    "{}",
    "[]",
    "|-",
    "-",
    "\t",
    "~",
    ",",
    "&",
    "*",
    "!",
]

words = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(TRAPS))
numbers = st.one_of(st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)),
    max_leaves=10,
)


def by_libyaml(text: str) -> Any:
    return yaml._Reader(text, "test", yaml.MAX_SCALAR).document()


@given(values)
def test_read_agrees_with_libyaml_on_what_dump_writes(value: Any) -> None:
    text = canonical.dump(value).decode()
    read = canonical.read(text)
    assert by_libyaml(text) == value
    assert read is canonical.DOUBT or repr(read) == repr(value)


@given(values, st.integers(0, 2**32))
def test_read_agrees_with_libyaml_on_damaged_text(value: Any, seed: int) -> None:
    chance = random.Random(seed)
    letters = list(canonical.dump(value).decode())
    for _ in range(chance.randint(1, 3)):
        letters.insert(chance.randrange(len(letters) + 1), chance.choice(MARKS))
        letters.pop(chance.randrange(len(letters)))
    text = "".join(letters)
    read = canonical.read(text)
    if read is not canonical.DOUBT:
        assert repr(read) == repr(by_libyaml(text))


def test_read_knows_its_own_records() -> None:
    record = {
        "name": "fraud",
        "tags": {"a": "1", "b c": "x y"},
        "files": [{"path": "MLmodel", "size": 3}],
        "n": [1, -2.5],
    }
    assert canonical.read(canonical.dump(record).decode()) == record


def test_dump_refuses_other_types() -> None:
    for value in ({1: 2}, {"a": object()}, {"a": b"bytes"}):
        try:
            canonical.dump(value)
        except InvalidYaml:
            continue
        raise AssertionError(value)
