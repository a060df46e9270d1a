"""Inferring the type of a pandas column, whole columns at a time.

This room knows pandas' dtypes, its extension types too; it knows no signature and no enforcement. An object column is
classified by pandas' own scan; only nested values (lists, dicts) are visited one by one. A column nobody has a type
for is "anything", and the reason is logged with its name and dtype.
"""

from __future__ import annotations

import decimal
import logging
from typing import TYPE_CHECKING, Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.datatype import DataType, type_of_dtype, way_out
from gitmodels.mlmodel.elements import infer_values, is_null
from gitmodels.mlmodel.nested import AnyType, ColumnType
from gitmodels.mlmodel.schema import ColSpec, Schema

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger("gitmodels")

# pandas' words (pandas.api.types.infer_dtype) for object columns that hold one kind of scalar.
_SCANNED: dict[str, ColumnType] = {
    "string": DataType.string,
    "boolean": DataType.boolean,
    "bytes": DataType.binary,
    "date": DataType.datetime,
    "datetime": DataType.datetime,
    "datetime64": DataType.datetime,
    "empty": AnyType(),
}


def infer_frame(frame: Any) -> Schema:
    """The schema of a DataFrame: one ColSpec a column, required when it holds no null. Raises Invalid for odd labels.

    >>> import pandas
    >>> infer_frame(pandas.DataFrame({"a": [1.5, None], "b": ["x", "y"]}))
    ['a': double (optional), 'b': string (required)]
    """
    labels = [plain_label(each) for each in frame.columns]
    if len(set(labels)) < len(labels):
        raise Invalid("two columns have the same label")
    if None in labels:
        raise Invalid("a column has no label")
    columns = (frame.iloc[:, place] for place in range(len(labels)))
    return Schema([_spec(column, label) for label, column in zip(labels, columns, strict=True)])


def infer_series(series: Any) -> Schema:
    """The schema of a Series: its one column. Without a name it counts as required: a schema knows it by place only."""
    return Schema([_spec(series, None if series.name is None else plain_label(series.name))])


def plain_dtype(dtype: Any) -> np.dtype[Any] | None:
    """The numpy dtype of what a pandas ``dtype`` stores, nulls aside; None for periods, intervals and categories.

    >>> import pandas
    >>> plain_dtype(pandas.Int64Dtype())
    dtype('int64')
    """
    import numpy as np
    import pandas as pd

    if isinstance(dtype, np.dtype):
        return dtype
    if isinstance(dtype, pd.StringDtype):
        return np.dtype("str")
    if isinstance(dtype, pd.DatetimeTZDtype):
        return np.dtype("datetime64[ns]")
    if isinstance(dtype, pd.SparseDtype):
        subtype: np.dtype[Any] = np.dtype(dtype.subtype)
        return subtype
    stored = getattr(dtype, "numpy_dtype", None)
    return stored if isinstance(stored, np.dtype) else None


def plain_label(label: Any) -> Any:
    """``label`` as JSON can hold it. Raises Invalid for labels such as dates."""
    if isinstance(label, tuple):
        return tuple(map(plain_label, label))
    if hasattr(label, "dtype") and hasattr(label, "item"):
        label = label.item()
    if label is None or label != label:
        return None
    if not isinstance(label, str | int | float):
        raise Invalid(f"a column label of type {type(label).__name__} cannot stand in a signature")
    return label


def _spec(column: Any, label: Any) -> ColSpec:
    try:
        dtype, nulls = _infer_column(column)
    except Invalid as error:
        hint = f"; {error.hint}" if error.hint else ""
        log.warning("column %r (%s) accepts anything in this signature: %s%s", label, column.dtype, error.message, hint)
        dtype, nulls = AnyType(), bool(column.isna().any())
    return ColSpec(dtype, label, required=label is None or not nulls)


def _infer_column(column: Any) -> tuple[ColumnType, bool]:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        categories = column.cat.categories
        inner = _infer_column(categories.to_series())[0] if len(categories) else AnyType()
        return inner, bool((column.cat.codes == -1).any())
    plain = plain_dtype(column.dtype)
    if plain is not None and plain.kind == "O":
        return _infer_objects(column)
    dtype = None if plain is None else type_of_dtype(plain)
    if dtype is None:
        raise Invalid(f"no type of a signature stands for {column.dtype}", hint=way_out(column.dtype))
    return dtype, _has_nulls(column)


def _has_nulls(column: Any) -> bool:
    import numpy as np

    if isinstance(column.dtype, np.dtype):
        kind = column.dtype.kind
        if kind == "f":
            return bool(np.isnan(column.to_numpy()).any())
        if kind in "iub":
            return False
    return bool(column.isna().any())


def _infer_objects(column: Any) -> tuple[ColumnType, bool]:
    from pandas.api.types import infer_dtype

    if not len(column) or infer_dtype(column, skipna=False) == "string":
        return DataType.string, False
    kind = infer_dtype(column, skipna=True)
    if kind == "string":
        return DataType.string, True
    better = column.infer_objects()
    if better.dtype != column.dtype:
        return _infer_column(better)
    dtype = _SCANNED.get(kind)
    if dtype is None:
        values = column.tolist()
        # Whole numbers among floats of Python's own are floats, as they are in JSON.
        mixed = kind in ("mixed-integer-float", "floating", "decimal")
        dtype = DataType.double if mixed and python_reals(values) else infer_values(values)
    return dtype, bool(column.isna().any())


def python_reals(values: list[Any]) -> bool:
    """Whether all values, nulls aside, are Python's numbers and not all of them whole."""
    import numpy as np

    present = {type(each) for each in values if not is_null(each)}
    return present <= {int, float, np.float64, decimal.Decimal} and present != {int}
