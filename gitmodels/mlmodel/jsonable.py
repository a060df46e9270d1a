"""Data to JSON values and back: what numpy, pandas and Python values look like in an example or a payload.

This room knows values and the types of a signature, no files and no formats around them. Floats keep every digit
(Python's shortest exact spelling), dates become ISO 8601, bytes base64 with a line end, null is null: MLflow's forms.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import decimal
from collections.abc import Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.cells import INT64
from gitmodels.mlmodel.datatype import DataType, way_out
from gitmodels.mlmodel.elements import is_null
from gitmodels.mlmodel.nested import MAX_NESTING, Array, ColumnType, Map, Object


def to_jsonable(value: Any, depth: int = 0) -> Any:
    r"""``value`` as JSON can hold it. Raises Invalid for what it cannot: complex numbers, durations, sets.

    >>> to_jsonable({"a": b"xy", "b": float("nan")})
    {'a': 'eHk=\n', 'b': None}
    """
    if depth > MAX_NESTING:
        raise Invalid(f"an example nests deeper than {MAX_NESTING}")
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, Mapping):
        return {_key(key): to_jsonable(each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_jsonable(each, depth + 1) for each in value]
    if getattr(value, "ndim", None):
        return [to_jsonable(each, depth + 1) for each in value.tolist()]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if type(value).__name__ == "datetime64":
        return _moment64(value)
    if hasattr(value, "dtype") and hasattr(value, "item"):
        value = value.item()
    if is_null(value):
        return None
    if isinstance(value, bytes | bytearray):
        return base64.encodebytes(value).decode("ascii")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    name = type(value).__name__
    raise Invalid(f"JSON cannot hold a {name}", hint=way_out(name))


def _moment64(value: Any) -> str | None:
    import numpy as np

    return None if np.isnat(value) else str(np.datetime_as_string(value))


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise Invalid(f"a JSON key is text, not {type(key).__name__}")
    return key


def column_to_jsonable(column: Any) -> list[Any]:
    """A pandas column as a list; numbers without nulls in one go."""
    values: list[Any] = column.tolist()
    if getattr(column.dtype, "kind", "") in "iub" and type(column.dtype).__module__.startswith("numpy"):
        return values
    return [to_jsonable(each) for each in values]


def from_jsonable(value: Any, dtype: ColumnType) -> Any:
    """A parsed JSON ``value`` with the parts JSON has no word for made what ``dtype`` says: bytes, dates, floats.

    Only converts; what does not fit is left for enforcement to refuse. Raises Invalid for text that is no date or
    no base64.

    >>> from_jsonable([1, 2.5], Array("double"))
    [1.0, 2.5]
    """
    if isinstance(dtype, DataType):
        return _leaf(value, dtype)
    if isinstance(dtype, Array) and isinstance(value, list):
        return [from_jsonable(each, dtype.dtype) for each in value]
    if isinstance(dtype, Map) and isinstance(value, dict):
        return {key: from_jsonable(each, dtype.value_type) for key, each in value.items()}
    if isinstance(dtype, Object) and isinstance(value, dict):
        types = {each.name: each.dtype for each in dtype.properties}
        return {key: from_jsonable(each, types[key]) if key in types else each for key, each in value.items()}
    return value


def _leaf(value: Any, dtype: DataType) -> Any:
    if type(value) is int and dtype in (DataType.float, DataType.double):
        return float(value) if value in INT64 else value
    if type(value) is float and dtype in (DataType.integer, DataType.long) and value.is_integer():
        # JavaScript writes 3.0 as 3 and some writers 3 as 3.0.
        return int(value)
    if isinstance(value, str) and dtype is DataType.binary:
        return read_base64(value)
    if isinstance(value, str) and dtype is DataType.datetime:
        return read_moment(value)
    return value


def read_base64(text: str) -> bytes:
    """The bytes that ``text`` spells. Raises Invalid."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("binary data in JSON is base64 text, and this is not") from None


def read_moment(text: str) -> Any:
    """The date and time that ``text`` spells in ISO 8601. Raises Invalid."""
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("a date in JSON is text in ISO 8601, and this is not") from None
