"""Enforcing a type on one Python value: scalars, lists, dicts and whatever they nest.

This room knows values and types, no frames. Containers come back new, the caller's are never changed; scalars that
fit come back as they are. Messages carry the path of names and the classes, never the values.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from functools import cache
from typing import Any

from gitmodels.errors import SchemaMismatch
from gitmodels.mlmodel.casting import Cast, cast_rule
from gitmodels.mlmodel.datatype import DataType, scalar_types
from gitmodels.mlmodel.elements import is_null
from gitmodels.mlmodel.nested import AnyType, Array, ColumnType, Map, Object

INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)


def kind_of(value: Any) -> str:
    """What ``value`` is, for a message: its class, and dtype and shape of an array.

    >>> kind_of([1, 2]), kind_of(None)
    ('list', 'null')
    """
    if is_null(value):
        return "null"
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    name = type(value).__name__
    return f"{name} of {dtype} and shape {shape}" if dtype is not None and shape else name


def enforce_cell(value: Any, dtype: ColumnType, where: str, required: bool = True) -> Any:
    """``value`` as ``dtype``; ``where`` names it in errors. ``required`` False lets null pass as None.

    Raises SchemaMismatch.

    >>> enforce_cell([1, None], Array("long"), "column 'ids'")
    [1, None]
    """
    if isinstance(dtype, AnyType):
        return value
    if not required and (is_null(value) or (isinstance(value, Mapping) and not value)):
        return value if isinstance(value, Mapping) else None
    if isinstance(dtype, DataType):
        return _scalar(value, dtype, where)
    if value is None and isinstance(dtype, Array | Map) and isinstance(_inside(dtype), AnyType):
        return None  # as in MLflow: what holds anything may also be absent
    if isinstance(dtype, Array):
        return _array(value, dtype, where)
    if isinstance(dtype, Object):
        return _object(value, dtype, where)
    assert isinstance(dtype, Map)
    return _map(value, dtype, where, required)


def _inside(dtype: Array | Map) -> ColumnType:
    return dtype.dtype if isinstance(dtype, Array) else dtype.value_type


def _mismatch(where: str, expected: object, value: Any) -> SchemaMismatch:
    got = kind_of(value)
    return SchemaMismatch(f"{where}: expected {expected!r}, got {got}", expected=repr(expected), got=got)


def _object(value: Any, dtype: Object, where: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _mismatch(where, dtype, value)
    properties = {each.name: each for each in dtype.properties}
    if missing := [name for name, each in properties.items() if each.required and name not in value]:
        raise SchemaMismatch(f"{where}: Missing required properties: {missing}")
    if unknown := [str(key)[:40] for key in value if key not in properties]:
        raise SchemaMismatch(f"{where}: Invalid properties not defined in the schema found: {unknown[:10]}")
    return {
        key: enforce_cell(each, properties[key].dtype, f"{where}, key '{key}'", properties[key].required)
        for key, each in value.items()
    }


def _map(value: Any, dtype: Map, where: str, required: bool) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _mismatch(where, dtype, value)
    if not all(isinstance(key, str) for key in value):
        raise SchemaMismatch(f"{where}: Expected all keys in the map type data are string type.")
    return {key: enforce_cell(each, dtype.value_type, f"{where}, a value", required) for key, each in value.items()}


def _array(value: Any, dtype: Array, where: str) -> Any:
    import numpy as np

    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return _numbers(value, dtype, where)
    if not isinstance(value, list | np.ndarray) or getattr(value, "ndim", 1) == 0:
        raise _mismatch(where, dtype, value)
    inside = dtype.dtype
    # A type cannot say that elements may be null, so null elements always pass.
    if isinstance(inside, DataType):
        found = _scalars(list(value), inside, where)
    else:
        found = [None if each is None else enforce_cell(each, inside, f"{where}, an element", False) for each in value]
    return found if isinstance(value, list) else object_array(found)


def object_array(values: list[Any]) -> Any:
    """A one-dimensional numpy array of these very objects, lists and arrays included."""
    import numpy as np

    return np.fromiter(values, dtype=object, count=len(values))


def _numbers(value: Any, dtype: Array, where: str) -> Any:
    """A plain numpy array under nested Array types: one rule for all elements."""
    inside: ColumnType = dtype
    for _ in range(value.ndim):
        if isinstance(inside, AnyType):
            return value
        if not isinstance(inside, Array):
            raise _mismatch(where, dtype, value)
        inside = inside.dtype
    if isinstance(inside, AnyType) or value.size == 0:
        return value
    rule = cast_rule(value.dtype, inside) if isinstance(inside, DataType) else Cast.REFUSE
    if rule is Cast.KEEP or (inside is DataType.datetime and value.dtype.kind == "M"):
        return value
    if rule is Cast.REFUSE or (rule is Cast.BITS and not bool(((value == 0) | (value == 1)).all())):
        raise _mismatch(where, dtype, value)
    assert isinstance(inside, DataType)
    return value.astype(inside.to_numpy())


def _scalars(values: list[Any], dtype: DataType, where: str) -> list[Any]:
    kinds = set(map(type, values))
    kinds.discard(type(None))
    if kinds <= scalar_types()[dtype] and int not in kinds:
        return values
    if dtype is DataType.double and float in kinds and int in kinds:
        # A list with one float is a list of floats, as pandas and JSON have it.
        values = [float(each) if type(each) is int else each for each in values]
    return [None if is_null(each) else _scalar(each, dtype, f"{where}, an element") for each in values]


def _scalar(value: Any, dtype: DataType, where: str) -> Any:
    kind: type = type(value)
    if kind is int:
        return _python_int(value, dtype, where)
    if kind in scalar_types()[dtype] or _stands_for(kind, dtype):
        return value
    if kind is decimal.Decimal and dtype is DataType.double:
        return float(value)
    if getattr(value, "ndim", None) == 0:
        return _numpy_scalar(value, dtype, where)
    raise _mismatch(where, dtype, value)


def _python_int(value: int, dtype: DataType, where: str) -> Any:
    if (dtype is DataType.integer and value in INT32) or (dtype is DataType.long and value in INT64):
        return value
    if dtype in (DataType.float, DataType.double) and value in (0, 1):
        return float(value)
    raise _mismatch(where, dtype, value)


def _numpy_scalar(value: Any, dtype: DataType, where: str) -> Any:
    rule = cast_rule(value.dtype, dtype)
    if rule is Cast.KEEP:
        return value[()]
    if rule is Cast.WIDEN or (rule is Cast.BITS and value in (0, 1)):
        return value.astype(dtype.to_numpy())[()]
    raise _mismatch(where, dtype, value)


@cache
def _stands_for(kind: type, dtype: DataType) -> bool:
    """Whether a Python class without a width is of the type: a float for a float, text for bytes, a Timestamp."""
    if issubclass(kind, str):
        return dtype in (DataType.string, DataType.binary)
    if kind is float:
        return dtype is DataType.float
    return dtype is DataType.datetime and kind.__module__.startswith("pandas.") and kind.__name__ == "Timestamp"
