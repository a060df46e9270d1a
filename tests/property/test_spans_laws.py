"""Laws of cutting: the spans are the file, whatever its bytes, and no parser raises or reads past the end."""

import io
import json
import zipfile

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gitmodels.objects import spans
from gitmodels.objects.spans import pieces
from gitmodels.objects.spans.window import Part

NAMES = st.text(max_size=8)
TYPES = st.sampled_from([("U8", 1), ("F16", 2), ("BF16", 2), ("F32", 4), ("F64", 8)])


@st.composite
def safetensors(draw):
    header, data = {}, b""
    for name in draw(st.lists(NAMES, max_size=6, unique=True)):
        dtype, width = draw(TYPES)
        tensor = draw(st.binary(max_size=3)) * width
        header[name] = {"dtype": dtype, "shape": [len(tensor) // width], "data_offsets": [len(data)]}
        data += tensor
        header[name]["data_offsets"].append(len(data))
    text = json.dumps(header).encode().ljust(8)
    return len(text).to_bytes(8, "little") + text + data


def saved(count, dtype):
    stream = io.BytesIO()
    np.save(stream, np.zeros(count, dtype))
    return stream.getvalue()


arrays = st.builds(saved, st.integers(0, 9), st.sampled_from(["<f4", "<f8", ">f2", "u1", "U3"]))


@st.composite
def archives(draw):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name in draw(
            st.lists(st.from_regex(r"[a-z/]{1,6}(\.npy)?", fullmatch=True), min_size=1, max_size=4, unique=True)
        ):
            made.writestr(zipfile.ZipInfo(name), draw(st.binary(max_size=30) | arrays), draw(st.sampled_from([0, 8])))
        made.comment = draw(st.binary(max_size=5))
    return stream.getvalue()


KNOWN = st.one_of(safetensors(), arrays.filter(lambda data: b"U3" not in data), archives())
FILES = st.one_of(st.binary(max_size=200), KNOWN)


def parts(data):
    def read(offset, length):
        assert offset >= 0
        assert 0 < length <= len(data) - offset
        return data[offset : offset + length]

    return spans.parts(read, len(data))


def check(data):
    found = parts(data)
    assert found == parts(data)
    if found is not None:
        assert sum(part.length for part in found) == len(data)
        assert all(part.length >= 0 for part in found)
        assert all(part.width in (0, 2, 4, 8) and part.length % (part.width or 1) == 0 for part in found)
        for part in found:
            (part.name or "").encode()
    return found


@given(FILES)
def test_the_parts_of_any_bytes_are_the_bytes(data):
    check(data)


@given(KNOWN)
def test_files_of_a_known_format_are_understood(data):
    assert check(data) is not None


@given(FILES, st.data())
def test_a_damaged_file_is_cut_somehow(data, draw):
    damaged = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 3))):
        at = draw.draw(st.integers(0, len(damaged)))
        damaged[at : at + draw.draw(st.integers(0, 4))] = draw.draw(st.binary(max_size=4))
    check(bytes(damaged))


@given(
    st.lists(
        st.builds(
            Part,
            st.one_of(st.integers(0, 2000), st.integers(0, 20 << 20)),
            st.sampled_from([0, 2, 4, 8]),
            st.none() | NAMES,
        )
    )
)
def test_spans_have_the_length_of_their_parts_and_fit_a_reader(given_parts):
    found = list(pieces.spans(given_parts))
    assert sum(span.length for span in found) == sum(part.length for part in given_parts)
    assert all(0 < span.length <= pieces.PIECE < spans.MAX_CHUNK for span in found)
    ends = set()
    position = 0
    for span in found:
        position += span.length
        ends.add(position)
    position = 0
    for part in given_parts:
        if part.length >= pieces.JOINED:
            assert position == 0 or position in ends
            assert position + part.length in ends
        position += part.length


@given(st.integers(0, 1 << 33))
def test_opaque_spans_cover_the_file_in_chunks_a_reader_can_hold(size):
    lengths = [span.length for span in spans.opaque.spans(size)]
    assert sum(lengths) == size
    assert all(0 < length <= spans.MAX_CHUNK for length in lengths) or lengths == [0]
    assert (len(lengths) > 1) == (size > spans.opaque.WHOLE)
