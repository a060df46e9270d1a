"""NumPy's .npy: header and array, when it is an array of numbers in the spelling that numpy writes."""

import io

import numpy as np
import pytest

from gitmodels.objects import spans


def saved(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def parts(data):
    return spans.parts(lambda offset, length: data[offset : offset + length], len(data))


@pytest.mark.parametrize(
    ("array", "width"),
    [
        (np.zeros((2, 3), "<f4"), 4),
        (np.zeros((), "<f8"), 8),
        (np.zeros(5, "<f2"), 2),
        (np.asfortranarray(np.zeros((2, 3), "<f8")), 8),
        (np.zeros(3, "<c8"), 4),
        (np.zeros(3, "<c16"), 8),
        (np.zeros(3, ">f4"), 0),
        (np.zeros(3, "<i8"), 0),
        (np.zeros(3, "u1"), 0),
        (np.zeros(3, bool), 0),
        (np.zeros((0, 7), "<f4"), 4),
        (np.zeros((1,) * 32, "<f4"), 4),
    ],
)
def test_what_numpy_saves_is_header_and_array(array, width):
    data = saved(array)
    assert parts(data) == [(len(data) - array.nbytes, 0, None), (array.nbytes, width, "array")]


def test_a_header_of_version_2_is_read():
    data = bytearray(saved(np.zeros(3, "<f4")))
    data[6] = 2
    data[8:10] = (118).to_bytes(4, "little")
    assert parts(bytes(data)) == [(130, 0, None), (12, 4, "array")]


def header(text, data=bytes(12), version=1):
    raw = text.encode() + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(raw).to_bytes(2 if version == 1 else 4, "little") + raw + data


GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"


def test_the_header_of_these_tests_is_good():
    assert parts(header(GOOD)) == [(68, 0, None), (12, 4, "array")]


@pytest.mark.parametrize(
    "data",
    [
        header(GOOD, bytes(11)),
        header(GOOD, bytes(13)),
        header(GOOD, version=4),
        header(GOOD)[:9],
        header(GOOD).replace(b"\x01\0", b"\x01\x07", 1),
        header(GOOD.replace("3,", "3, -1")),
        header(GOOD.replace("3,", ", ".join(["9" * 19] * 60))),
        header(GOOD.replace("3,", ", ".join(["1"] * 65))),
        header(GOOD.replace("3,", "__import__('os').abort()")),
        header(GOOD.replace("False", "print()")),
        header(GOOD.replace("'<f4'", "'|O'")),
        header(GOOD.replace("'<f4'", "[('a', '<f4')]")),
        header(GOOD.replace("'<f4'", "'<U1'")),
        header(GOOD + " " * 5000),
        header(GOOD)[:-20],
        b"\x93NUMPY\x02\0\xff\xff\xff\xff" + bytes(100),
        saved(np.array([None, "x"], dtype=object)),
    ],
    ids=range(17),
)
def test_case40_an_array_that_does_not_fit_its_header_is_opaque(data):
    assert parts(data) is None
