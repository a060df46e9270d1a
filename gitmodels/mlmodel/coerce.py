"""Turning Python data (dicts, lists, arrays, scalars) into the DataFrame that a column schema speaks of.

This room knows how MLflow reads such data: a dict of scalars is one row, a dict of lists is columns, a list of dicts
is rows. Columns are built with the schema in hand, so that whole numbers with a None among them stay whole numbers.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from gitmodels.errors import SchemaMismatch
from gitmodels.mlmodel.cells import kind_of, object_array
from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.elements import is_null
from gitmodels.mlmodel.nested import AnyType, Array, ColumnType, Map, Object
from gitmodels.mlmodel.schema import Schema

_NULLABLE = {DataType.integer: "Int32", DataType.long: "Int64", DataType.boolean: "boolean"}


def to_frame(data: Any, schema: Schema) -> Any:
    """``data`` as a new DataFrame. Raises SchemaMismatch when there is no reading of it as one.

    >>> from gitmodels.mlmodel.schema import ColSpec
    >>> to_frame([{"a": 1}, {"a": None}], Schema([ColSpec("long", "a")])).dtypes["a"]
    Int64Dtype()
    """
    import numpy as np
    import pandas as pd

    try:
        if isinstance(data, pd.Series):
            return data.to_frame(0 if data.name is None else data.name)
        if isinstance(data, dict):
            return _from_dict(data, schema)
        if isinstance(data, list):
            return _from_list(data, schema)
        if isinstance(data, np.ndarray) and data.ndim:
            return pd.DataFrame(data.copy())
        if is_scalar(data):
            return pd.DataFrame({0: build_column([_bare(data)], _only_type(schema))})
    except SchemaMismatch:
        raise
    except (ValueError, TypeError) as error:
        raise SchemaMismatch(
            "This model contains a column-based signature, which suggests a DataFrame input. There was an error "
            f"casting the input data to a DataFrame: {type(error).__name__}"
        ) from None
    raise SchemaMismatch(f"Expected input to be DataFrame. Found: {type(data).__name__}")


def is_scalar(value: Any) -> bool:
    """Whether ``value`` is one cell: null, a number, text, bytes, a date, or an array without dimensions."""
    import numpy as np

    return bool(
        is_null(value) or np.isscalar(value) or isinstance(value, datetime.date) or getattr(value, "ndim", None) == 0
    )


def is_one_row(data: Mapping[Any, Any], schema: Schema) -> bool:
    """Whether a dict is one row of cells; if not, its values are columns."""
    if any(isinstance(each.type, Array | Object | Map) for each in schema):
        return True
    return all(
        is_scalar(value)
        or isinstance(value, Mapping)
        or (isinstance(value, list) and all(isinstance(each, str) for each in value))
        for value in data.values()
    )


def is_one_column(data: list[Any], schema: Schema) -> bool:
    """Whether a list is one unnamed column, each element a cell, though the cells may be lists or dicts."""
    if len(schema) > 1 or schema.has_input_names():
        return False
    # Under "anything", dicts are rows, as they are when no schema says otherwise.
    whole = isinstance(schema.inputs[0].type, Array | Object | Map)
    return whole or not data or all(map(is_scalar, data))


def _bare(value: Any) -> Any:
    # Only of an array: numpy's texts and bytes have no dimensions either, and are no arrays.
    return value[()] if type(value).__name__ == "ndarray" and value.ndim == 0 else value


def _only_type(schema: Schema) -> ColumnType:
    return schema.inputs[0].type if len(schema) == 1 else AnyType()


def _types(schema: Schema) -> dict[Any, ColumnType]:
    return schema.input_types_dict() if schema.has_input_names() else {}


def _from_dict(data: dict[Any, Any], schema: Schema) -> Any:
    import pandas as pd

    types = _types(schema)
    if is_one_row(data, schema):
        return pd.DataFrame({name: build_column([_bare(value)], types.get(name)) for name, value in data.items()})
    columns: dict[Any, Any] = {}
    for name, value in data.items():
        if isinstance(value, list):
            # Arrays, not Series: pandas would fill up the shorter of two Series with nulls.
            columns[name] = build_column(value, types.get(name)).array
        elif getattr(value, "ndim", 0) > 1:
            columns[name] = object_array(value.tolist())
        else:
            columns[name] = _bare(value)
    return pd.DataFrame(columns)


def _from_list(data: list[Any], schema: Schema) -> Any:
    import numpy as np
    import pandas as pd

    if is_one_column(data, schema):
        return pd.DataFrame({0: build_column(data, schema.inputs[0].type)})
    if data and all(isinstance(row, dict) for row in data):
        types = _types(schema)
        names = dict.fromkeys(name for row in data for name in row)
        columns = {name: build_column([row.get(name) for row in data], types.get(name)) for name in names}
        return pd.DataFrame(columns, index=range(len(data)))
    if data and all(map(is_scalar, data)):
        return pd.DataFrame({0: build_column(data, _only_type(schema))})
    rows: list[Any] = [row for row in data if isinstance(row, list) or (isinstance(row, np.ndarray) and row.ndim)]
    if data and len(rows) == len(data) and len(set(map(len, rows))) == 1:
        return pd.DataFrame(rows)
    return pd.DataFrame({0: pd.Series(object_array(data), dtype=object)})


def build_column(values: list[Any], dtype: ColumnType | None) -> Any:
    """One column of a frame, in the dtype in which its type was inferred from such values."""
    import numpy as np
    import pandas as pd

    if isinstance(dtype, Array | Object | Map) or any(isinstance(each, list | dict | np.ndarray) for each in values):
        return pd.Series(object_array(values), dtype=object)
    present = {type(each) for each in values if not is_null(each)}
    numbers = bool(present) and all(issubclass(kind, np.number) for kind in present)
    if values and dtype is DataType.float and present <= {float} and (single := _singles(values)) is not None:
        return pd.Series(single)
    if len(present) and any(map(is_null, values)):
        return _with_nulls(values, dtype, present, numbers)
    if numbers:
        return pd.Series(np.array(values))
    if len(present) > 1 and all(issubclass(kind, int | np.integer) and kind is not bool for kind in present):
        # pandas makes uint64 of Python's and numpy's whole numbers together.
        return pd.Series(np.array([int(each) for each in values]))
    return pd.Series(values, dtype=None if values else _empty_dtype(dtype))


def _singles(values: list[Any]) -> Any:
    """Python's floats, which have no width, in 32 bits; None when one is too large for them."""
    import numpy as np

    wide = np.array([np.nan if is_null(each) else each for each in values])
    with np.errstate(over="ignore"):
        single = wide.astype(np.float32)
    return single if bool((np.isinf(single) == np.isinf(wide)).all()) else None


