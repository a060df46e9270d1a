"""Laws of the MLmodel file: what is written is read, written once it stays, and no bytes do worse than Invalid."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels.errors import Invalid, InvalidModel
from gitmodels.flavors.model_files import check_relative
from gitmodels.mlmodel.file import ModelFile

KEYS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Z")), min_size=1, max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | KEYS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
)
CONFIGS = st.dictionaries(KEYS.map("x_".__add__), VALUES, max_size=4)


@given(st.dictionaries(KEYS, CONFIGS, max_size=3), st.none() | st.dictionaries(KEYS, VALUES, max_size=4), CONFIGS)
def test_what_is_written_is_read(flavors, metadata, extra):
    file = ModelFile(flavors=flavors, metadata=metadata, extra=extra)
    again = ModelFile.read(file.to_bytes())
    assert again == file
    assert again.to_bytes() == file.to_bytes()


@given(st.dictionaries(KEYS, CONFIGS, max_size=3), st.randoms())
def test_the_order_of_keys_does_not_show(flavors, random):
    names = list(flavors)
    random.shuffle(names)
    shuffled = {name: flavors[name] for name in names}
    assert ModelFile(flavors=shuffled).to_bytes() == ModelFile(flavors=flavors).to_bytes()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_do_worse_than_invalid(data):
    for prefix in (b"", b"flavors:\n  x:\n    "):
        with contextlib.suppress(Invalid):
            ModelFile.read(prefix + data).to_bytes()


@given(st.text(max_size=40) | st.lists(st.sampled_from(["..", ".", "a", "", "\\", "C:"]), max_size=6).map("/".join))
def test_an_accepted_path_stays_inside(path):
    try:
        accepted = check_relative(path, "x")
    except InvalidModel:
        return
    assert not accepted.startswith("/")
    assert ".." not in accepted.split("/")


def test_a_path_of_parts_is_kept():
    assert check_relative("a/b", "x") == "a/b"
    with pytest.raises(InvalidModel):
        check_relative("a/../../b", "x")
