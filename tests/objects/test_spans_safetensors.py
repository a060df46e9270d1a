"""safetensors: by its tensors when every figure of the header fits, else opaque."""

import json

import pytest

from gitmodels.objects import spans
from gitmodels.objects.spans import safetensors
from gitmodels.objects.spans.window import OddError, Window


def file(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def tensor(begin, end, dtype="U8", shape=None):
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


def parts(data):
    return spans.parts(lambda offset, length: data[offset : offset + length], len(data))


def test_tensors_are_told_in_the_order_of_their_bytes():
    header = {"b": tensor(6, 14, "F32", [2, 1]), "__metadata__": {"any": "thing"}, "a": tensor(0, 6, "BF16", [3])}
    data = file(header, bytes(14))
    assert parts(data) == [(len(data) - 14, 0, ""), (6, 2, "a"), (8, 4, "b")]


@pytest.mark.parametrize(
    ("dtype", "shape", "length", "width"),
    [
        ("F64", [2], 16, 8),
        ("F32", [], 4, 4),
        ("F16", [0, 5], 0, 2),
        ("C64", [1], 8, 4),
        ("I64", [1], 8, 0),
        ("BOOL", [3], 3, 0),
        ("F8_E4M3", [2, 2], 4, 0),
        ("F4", [4], 2, 0),
        ("F6_E2M3", [4], 3, 0),
        ("of next year", [7], 5, 0),
    ],
)
def test_every_type_is_measured(dtype, shape, length, width):
    data = file({"t": tensor(0, length, dtype, shape)}, bytes(length))
    assert parts(data)[1:] == [(length, width, "t")]


def test_a_file_without_tensors_is_all_header():
    data = file(b"{}" + b" " * 14)
    assert parts(data) == [(24, 0, "")]


@pytest.mark.parametrize(
    "data",
    [
        file({"a": tensor(0, 8)}, bytes(7)),
        file({"a": tensor(0, 8)}, bytes(9)),
        file({"a": tensor(0, 8), "b": tensor(4, 8)}, bytes(8)),
        file({"a": tensor(0, 4), "b": tensor(5, 8)}, bytes(8)),
        file({"a": tensor(1, 8)}, bytes(8)),
        file({"a": tensor(8, 0, shape=[0])}, bytes(8)),
        file({"a": tensor(0, 8, "F32", [3])}, bytes(8)),
        file({"a": tensor(0, 8, "F32", [1 << 62, 1 << 62])}, bytes(8)),
        file({"a": tensor(0, 8, "F32", [-2])}, bytes(8)),
        file({"a": tensor(0, 8, "F32", [2.0])}, bytes(8)),
        file({"a": tensor(0, 8, "F32", [True, 2])}, bytes(8)),
        file({"a": tensor(0, 8, shape=[1] * 65 + [8])}, bytes(8)),
        file({"a": {**tensor(0, 8), "more": 1}}, bytes(8)),
        file({"a": {"dtype": "U8", "shape": [8]}}, bytes(8)),
        file({"a": {**tensor(0, 8), "data_offsets": [0, 8, 8]}}, bytes(8)),
        file({"a": {**tensor(0, 8), "data_offsets": {"0": 8}}}, bytes(8)),
        file({"a": {**tensor(0, 8), "dtype": ["U8"]}}, bytes(8)),
        file({"a": {**tensor(0, 8), "shape": 8}}, bytes(8)),
        file({"a": [0, 8]}, bytes(8)),
        file(b'{"a":{},"a":{}}', bytes(8)),
        file(b'{"\\ud800":' + json.dumps(tensor(0, 8)).encode() + b"}", bytes(8)),
        file(b'{"\xff":' + json.dumps(tensor(0, 8)).encode() + b"}", bytes(8)),
        file(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", bytes(8)),
        file(b'{"a":' + b"9" * 10_000 + b"}", bytes(8)),
        file(b"{" + b"," * (safetensors.MAX_VALUES + 1) + b"}", bytes(8)),
        file(b'{"a": NaN}', bytes(8)),
        file(b"{} {}       ", bytes(8)),
        (1 << 63).to_bytes(8, "little") + b"{" + bytes(100),
        (safetensors.MAX_HEADER + 1).to_bytes(8, "little") + b"{" + bytes(100),
        (60).to_bytes(8, "little") + b"{" + bytes(20),
        b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x94.{",
    ],
    ids=range(31),
)
def test_case40_a_header_that_does_not_fit_its_file_makes_it_opaque(data):
    assert parts(data) is None


def test_the_header_is_refused_before_its_tensors_are_read():
    size = 1 << 40
    header = file({"a": tensor(0, 8)}, bytes(8))
    asked = []

    def read(offset, length):
        asked.append(length)
        return header[offset : offset + length]

    with pytest.raises(OddError):
        safetensors.parts(Window(read, size))
    assert sum(asked) < 100
