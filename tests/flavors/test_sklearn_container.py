"""The zip of a skops file and the arrays in it: written one way, read only when whole and bounded."""

import io
import struct
import warnings
import zipfile

import numpy as np
import pytest
from scipy import sparse

from gitmodels.errors import InvalidModel, NotSupported
from gitmodels.flavors.skops.arrays import from_npy, from_npz, to_npy, to_npz
from gitmodels.flavors.skops.container import pack, unpack


def _zip(members, method=zipfile.ZIP_STORED, **info):
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name twice
        for name, data in members:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = method
            for key, value in info.items():
                setattr(entry, key, value)
            archive.writestr(entry, data)
    return buffer.getvalue()


def test_members_come_back_and_equal_members_give_equal_bytes():
    members = {"schema.json": b"{}", "1.npy": b"\x00" * 99, "empty": b""}
    assert {name: bytes(data) for name, data in unpack(pack(members)).items()} == members
    assert pack(members) == pack(dict(members))
    assert b"UT" not in pack(members)


def test_deflated_members_of_others_are_read():
    assert bytes(unpack(_zip([("a", b"x" * 50)], zipfile.ZIP_DEFLATED))["a"]) == b"x" * 50


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not exactly one zip"),
        (b"\x80\x04.", "not exactly one zip"),
        (pack({"a": b"1"}) + b"tail", "not exactly one zip"),
        (b"head" + pack({"a": b"1"}), "not exactly one zip"),
        (_zip([("../a", b"")]), "path"),
        (_zip([("/a", b"")]), "path"),
        (_zip([(".hidden", b"")]), "path"),
        (_zip([("a", b"1"), ("a", b"2")]), "twice"),
        (_zip([("a", b"0" * 5_000_000)], zipfile.ZIP_DEFLATED), "inflates"),
        (_zip([("a", b"0")], zipfile.ZIP_BZIP2), "method"),
    ],
)
def test_a_strange_zip_is_refused(data, why):
    with pytest.raises(InvalidModel, match=why):
        unpack(data)


def test_a_flipped_byte_fails_the_checksum():
    data = bytearray(pack({"a": b"content"}))
    data[data.index(b"content")] ^= 1
    with pytest.raises(InvalidModel, match="checksum"):
        unpack(bytes(data))


def test_members_that_overlap_are_refused():
    data = bytearray(pack({"a": b"x" * 100, "b": b"y" * 100}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
    first = data.index(b"PK\x01\x02")
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    with pytest.raises(InvalidModel):
        unpack(bytes(data))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array(3),
        np.zeros((0, 4)),
        np.array(["a", "bcd"]),
        np.array([b"", b"x"]),
        np.array(["2024-01-01", "NaT"], "datetime64[ms]"),
        np.arange(3, dtype=">i4"),
        np.zeros(3, [("a", "i1"), ("b", "f8")]),
        np.array([np.nan, -0.0, np.inf]),
        np.arange(10)[::2],
    ],
)
def test_arrays_come_back_as_numpy_would_read_them(array):
    data = to_npy(array)
    back, numpys = from_npy(memoryview(data)), np.load(io.BytesIO(data), allow_pickle=False)
    assert back.dtype == numpys.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == np.ascontiguousarray(array).tobytes() == numpys.tobytes()
    assert back.flags.f_contiguous == numpys.flags.f_contiguous
    assert back.flags.writeable
    assert to_npy(back) == data


def test_bytes_between_fields_are_zeroed():
    aligned = np.dtype([("a", "i1"), ("b", "f8")], align=True)
    dirty = np.frombuffer(b"\xab" * 32, aligned)
    clean = from_npy(memoryview(to_npy(dirty)))
    assert clean["b"].tobytes() == dirty["b"].tobytes()
    assert to_npy(dirty)[-32:][1:8] == b"\x00" * 7


def _npy(header, body=b""):
    text = header.encode("latin1")
    return memoryview(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body)


@pytest.mark.parametrize(
    "data",
    [
        _npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", b"\x80\x04."),
        _npy("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }\n", b"x" * 8),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n", b"x" * 8),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }\n", b"x" * 8),
        _npy("{'descr': '<U0', 'fortran_order': False, 'shape': (4000000000000000,), }\n"),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1.5,), }\n", b"x" * 12),
        _npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n", b"x" * 9),
        _npy("{'descr': '<f8', 'fortran_order': 3, 'shape': (1,), }\n", b"x" * 8),
        _npy("__import__('os').system('true')"),
        _npy("(" * 5000),
        _npy("{}"),
        memoryview(b"\x93NUMPY\x01\x00\xff\xff"),
        memoryview(b"PK"),
    ],
)
def test_a_strange_array_is_refused_without_allocating_for_it(data):
    with pytest.raises(InvalidModel):
        from_npy(data)


def test_arrays_of_records_with_objects_are_not_held():
    with pytest.raises(NotSupported):
        to_npy(np.zeros(2, [("a", object)]))


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr", "coo", "dia"])
@pytest.mark.parametrize("form", ["matrix", "array"])
def test_sparse_matrices_come_back_as_scipy_would_read_them(kind, form):
    dense = np.kron(np.eye(3), np.ones((2, 2)))
    matrix = getattr(sparse, f"{kind}_{form}")(dense)
    data = to_npz(matrix)
    back, scipys = from_npz(memoryview(data)), sparse.load_npz(io.BytesIO(data))
    assert type(back) is type(matrix) is type(scipys)
    assert (back.toarray() == dense).all()
    assert (scipys.toarray() == dense).all()
    assert to_npz(back) == data


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr", "coo"])
def test_sparse_indices_out_of_range_are_refused(kind):
    matrix = getattr(sparse, f"{kind}_matrix")(np.kron(np.eye(3), np.ones((2, 2))))
    (matrix.indices if kind != "coo" else matrix.col)[-1] = 10_000
    parts = {"csr": "indices", "csc": "indices", "bsr": "indices", "coo": "col"}[kind]
    members = {name: bytes(data) for name, data in unpack(to_npz(matrix.copy())).items()} if kind != "coo" else None
    if members is None:
        clean = sparse.coo_matrix(np.kron(np.eye(3), np.ones((2, 2))))
        members = {name: bytes(data) for name, data in unpack(to_npz(clean)).items()}
        members["col.npy"] = to_npy(matrix.col)
    assert f"{parts}.npy" in members
    with pytest.raises(InvalidModel):
        from_npz(memoryview(pack(members)))


def test_a_sparse_format_that_skops_lacks_is_not_held():
    with pytest.raises(NotSupported):
        to_npz(sparse.lil_matrix((2, 2)))
