"""Enforcing a type on one pandas column, after MLflow's table of safe conversions.

This room decides from the dtype alone what a column needs: nothing, a widening, or a look at its values. It knows no
frame and no schema. A column is never changed in place. Data that a type was inferred from is always accepted, so
nulls in nullable columns, time zones and categories stay as they are.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from gitmodels.errors import SchemaMismatch
from gitmodels.mlmodel.casting import Cast, cast_rule
from gitmodels.mlmodel.cells import enforce_cell, object_array
from gitmodels.mlmodel.datatype import DataType, way_out
from gitmodels.mlmodel.elements import is_null
from gitmodels.mlmodel.frames import plain_dtype, python_reals
from gitmodels.mlmodel.nested import AnyType, ColumnType
from gitmodels.mlmodel.schema import ColSpec

if TYPE_CHECKING:
    import numpy as np

    # None: the column is right as it is. A dtype: every value widens to it. A function: look at the values.
    Step: TypeAlias = "np.dtype[Any] | Callable[[Any, ColSpec], Any] | None"

_NULLABLE = {DataType.integer: "Int32", DataType.long: "Int64", DataType.boolean: "boolean"}
_NAN_HINT = (
    "missing values turned the whole numbers into floats: infer the signature from data that has some, "
    "declare the column as double, or pass it with the pandas dtype Int64"
)
_LONG_HINT = "whole numbers of 64 bits may lose digits as floats: pass them as floats, or declare the column as long"
_MOST_KINDS = 4


def column_step(dtype: Any, target: ColumnType) -> Step:
    """What a column of pandas ``dtype`` needs to stand for ``target``."""
    import pandas as pd

    if isinstance(target, AnyType):
        return None
    if not isinstance(target, DataType):
        return _enforce_nested
    if isinstance(dtype, pd.CategoricalDtype):
        return _category_step(dtype, target)
    plain = plain_dtype(dtype)
    if plain is None:
        return refuse
    if plain.kind == "O":
        return None if target in (DataType.string, DataType.binary) else _enforce_objects
    if plain.kind == "U" and target is DataType.binary:
        return None  # text that pandas 3 made of an object column
    if plain.kind == "M" and target is DataType.datetime:
        return None if getattr(dtype, "unit", None) == "ns" or str(dtype) == "datetime64[ns]" else _to_nanoseconds
    return _number_step(dtype, plain, target)


def _number_step(dtype: Any, plain: np.dtype[Any], target: DataType) -> Step:
    import numpy as np

    rule = cast_rule(plain, target)
    if rule is Cast.REFUSE:
        return refuse
    if rule is Cast.BITS:
        return _enforce_bits
    if target in (DataType.string, DataType.binary):
        return None
    if isinstance(dtype, np.dtype):
        return None if rule is Cast.KEEP else target.to_numpy()
    return _from_extension


def refuse(column: Any, spec: ColSpec) -> Any:
    """Raises SchemaMismatch with MLflow's words for a column that cannot be converted."""
    from pandas.api.types import is_float_dtype

    wanted = spec.type.to_numpy() if isinstance(spec.type, DataType) else spec.type
    whole = spec.type in (DataType.integer, DataType.long)
    hint = way_out(column.dtype)
    if whole and is_float_dtype(column.dtype) and column.hasnans and bool((column.dropna() % 1 == 0).all()):
        hint = _NAN_HINT
    elif spec.type in (DataType.float, DataType.double) and column.dtype == "int64":
        hint = _LONG_HINT
    label = column.name.item() if hasattr(column.name, "item") else column.name
    raise SchemaMismatch(
        f"Incompatible input types for column {label}. Can not safely convert {column.dtype} to {wanted}.",
        hint=hint,
        column=label,
        expected=repr(spec.type),
        got=_found(column),
        rows=len(column),
    )


def _found(column: Any) -> str:
    """The dtype of a column; of objects also which classes there are, and how many rows of each."""
    if str(column.dtype) != "object":
        return str(column.dtype)
    counts = Counter("null" if is_null(each) else type(each).__name__ for each in column.tolist())
    shown = [f"{count} {name}" for name, count in counts.most_common(_MOST_KINDS)]
    return f"object ({', '.join(shown)}{', …' if len(counts) > _MOST_KINDS else ''})"


def _enforce_nested(column: Any, spec: ColSpec) -> Any:
    import pandas as pd

    where = f"column {column.name!r}"
    # A schema without names has no optional columns, so null says nothing there.
    required = spec.required and spec.name is not None
    cells = column.tolist()
    try:
        found = [enforce_cell(each, spec.type, where, required) for each in cells]
    except SchemaMismatch as error:
        wrong = sum(not _fits(each, spec, required) for each in cells)
        message = f"{error.message} ({wrong} of {len(cells)} rows)"
        fields = {**error.fields, "column": column.name, "rows": wrong}
        raise SchemaMismatch(message, hint=error.hint, **fields) from None
    return pd.Series(object_array(found), index=column.index, name=column.name, dtype=object)