def _with_nulls(values: list[Any], dtype: ColumnType | None, present: set[type], numbers: bool) -> Any:
    import numpy as np
    import pandas as pd

    whole = present <= {int} or (numbers and all(issubclass(kind, np.integer) for kind in present))
    truth = all(kind in (bool, np.bool_) for kind in present)
    if isinstance(dtype, DataType) and ((whole and dtype in (DataType.integer, DataType.long)) or truth):
        nullable = _NULLABLE.get(dtype)
        if nullable and not (dtype is DataType.integer and int in present):
            return pd.Series([None if is_null(each) else each for each in values], dtype=nullable)
    if numbers and not whole:
        kind = np.array([each for each in values if not is_null(each)]).dtype
        return pd.Series(np.array([np.nan if is_null(each) else each for each in values], dtype=kind))
    return pd.Series(values)


def _empty_dtype(dtype: ColumnType | None) -> Any:
    return dtype.to_pandas() if isinstance(dtype, DataType) else object


def describe(data: Any) -> str:
    """What the data is, for a message: its kind and how many rows.

    >>> describe([1, 2])
    'list of 2'
    """
    if getattr(data, "shape", None) is not None and hasattr(data, "columns"):
        return f"{type(data).__name__}, {data.shape[0]} rows, {data.shape[1]} columns"
    if isinstance(data, list | dict):
        return f"{type(data).__name__} of {len(data)}"
    return kind_of(data)
