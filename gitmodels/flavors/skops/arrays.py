"""Arrays as bytes: ``.npy`` and ``.npz`` members, written canonically and read without pickle.

It knows numpy and scipy.sparse and nothing of estimators. Written canonically means: a header of one spelling, unused
bytes between the fields of records zeroed, sparse parts stored and not deflated. Read means: the shape in the header
must be exactly the bytes that follow, object arrays are refused, sparse indices are in range.
"""

import ast
import functools
import math
import re
from typing import TYPE_CHECKING, Any

from gitmodels.errors import InvalidModel, NotSupported
from gitmodels.flavors.skops.container import pack, unpack

if TYPE_CHECKING:
    import numpy as np

MAGIC = b"\x93NUMPY"
HEADER_LIMIT = 10_000
EMPTY_LIMIT = 1 << 20  # how many items an array of zero-sized items may claim
PLAIN = re.compile(
    r"\{'descr': '([<>|=][a-zA-Z0-9]{1,24})', 'fortran_order': (True|False), 'shape': (\([0-9, ]*\)), \} *\n"
)
SPARSE_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "coo": ("data", "row", "col"),
    "dia": ("data", "offsets"),
}


def to_npy(array: "np.ndarray[Any, Any]") -> bytes:
    """``array`` as a version 1.0 ``.npy`` file; equal arrays of equal layout give equal bytes.

    Raises NotSupported for dtypes that hold Python objects.
    """
    if array.dtype.hasobject:
        raise NotSupported("an array of records holds Python objects")
    fortran = array.flags.f_contiguous and not array.flags.c_contiguous
    body = array.tobytes("F" if fortran else "C")
    unused = _padding(array.dtype)
    if unused is not None and body:
        body = _zero(body, unused)
    return _header(array.dtype, fortran, array.shape) + body


