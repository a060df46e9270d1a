"""Which stored numbers may stand for which type of a signature: MLflow's table of safe conversions.

This room knows numpy dtypes and the eight scalar types; it touches no data. Widening never changes a value; the one
exception that needs a look at the data (whole numbers that are all 0 or 1, for a float) is named, not decided, here.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from gitmodels.mlmodel.datatype import DataType

if TYPE_CHECKING:
    import numpy as np


class Cast(Enum):
    """What must happen to values of some dtype to stand for a type."""

    KEEP = "already of the type"
    WIDEN = "convert, nothing can be lost"
    BITS = "convert when every value is 0 or 1"
    REFUSE = "refuse"


def cast_rule(source: np.dtype[Any], target: DataType) -> Cast:
    """The rule for values stored as numpy ``source``, where the signature says ``target``.

    >>> import numpy as np
    >>> cast_rule(np.dtype("int32"), DataType.double).name, cast_rule(np.dtype("int64"), DataType.double).name
    ('WIDEN', 'BITS')
    """
    wanted = target.to_numpy()
    if source == wanted:
        return Cast.KEEP
    if target in (DataType.string, DataType.binary):
        return Cast.KEEP if source.kind == wanted.kind else Cast.REFUSE
    return _number_rule(source.kind, source.itemsize, wanted)


def _number_rule(kind: str, size: int, wanted: np.dtype[Any]) -> Cast:
    if kind == wanted.kind and size <= wanted.itemsize:
        return Cast.WIDEN
    if kind == "u" and wanted.kind == "i" and size < wanted.itemsize:
        return Cast.WIDEN
    if kind in "iu" and wanted.kind == "f":
        if size <= 4 and wanted.itemsize == 8:
            return Cast.WIDEN
        if kind == "i" and size == 8:
            return Cast.BITS
    return Cast.REFUSE
