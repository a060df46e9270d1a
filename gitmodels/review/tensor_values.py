"""How far apart the values of two tensors are: the largest and the mean difference, and the cosine between the two.

This room knows bytes of elements and numbers. It reads both sides a piece at a time and holds no tensor whole.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from gitmodels.values import frozen

if TYPE_CHECKING:
    import numpy as np

# numpy's names of types with values to subtract; of BF16 the bits, which are the upper half of a float's.
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1",
}  # fmt: skip
# Bytes of one side at a time: what tensors are cut into, so each piece of the store is decoded once.
_PIECE = 4 << 20

# ``read(offset, length)``: bytes of one tensor, counted from its first.
ReadTensor = Callable[[int, int], bytes]


@frozen
class Apart:
    """The largest and the mean absolute difference of two tensors, element by element, and their cosine.

    Of differences only the finite ones count; ``odd`` is how many are not. ``cosine`` is None where it is not defined.
    """

    largest: float
    mean: float
    cosine: float | None
    odd: int = 0

    def __str__(self) -> str:
        """In words.

        >>> str(Apart(0.03125, 0.00125, 0.99999))
        'max |Δ| 0.03125, mean |Δ| 0.00125, cosine 0.99999'
        """
        words = [f"max |Δ| {self.largest:.4g}", f"mean |Δ| {self.mean:.4g}"]
        words += [f"cosine {self.cosine:.6g}"] if self.cosine is not None else []
        return ", ".join(words + ([f"{self.odd} not finite"] if self.odd else []))

    def numbers(self) -> tuple[tuple[str, float], ...]:
        """For programs, each by its name; a cosine that is not defined is left out."""
        found = [("max_abs_difference", self.largest), ("mean_abs_difference", self.mean)]
        found += [("cosine", self.cosine)] if self.cosine is not None else []
        return (*found, ("not_finite", self.odd))


def has_values(dtype: str) -> bool:
    """Whether elements of the type ``dtype``, as safetensors calls it, can be subtracted here."""
    return dtype in _TYPES


def apart(old: ReadTensor, new: ReadTensor, length: int, dtype: str) -> Apart:
    """How far apart two tensors of one type and ``length`` bytes are. Raises what reading raises.

    >>> one, two = (b"".join(n.to_bytes(1) for n in side) for side in ((3, 4), (4, 4)))
    >>> found = apart(lambda at, n: one[at:at + n], lambda at, n: two[at:at + n], 2, "U8")
    >>> found.largest, found.mean, round(found.cosine, 4)
    (1.0, 0.5, 0.9899)
    """
    import numpy as np

    largest = total = dot = 0.0
    squares = [0.0, 0.0]
    odd = count = 0
    with np.errstate(all="ignore"):
        for at in range(0, length, _PIECE):
            size = min(_PIECE, length - at)
            was, now = (_numbers(read(at, size), dtype) for read in (old, new))
            difference = np.abs(now - was)
            finite = np.isfinite(difference)
            if not finite.all():
                odd += int((~finite).sum())
                difference, was, now = difference[finite], was[finite], now[finite]
            count += len(difference)
            largest = max(largest, float(difference.max(initial=0.0)))
            total += float(difference.sum())
            dot += float(was @ now)
            squares = [before + float(side @ side) for before, side in zip(squares, (was, now), strict=True)]
    norms = math.sqrt(squares[0]) * math.sqrt(squares[1])
    cosine = dot / norms if norms and math.isfinite(norms) and math.isfinite(dot) else None
    return Apart(largest, total / count if count else 0.0, cosine, odd)


def _numbers(data: bytes, dtype: str) -> "np.ndarray":
    import numpy as np

    found = np.frombuffer(data, _TYPES[dtype])
    if dtype == "BF16":
        found = (found.astype("<u4") << 16).view("<f4")
    return found.astype(np.float64)
