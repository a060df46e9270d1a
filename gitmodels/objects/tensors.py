"""The tensors of a safetensors file: what they are called, what they are, where their bytes lie, and one as ``.npy``.

This room knows the format's header, which is taken for hostile: the same checks decide that decide how such a file is
cut. It reads no tensor that nobody asked for, and needs no numpy.
"""

import json
from math import prod
from typing import NamedTuple

from gitmodels.errors import Invalid, NotFound
from gitmodels.objects.spans import Read, safetensors
from gitmodels.objects.spans.window import OddError, Window

# numpy's names of the types it has; of the others the bits are given, as unsigned integers of the same width.
_NUMPY = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "C64": "<c8", "BOOL": "|b1",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip
_BITS = {"BF16": "<u2"}
_NPY = b"\x93NUMPY\x01\x00"


class Tensor(NamedTuple):
    """One tensor: its name, type and shape as the file says, and where its bytes lie in the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    length: int

    @property
    def numpy_dtype(self) -> str:
        """The type of its elements for numpy: its own, or unsigned integers that hold the bits of a type numpy lacks.

        >>> Tensor("w", "BF16", (2,), 0, 4).numpy_dtype, Tensor("w", "F8_E4M3", (2,), 0, 2).numpy_dtype
        ('<u2', '|u1')
        """
        return _NUMPY.get(self.dtype) or _BITS.get(self.dtype, "|u1")

    @property
    def is_bits(self) -> bool:
        """Whether numpy has no such type, so that only its bits can be given."""
        return self.dtype not in _NUMPY

    @property
    def numpy_shape(self) -> tuple[int, ...]:
        """Its shape for numpy: its own, or all bytes in a row where elements have no whole bytes."""
        whole = prod(self.shape) * int(self.numpy_dtype[2:]) == self.length
        return self.shape if whole else (self.length,)

    def npy_header(self) -> bytes:
        """What stands before its bytes in a ``.npy`` file of version 1.0."""
        described = {"descr": self.numpy_dtype, "fortran_order": False, "shape": self.numpy_shape}
        text = repr(described).encode("latin-1")
        padding = -(len(_NPY) + 2 + len(text) + 1) % 64
        return _NPY + (len(text) + padding + 1).to_bytes(2, "little") + text + b" " * padding + b"\n"


def tensors(read: Read, size: int, path: str) -> dict[str, Tensor]:
    """The tensors of a file of ``size`` bytes by name, in the order of their bytes.

    ``read(offset, length)`` is random access to it. Raises Invalid when it is no safetensors file or its header does
    not hold, and what ``read`` raises.
    """
    window = Window(read, size)
    try:
        header, *parts = safetensors.parts(window)
        described = json.loads(window.bytes(8, header.length - 8))
    except OddError as error:
        raise Invalid(
            f"{path[:200]!r} is no safetensors file that can be read: {error}",
            hint="tensors can be read one by one from .safetensors files only",
        ) from None
    found = {}
    offset = header.length
    for part in parts:
        name = str(part.name)
        about = described[name]
        found[name] = Tensor(name, about["dtype"], tuple(about["shape"]), offset, part.length)
        offset += part.length
    return found


def tensor(read: Read, size: int, path: str, name: str) -> Tensor:
    """One tensor of a file. Raises NotFound when it has none of this name, else as ``tensors``."""
    known = tensors(read, size, path)
    if name not in known:
        some = ", ".join(list(known)[:10]) or "nothing"
        raise NotFound(f"{path[:200]!r} has no tensor {name[:200]!r}", hint=f"it has {some}")
    return known[name]
