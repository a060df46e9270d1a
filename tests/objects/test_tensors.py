"""Single tensors of a safetensors file."""

import io
import json

import numpy as np
import pytest

from gitmodels.errors import Invalid, NotFound
from gitmodels.objects.tensors import Tensor, tensor, tensors


def safetensors(header: dict, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def opened(data: bytes):
    return (lambda offset, length: data[offset : offset + length]), len(data)


FILE = safetensors(
    {
        "__metadata__": {"format": "pt"},
        "bias": {"dtype": "F32", "shape": [2], "data_offsets": [12, 20]},
        "weight": {"dtype": "I16", "shape": [2, 3], "data_offsets": [0, 12]},
        "half": {"dtype": "BF16", "shape": [2], "data_offsets": [20, 24]},
        "none": {"dtype": "F64", "shape": [0, 4], "data_offsets": [24, 24]},
        "one": {"dtype": "BOOL", "shape": [], "data_offsets": [24, 25]},
    },
    np.arange(6, dtype="<i2").tobytes() + np.float32([1, 2]).tobytes() + b"\x80\x3f\x00\x40" + b"\x01",
)


def as_npy(found: Tensor, data: bytes = FILE) -> np.ndarray:
    return np.load(io.BytesIO(found.npy_header() + data[found.offset : found.offset + found.length]))


def test_tensors_come_in_the_order_of_their_bytes():
    found = tensors(*opened(FILE), "m.safetensors")
    assert list(found)[:3] == ["weight", "bias", "half"]
    assert found["weight"].shape == (2, 3)
    assert found["bias"].dtype == "F32"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("weight", np.arange(6, dtype="<i2").reshape(2, 3)),
        ("bias", np.float32([1, 2])),
        ("half", np.uint16([0x3F80, 0x4000])),
        ("none", np.empty((0, 4))),
        ("one", np.array(True)),
    ],
)
def test_numpy_reads_what_is_written(name, expected):
    found = as_npy(tensor(*opened(FILE), "m.safetensors", name))
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert (found == expected).all()


@pytest.mark.parametrize(
    ("dtype", "size", "numpy_dtype"),
    [
        *[(f"{kind}{bits}", bits // 8, f"<{kind.lower()}{bits // 8}") for kind in "FIU" for bits in (16, 32, 64)],
        ("I8", 1, "|i1"),
        ("U8", 1, "|u1"),
        ("C64", 8, "<c8"),
        ("F8_E4M3", 1, "|u1"),
    ],
)
def test_every_type_is_one_of_numpys_or_its_bits(dtype, size, numpy_dtype):
    data = safetensors({"w": {"dtype": dtype, "shape": [3], "data_offsets": [0, 3 * size]}}, bytes(3 * size))
    found = tensor(*opened(data), "m", "w")
    assert found.numpy_dtype == numpy_dtype
    assert as_npy(found, data).shape == (3,)


def test_elements_without_whole_bytes_come_as_bytes_in_a_row():
    data = safetensors({"w": {"dtype": "F4", "shape": [2, 4], "data_offsets": [0, 4]}}, b"abcd")
    found = tensor(*opened(data), "m", "w")
    assert as_npy(found, data).tobytes() == b"abcd"
    assert found.is_bits


def test_a_header_of_64_dimensions_still_makes_a_npy_file():
    found = Tensor("w", "F32", (1,) * 32, 0, 4)
    assert np.load(io.BytesIO(found.npy_header() + bytes(4))).shape == (1,) * 32
    assert len(Tensor("w", "F32", (2**60,) * 64, 0, 4).npy_header()) % 64 == 0


def test_a_name_it_has_not_is_answered_with_those_it_has():
    with pytest.raises(NotFound, match="no tensor 'wieght'") as caught:
        tensor(*opened(FILE), "m.safetensors", "wieght")
    assert "weight, bias" in caught.value.hint


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04" + bytes(100),
        b"\x80\x04}." + bytes(20),
        (2**63).to_bytes(8, "little") + b"{}",
        FILE[:-1],
        FILE + b"x",
        safetensors({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)),
        safetensors({"w": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, bytes(12)),
        safetensors({"w": {"dtype": "F32", "shape": [2**62, 2], "data_offsets": [0, 8]}}, bytes(8)),
        safetensors({"w": {"dtype": "F32", "shape": ["2"], "data_offsets": [0, 8]}}, bytes(8)),
        safetensors({"w": []}, b""),
        (4).to_bytes(8, "little") + b"\xff\xfe{}",
    ],
)
def test_case40_what_is_no_sound_safetensors_file_is_refused(data):
    with pytest.raises(Invalid, match="no safetensors file"):
        tensors(*opened(data), "m.safetensors")
