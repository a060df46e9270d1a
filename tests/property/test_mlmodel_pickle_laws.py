"""Laws of seeing pickles: any bytes are judged without an error, and a pickle is seen however it is wrapped."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitmodels.mlmodel.pickle_detection import looks_like_pickle

RELAXED = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
    max_leaves=8,
)


def zipped(data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"words")
        archive.writestr("b", data)
    return stream.getvalue()


def tarred(data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo("a")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


WRAPPINGS = [
    bytes, gzip.compress, bz2.compress, lzma.compress, zlib.compress, zipped, tarred,
    lambda data: b"words " * 10 + zipped(data), lambda data: data + b"more", lambda data: b"ZF" + zlib.compress(data),
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "weights.bin"


@RELAXED
@given(values, st.integers(0, 5), st.sampled_from(WRAPPINGS))
def test_a_pickle_is_seen_however_it_is_wrapped(place: Path, value: object, protocol: int, wrap: object) -> None:
    place.write_bytes(wrap(pickle.dumps(value, protocol)))  # type: ignore[operator]
    assert looks_like_pickle(place)


@RELAXED
@given(st.binary(max_size=600), st.sampled_from(WRAPPINGS), st.integers(0, 2000), st.binary(max_size=8))
def test_any_bytes_are_judged(place: Path, data: bytes, wrap: object, at: int, patch: bytes) -> None:
    whole = wrap(data)  # type: ignore[operator]
    for each in (data, whole, whole[:at], whole[:at] + patch + whole[at + len(patch) :]):
        place.write_bytes(each)
        assert looks_like_pickle(place) in (True, False)


@RELAXED
@given(st.text(st.characters(codec="ascii", exclude_characters="."), min_size=3))
def test_words_without_a_stop_are_no_pickle(place: Path, text: str) -> None:
    place.write_text(f"# {text}")
    assert not looks_like_pickle(place)
