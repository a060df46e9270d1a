"""The eight scalar types of a model signature, under MLflow's names and numbers.

This room knows which numpy, pandas and Python type stands for each; it knows no columns, no data and no enforcement.
numpy is imported on first use, so that reading an MLmodel file loads no array library.
"""

from __future__ import annotations

import datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from gitmodels.errors import Invalid

if TYPE_CHECKING:
    import numpy as np


class DataType(Enum):
    """A scalar type; the values are MLflow's numbers, the names are what JSON holds.

    >>> DataType["double"], DataType.double.to_numpy()
    (double, dtype('float64'))
    """

    boolean = 1
    integer = 2
    long = 3
    float = 4
    double = 5
    string = 6
    binary = 7
    datetime = 8

    def __repr__(self) -> str:
        return self.name

    def to_numpy(self) -> np.dtype[Any]:
        """The numpy dtype: ``str`` and ``bytes`` without a length, datetimes in nanoseconds."""
        return _numpy_types()[self]

    def to_pandas(self) -> np.dtype[Any]:
        """The dtype of a pandas column: as numpy's, and ``object`` for strings and bytes."""
        import numpy as np

        return np.dtype(object) if self in (DataType.string, DataType.binary) else self.to_numpy()

    def to_python(self) -> type:
        """The Python type; ``datetime.date`` for datetimes, as in MLflow."""
        return _PYTHON_TYPES[self]

    def to_spark(self) -> Any:
        """Raises NotSupported: signatures of Spark frames are MLflow's own."""
        from gitmodels.errors import NotSupported

        raise NotSupported("gitmodels has no Spark schemas", hint="convert the frame with .toPandas()")

    @classmethod
    def check_type(cls, data_type: DataType, value: Any) -> bool:
        """Whether ``value`` is exactly of the Python or numpy type of ``data_type``; subclasses do not count.

        >>> DataType.check_type(DataType.long, 3), DataType.check_type(DataType.long, True)
        (True, False)
        """
        return type(value) in scalar_types()[data_type]

    @classmethod
    def all_types(cls) -> list[DataType]:
        """All eight, in the order of their numbers."""
        return list(cls)

    @classmethod
    def from_numpy_type(cls, np_type: Any) -> DataType | None:
        """The type whose numpy dtype equals ``np_type``, or None."""
        return next((each for each in cls if each.to_numpy() == np_type), None)


_PYTHON_TYPES: dict[DataType, type] = {
    DataType.boolean: bool,
    DataType.integer: int,
    DataType.long: int,
    DataType.float: float,
    DataType.double: float,
    DataType.string: str,
    DataType.binary: bytes,
    DataType.datetime: datetime.date,
}


@cache
def _numpy_types() -> dict[DataType, np.dtype[Any]]:
    import numpy as np

    names = ("bool", "int32", "int64", "float32", "float64", "str", "bytes", "datetime64[ns]")
    return dict(zip(DataType, map(np.dtype, names), strict=True))


@cache
def scalar_types() -> dict[DataType, frozenset[Any]]:
    """For each type, the exact classes of a scalar that already is of that type."""
    import numpy as np

    return {
        DataType.boolean: frozenset({bool, np.bool_}),
        DataType.integer: frozenset({int, np.int32}),
        DataType.long: frozenset({int, np.int64}),
        DataType.float: frozenset({float, np.float32}),
        DataType.double: frozenset({float, np.float64}),
        DataType.string: frozenset({str, np.str_}),
        DataType.binary: frozenset({bytes, np.bytes_, bytearray}),
        DataType.datetime: frozenset({datetime.date, datetime.datetime, np.datetime64}),
    }


def type_of_dtype(dtype: np.dtype[Any]) -> DataType | None:
    """The type that holds every value of a numpy ``dtype``; None when there is none (uint64, complex, timedelta).

    >>> import numpy as np
    >>> type_of_dtype(np.dtype("uint16")), type_of_dtype(np.dtype("uint64"))
    (integer, None)
    """
    kind, size = dtype.kind, dtype.itemsize
    if kind in "iu":
        if size < 4 or (kind == "i" and size == 4):
            return DataType.integer
        return DataType.long if size < 8 or kind == "i" else None
    if kind == "f":
        return DataType.float if size <= 4 else DataType.double if size <= 8 else None
    return _KINDS.get(kind)


_KINDS = {"b": DataType.boolean, "U": DataType.string, "S": DataType.binary, "M": DataType.datetime}


def way_out(dtype: Any) -> str:
    """What a person can do about a numpy or pandas ``dtype`` that no type of a signature stands for; "" if unknown.

    >>> import numpy as np
    >>> way_out(np.dtype("timedelta64[s]"))
    "make it a number of seconds: .dt.total_seconds(), or / numpy.timedelta64(1, 's')"
    """
    name = str(dtype).lower()
    return _WAYS_OUT.get(name) or next((hint for start, hint in _WAYS_OUT.items() if name.startswith(start)), "")


_WAYS_OUT = {
    "uint64": "convert it: .astype('int64') where all values fit, else .astype('float64') or .astype(str)",
    "complex": "split it into two columns, .real and .imag",
    "timedelta": "make it a number of seconds: .dt.total_seconds(), or / numpy.timedelta64(1, 's')",
    "duration": "make it a number of seconds: .dt.total_seconds()",
    "float128": "convert it: .astype('float64')",
    "longdouble": "convert it: .astype('float64')",
    "clongdouble": "split it into two columns, .real and .imag",
    "period": "make it a date: .dt.to_timestamp()",
    "interval": "split it into two columns, .array.left and .array.right",
    "time32": "make it text: .astype(str)",
    "time64": "make it text: .astype(str)",
}


def to_datatype(given: object, types: tuple[type, ...], argument: str) -> Any:
    """``given`` itself when it is one of ``types``; the DataType of that name when it is a string.

    Raises Invalid, naming ``argument``.
    """
    if isinstance(given, str):
        try:
            return DataType[given]
        except KeyError:
            names = [each.name for each in DataType]
            raise Invalid(f"Unsupported type '{given}' for '{argument}', expected one of {names}") from None
    if not isinstance(given, types):
        names = [each.__name__ for each in types]
        raise Invalid(f"Expected one of {names} or str for the '{argument}' argument, but got {type(given).__name__}")
    return given
