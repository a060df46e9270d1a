"""Inferring the type of Python values: scalars, lists, dicts and whatever they nest.

This room knows values and types, no frames and no names of columns. Values are taken a column at a time: the classes
of a whole list are collected in one pass, the values of each key of a list of dicts become a list again.
Messages carry classes, never values.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.datatype import DataType, type_of_dtype, way_out
from gitmodels.mlmodel.nested import MAX_NESTING, AnyType, Array, ColumnType, Object, Property, merge

if TYPE_CHECKING:
    import numpy as np


def is_null(value: Any) -> bool:
    """Whether ``value`` is None, NaN, pandas' NA or NaT.

    >>> is_null(float("nan")), is_null(0), is_null("")
    (True, False, False)
    """
    if value is None:
        return True
    if isinstance(value, float):
        return value != value
    return type(value).__name__ in ("NAType", "NaTType")


def infer_value(value: Any) -> ColumnType:
    """The type of one value; ``AnyType`` for null, ``{}`` and ``[]``. Raises Invalid.

    >>> infer_value({"a": [1, 2], "b": None})
    {a: Array(long) (required), b: Any (optional)}
    """
    return infer_values([value])


def infer_values(values: Iterable[Any], depth: int = 0) -> ColumnType:
    """The one type that holds all ``values``, nulls aside. Raises Invalid when there is none.

    >>> infer_values([{"a": 1}, {"a": 2, "b": "x"}])
    {a: long (required), b: string (optional)}
    """
    if depth > MAX_NESTING:
        raise Invalid(f"values nest deeper than {MAX_NESTING}")
    values = values if isinstance(values, list) else list(values)
    kinds = set(map(type, values))
    scalars, dicts, lists, others = _sort_kinds(kinds)
    if others:
        names = sorted(each.__name__ for each in others)
        raise Invalid(f"values of type {', '.join(names)} have no type in a signature", hint=way_out(names[0]))
    if bool(scalars) + bool(dicts) + bool(lists) > 1:
        # Empty ones too: MLflow lets [] and {} pass for anything here, and then refuses them at predict.
        names = sorted(each.__name__ for each in scalars | dicts | lists)
        raise Invalid(f"expected all values to be of the same type, got {' and '.join(names)}")
    found: ColumnType | None = None
    if dicts:
        found = _infer_dicts(values, depth)
    elif lists:
        found = _infer_lists([each for each in values if isinstance(each, _sequences())], depth)
    elif scalars:
        found = _infer_scalars(values, kinds)
    if found is None:
        return AnyType()
    # A null among objects makes their properties optional.
    return merge(found, AnyType()) if isinstance(found, Object) and any(map(is_null, values)) else found


def _both(first: ColumnType | None, second: ColumnType) -> ColumnType:
    return second if first is None else merge(first, second)


def _sort_kinds(kinds: set[type]) -> tuple[set[type], set[type], set[type], set[type]]:
    known = _scalar_kinds()
    scalars: set[type] = set()
    dicts: set[type] = set()
    lists: set[type] = set()
    others: set[type] = set()
    for kind in kinds:
        if kind in known:
            scalars.add(kind)
        elif issubclass(kind, Mapping):
            dicts.add(kind)
        elif issubclass(kind, _sequences()):
            lists.add(kind)
        elif kind is not type(None) and kind.__name__ not in ("NAType", "NaTType"):
            (scalars if _scalar_kind(kind) else others).add(kind)
    return scalars, dicts, lists, others


@cache
def _sequences() -> tuple[type, ...]:
    import numpy as np

    return (list, np.ndarray)


@cache
def _scalar_kinds() -> dict[type, DataType]:
    import numpy as np

    return {
        bool: DataType.boolean,
        int: DataType.long,
        float: DataType.double,
        str: DataType.string,
        bytes: DataType.binary,
        bytearray: DataType.binary,
        decimal.Decimal: DataType.double,
        datetime.date: DataType.datetime,
        datetime.datetime: DataType.datetime,
        np.str_: DataType.string,
        np.bytes_: DataType.binary,
        np.datetime64: DataType.datetime,
    }


def _scalar_kind(kind: type) -> DataType | None:
    """The type of scalars of class ``kind``: numpy's by their dtype, pandas' Timestamp, subclasses of str."""
    import numpy as np

    if found := _scalar_kinds().get(kind):
        return found
    if issubclass(kind, np.generic) and not issubclass(kind, np.void | np.object_):
        return type_of_dtype(np.dtype(kind))
    if issubclass(kind, datetime.datetime) and kind.__module__.startswith("pandas."):
        return DataType.datetime
    return DataType.string if issubclass(kind, str) else None


def _infer_scalars(values: list[Any], kinds: set[type]) -> ColumnType:
    present = kinds
    if kinds & _float_kinds():
        # A float column may be nothing but NaN, which has no type.
        present = {type(each) for each in values if not is_null(each)}
    found = {_scalar_kind(kind) for kind in present} - {None}
    if len(found) > 1:
        names = sorted(each.name for each in found if each)
        raise Invalid(f"expected all values to be of the same type, got {' and '.join(names)}")
    if int in present:
        _check_ints(each for each in values if type(each) is int)
    return next((each for each in found if each), AnyType())


@cache
def _float_kinds() -> frozenset[type]:
    import numpy as np

    return frozenset({float, np.float64})


def _check_ints(values: Iterable[int]) -> None:
    if any(not -(2**63) <= each < 2**63 for each in values):
        raise Invalid("integers past 64 bits have no type in a signature")


def _infer_dicts(values: list[Any], depth: int) -> ColumnType:
    columns: dict[str, list[Any]] = {}
    count = empty = 0
    for each in values:
        if not isinstance(each, Mapping):
            continue
        count += 1
        empty += not each
        for key, value in each.items():
            columns.setdefault(key, []).append(value)
    if not columns:
        return AnyType()
    properties = []
    for name, column in columns.items():
        dtype = infer_values(column, depth + 1)
        everywhere = len(column) == count and not empty
        properties.append(Property(name, dtype, everywhere and not any(map(_undetermined, column))))
    return Object(properties)


def _undetermined(value: Any) -> bool:
    containers: tuple[Any, ...] = (dict, *_sequences())
    if isinstance(value, containers):
        return getattr(value, "ndim", 1) > 0 and len(value) == 0
    return is_null(value)


def _infer_lists(values: list[Any], depth: int) -> ColumnType:
    import numpy as np

    # A 0-d array is the scalar it holds; an empty list says nothing.
    single = [each[()] for each in values if isinstance(each, np.ndarray) and not each.ndim]
    found: ColumnType | None = infer_values(single, depth + 1) if single else None
    full = [each for each in values if not (isinstance(each, np.ndarray) and not each.ndim) and len(each)]
    arrays = [each for each in full if isinstance(each, np.ndarray) and each.dtype.kind != "O"]
    for each in {(array.dtype, array.ndim): array for array in arrays}.values():
        found = _both(found, _infer_array(each))
    if len(arrays) < len(full):
        loose = (each for each in full if not (isinstance(each, np.ndarray) and each.dtype.kind != "O"))
        found = _both(found, Array(infer_values(list(chain.from_iterable(loose)), depth + 1)))
    return AnyType() if found is None else found


def _infer_array(array: np.ndarray[Any, Any]) -> ColumnType:
    dtype: ColumnType | None = type_of_dtype(array.dtype)
    if dtype is None:
        raise Invalid(f"arrays of dtype {array.dtype.name} have no type in a signature", hint=way_out(array.dtype))
    for _ in range(array.ndim):
        dtype = Array(dtype)
    return dtype
