"""Laws of names: one spelling each, back again, safe for git and for every file system."""

import subprocess
import unicodedata
from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from gitmodels import names
from gitmodels.errors import InvalidName

AWKWARD = st.sampled_from(
    [".", "..", ".lock", "lock", "@", "@{", "%", "%h", "=", "con", "nul", "com1", " ", "~", "-", "A"]
)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
NAMES = st.one_of(TEXT, st.lists(st.one_of(AWKWARD, TEXT), max_size=8).map("".join)).filter(bool)


def judged(check: Callable[[str], str], text: str) -> str | None:
    """What ``check`` gives back, None when it refuses; a refusal never repeats what cannot be seen."""
    try:
        return check(text)
    except InvalidName as error:
        message = error.message
    assert not names.hidden_character(message)
    return None


@given(NAMES)
@example("x.lock.lock")
@example("..lock")
@example("con.")
def test_encode_and_decode_are_a_round_trip(name: str) -> None:
    spelling = names.encode(name)
    assert len(spelling) <= names.MAX_COMPONENT
    assert spelling.isascii()
    assert spelling == spelling.lower()
    try:
        assert names.decode(spelling) == name
    except InvalidName:
        assert len(spelling) == names.MAX_COMPONENT or "%h" in spelling


@given(NAMES, NAMES)
def test_two_names_never_share_a_spelling(one: str, other: str) -> None:
    assert (names.encode(one) == names.encode(other)) == (one == other)


@given(TEXT)
def test_what_decodes_is_the_spelling_of_one_name(component: str) -> None:
    try:
        name = names.decode(component)
    except InvalidName:
        return
    assert names.encode(name) == component


@given(st.lists(NAMES, min_size=20, max_size=40))
def test_git_takes_every_spelling_as_part_of_a_ref(some: list[str]) -> None:
    for name in some:
        done = subprocess.run(["git", "check-ref-format", f"refs/x/{names.encode(name)}/y"], check=False)
        assert done.returncode == 0, names.encode(name)
        break  # one process an example; the examples are many


@given(NAMES)
def test_a_spelling_is_safe_as_a_file_name(name: str) -> None:
    spelling = names.encode(name)
    assert names.check_file_path(spelling) == spelling


@given(st.text(max_size=300))
def test_a_model_name_is_refused_or_comes_back_in_one_form(text: str) -> None:
    name = judged(names.check_model_name, text)
    if name is None:
        return
    assert names.check_model_name(name) == name == unicodedata.normalize("NFC", text)
    assert not names.hidden_character(name)
    assert len(name) <= names.MAX_NAME


@given(st.text(max_size=60))
def test_whatever_is_given_as_alias_key_or_path_is_refused_or_kept(text: str) -> None:
    for check in (names.check_alias, names.check_tag_key, names.check_file_path):
        assert judged(check, text) in (text, None)


@given(st.text(max_size=40))
def test_the_portable_key_of_a_key_is_itself(path: str) -> None:
    key = names.portable_key(path)
    assert names.portable_key(key) == key
    assert names.portable_key(unicodedata.normalize("NFD", path)) == key
    assert names.portable_key(path.upper().lower()) == names.portable_key(path.lower().upper().lower())


PIECES = st.sampled_from(
    ["con", "NUL", "aux.txt", ".git", "git~1", "a", "B.c", "x-y", "_", ".", "..", " ", "é", "com1", "conda.yaml"]
)


@given(st.lists(st.lists(PIECES, max_size=3).map("".join), min_size=1, max_size=4))
def test_a_path_is_taken_just_when_each_of_its_parts_is(parts: list[str]) -> None:
    refused = [judged(names.check_file_path, part) is None for part in parts]
    assert (judged(names.check_file_path, "/".join(parts)) is None) == any(refused)