def _fits(cell: Any, spec: ColSpec, required: bool) -> bool:
    try:
        enforce_cell(cell, spec.type, "", required)
    except SchemaMismatch:
        return False
    return True


def _category_step(dtype: Any, target: DataType) -> Step:
    """A category stays one when its categories are of the type: the model was trained on categories."""
    categories = dtype.categories.to_series()
    step = column_step(categories.dtype, target)
    if callable(step) and len(categories):
        try:
            step(categories, ColSpec(target))
        except SchemaMismatch:
            return refuse
        return refuse if step is _enforce_bits else None
    return None


def _to_nanoseconds(column: Any, spec: ColSpec) -> Any:
    try:
        if column.dt.tz is not None:
            return column.dt.as_unit("ns")
        return column.astype("datetime64[ns]")
    except (ValueError, AttributeError):
        return column  # years that nanoseconds cannot count


def _enforce_bits(column: Any, spec: ColSpec) -> Any:
    """Whole numbers for a float column, when they are all 0 or 1 (or null)."""
    assert isinstance(spec.type, DataType)
    if not bool((column.dropna().isin((0, 1))).all()):
        refuse(column, spec)
    return column.astype(spec.type.to_numpy())


def _from_extension(column: Any, spec: ColSpec) -> Any:
    """Nullable, arrow and sparse columns: plain numpy when nothing is null or NaN can say it, else as they are."""
    import pandas as pd

    target = spec.type
    assert isinstance(target, DataType)
    if isinstance(column.dtype, pd.SparseDtype):
        wanted = target.to_numpy()
        return column if column.dtype.subtype == wanted else column.astype(pd.SparseDtype(wanted))
    if target in (DataType.float, DataType.double) or not column.isna().any():
        return column.astype(target.to_numpy())
    plain = plain_dtype(column.dtype)
    return column if plain == target.to_numpy() else column.astype(_NULLABLE[target])


def _enforce_objects(column: Any, spec: ColSpec) -> Any:
    """An object column for a type that is neither text nor bytes."""
    target = spec.type
    assert isinstance(target, DataType)
    better = column.infer_objects()
    if better.dtype != column.dtype:
        return apply_step(better, spec)
    present = {type(each) for each in column.tolist() if not is_null(each)}
    if not present:
        return _all_null(column, target)
    if target is DataType.datetime:
        return _parse_dates(column, spec, present)
    if target is DataType.boolean and all(kind.__name__ in ("bool", "bool_") for kind in present):
        return column
    return _from_numbers(column, spec, present)


def _from_numbers(column: Any, spec: ColSpec, present: set[type]) -> Any:
    """An object column of Python's and numpy's numbers, in the dtype that holds all of them."""
    import numpy as np
    import pandas as pd

    target = spec.type
    assert isinstance(target, DataType)
    made: Any = None
    if target is DataType.double and python_reals(column.tolist()):
        made = [float("nan") if is_null(each) else float(each) for each in column.tolist()]
    elif all(kind is int or issubclass(kind, np.number) for kind in present):
        holes = [is_null(each) for each in column.tolist()]
        numbers = np.array([each for each, hole in zip(column.tolist(), holes, strict=True) if not hole])
        if cast_rule(numbers.dtype, target) in (Cast.KEEP, Cast.WIDEN):
            made = column.array.copy()
            made[~np.array(holes)] = numbers
            made[np.array(holes)] = None
    if made is None:
        return refuse(column, spec)
    dtype = _NULLABLE[target] if target in _NULLABLE and column.isna().any() else target.to_numpy()
    return pd.Series(made, index=column.index, name=column.name, dtype=dtype)


def apply_step(column: Any, spec: ColSpec) -> Any:
    """The column as ``spec`` wants it. Raises SchemaMismatch.

    >>> import pandas
    >>> apply_step(pandas.Series([1, 2], dtype="int32"), ColSpec("long")).dtype
    dtype('int64')
    """
    step = column_step(column.dtype, spec.type)
    if step is None:
        return column
    return step(column, spec) if callable(step) else column.astype(step)


def _all_null(column: Any, target: DataType) -> Any:
    """A column of nothing but None: one row may be all null where a larger batch is floats with NaN."""
    import pandas as pd

    if target in (DataType.float, DataType.double, DataType.datetime):
        nulls = [None] * len(column)
        return pd.Series(nulls, index=column.index, name=column.name, dtype=target.to_numpy())
    return column


def _parse_dates(column: Any, spec: ColSpec, present: set[type]) -> Any:
    try:
        return column.astype("datetime64[ns]")
    except (ValueError, TypeError):
        if all(issubclass(kind, datetime.date) or kind.__name__ == "datetime64" for kind in present):
            return column  # time zones that differ, or years that nanoseconds cannot count
    return refuse(column, spec)