@functools.lru_cache(1024)
def _header(dtype: "np.dtype[Any]", fortran: bool, shape: tuple[int, ...]) -> bytes:
    from numpy.lib.format import dtype_to_descr

    text = f"{{'descr': {dtype_to_descr(dtype)!r}, 'fortran_order': {fortran}, 'shape': {shape!r}, }}"
    length = -(-(len(MAGIC) + 4 + len(text) + 1) // 64) * 64 - len(MAGIC) - 4
    if length > HEADER_LIMIT:
        raise NotSupported("an array of records has too many fields")
    return MAGIC + b"\x01\x00" + length.to_bytes(2, "little") + text.ljust(length - 1).encode("latin1") + b"\n"


@functools.lru_cache(256)
def _padding(dtype: "np.dtype[Any]") -> "np.ndarray[Any, Any] | None":
    """Which bytes of a record no field covers; None when every byte is used."""
    import numpy as np

    if dtype.fields is None:
        return None
    unused = np.ones(dtype.itemsize, bool)
    for kind, offset, *_ in dtype.fields.values():
        inner = _padding(kind)
        unused[offset : offset + kind.itemsize] = False if inner is None else inner
    return unused if unused.any() else None


def _zero(body: bytes, unused: "np.ndarray[Any, Any]") -> bytes:
    import numpy as np

    records = np.frombuffer(bytearray(body), np.uint8).reshape(-1, len(unused))
    records[:, unused] = 0
    return records.tobytes()


def from_npy(data: memoryview) -> "np.ndarray[Any, Any]":
    """The array of an ``.npy`` file as a fresh, writable array. Raises InvalidModel unless the bytes fit the header."""
    import numpy as np

    if bytes(data[:6]) != MAGIC or len(data) < 12 or data[6] not in (1, 2, 3):
        raise InvalidModel("an array in a skops file is not in numpy's format")
    width = 2 if data[6] == 1 else 4
    body = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    if body > min(len(data), HEADER_LIMIT):
        raise InvalidModel("an array in a skops file has an oversized header")
    dtype, fortran, shape = _parse_header(bytes(data[8 + width : body]))
    count = math.prod(shape)
    if dtype.itemsize * count != len(data) - body or (not dtype.itemsize and count > EMPTY_LIMIT):
        raise InvalidModel("an array in a skops file has other bytes than its shape says")
    try:
        array = np.frombuffer(data, dtype, count, body) if count and dtype.itemsize else np.empty(count, dtype)
        return array.copy().reshape(shape, order="F" if fortran else "C")
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidModel("an array in a skops file cannot be read") from error


@functools.lru_cache(1024)
def _parse_header(header: bytes) -> "tuple[np.dtype[Any], bool, tuple[int, ...]]":
    import numpy as np
    from numpy.lib.format import descr_to_dtype

    try:
        text = header.decode("latin1")
        plain = PLAIN.fullmatch(text)
        if plain:
            shape = tuple(int(n) for n in plain[3].strip("()").split(",") if n.strip())
            dtype, fortran = np.dtype(plain[1]), plain[2] == "True"
        else:
            fields = ast.literal_eval(text.strip())
            shape, fortran = fields["shape"], fields["fortran_order"]
            dtype = descr_to_dtype(fields["descr"])
    except (ValueError, TypeError, SyntaxError, KeyError, RecursionError, MemoryError, OverflowError) as error:
        raise InvalidModel("an array in a skops file has a malformed header") from error
    if not (isinstance(shape, tuple) and len(shape) <= 32 and all(type(n) is int and 0 <= n < 1 << 62 for n in shape)):
        raise InvalidModel("an array in a skops file has an impossible shape")
    if dtype.hasobject or type(fortran) is not bool:
        raise InvalidModel("an array in a skops file holds pickled objects")
    return dtype, fortran, shape


def to_npz(matrix: Any) -> bytes:
    """A scipy sparse matrix or array as the ``.npz`` file ``scipy.sparse.load_npz`` reads, without compression."""
    import numpy as np
    from scipy import sparse

    parts = SPARSE_PARTS.get(matrix.format)
    if parts is None or (matrix.format == "coo" and matrix.ndim != 2):
        raise NotSupported(f"sparse matrices of the format {matrix.format} cannot be held by skops")
    arrays = {name: getattr(matrix, name) for name in parts}
    # Reading makes indices as narrow as they fit, so they are written that way.
    narrow = sparse.get_index_dtype([arrays[name] for name in parts[1:]], max(matrix.shape), check_contents=True)
    arrays |= {name: arrays[name].astype(narrow, copy=False) for name in parts[1:]}
    arrays |= {"format": np.array(matrix.format.encode("ascii")), "shape": np.array(matrix.shape)}
    if isinstance(matrix, sparse.sparray):
        arrays["_is_array"] = np.array(True)
    return pack({f"{name}.npy": to_npy(np.asarray(array)) for name, array in arrays.items()})


def from_npz(data: memoryview) -> Any:
    """The sparse matrix of an ``.npz`` file, its indices checked. Raises InvalidModel for anything inconsistent."""
    from scipy import sparse

    arrays = {name.removesuffix(".npy"): from_npy(member) for name, member in unpack(data).items()}
    kind = arrays.get("format")
    name = kind.item() if kind is not None and kind.ndim == 0 else None
    name = name.decode("latin1") if isinstance(name, bytes) else name
    if name not in SPARSE_PARTS or any(part not in arrays for part in (*SPARSE_PARTS[name], "shape")):
        raise InvalidModel("a sparse matrix in a skops file is of an unknown format or lacks parts")
    flag = arrays.get("_is_array")
    is_array = flag is not None and bool(flag.size == 1 and flag.all())
    cls = getattr(sparse, f"{name}_{'array' if is_array else 'matrix'}")
    parts = tuple(arrays[part] for part in SPARSE_PARTS[name])
    shape = arrays["shape"]
    try:
        if (
            shape.shape != (2,)
            or shape.dtype.kind not in "iu"
            or any(part.dtype.kind not in "iu" for part in parts[1:])
        ):
            raise InvalidModel("a sparse matrix in a skops file has indices that are not whole numbers")
        matrix = cls((parts[0], parts[1:]) if name == "coo" else parts, shape=tuple(int(n) for n in shape))
        _check_sparse(matrix, name)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        if isinstance(error, InvalidModel):
            raise
        raise InvalidModel("a sparse matrix in a skops file has indices out of range") from error
    return matrix


def _check_sparse(matrix: Any, kind: str) -> None:
    """Scipy's compiled loops trust the indices: they are looked at once, here."""
    if kind in ("csr", "csc"):
        matrix.check_format(full_check=True)
    elif kind == "bsr":
        matrix.check_format(full_check=True)
        rows, columns = matrix.shape
        height, width = matrix.blocksize
        if matrix.indices.size and (matrix.indices.min() < 0 or int(matrix.indices.max()) >= columns // max(width, 1)):
            raise InvalidModel("a sparse matrix in a skops file has indices out of range")
        if not height or not width or rows % height or columns % width:
            raise InvalidModel("a sparse matrix in a skops file has blocks that do not fit its shape")
