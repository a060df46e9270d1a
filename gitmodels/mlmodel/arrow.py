"""Tables of Arrow and of polars as the DataFrame that signatures speak of.

This room knows how such a table becomes a frame without losing anything: whole numbers and booleans with nulls stay
what they are, lists and structs become Python's own. It knows no enforcement. The libraries are the caller's: nothing
is imported that is not loaded, but for pyarrow, which polars itself needs for the way out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from gitmodels.errors import Invalid, MissingDependency, NotSupported
from gitmodels.mlmodel.datatype import DataType, type_of_dtype
from gitmodels.mlmodel.nested import AnyType, Array, ColumnType, Map, Object, Property
from gitmodels.mlmodel.schema import ColSpec, Schema

_NULLABLE = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_HINTS = {"LazyFrame": "collect it first: .collect()", "Scalar": "take its Python value: .as_py()"}


def is_foreign(data: Any) -> bool:
    """Whether ``data`` is an object of polars or pyarrow, whatever kind.

    >>> is_foreign([1, 2])
    False
    """
    return any(base.__module__.partition(".")[0] in ("polars", "pyarrow") for base in type(data).__mro__)


def to_frame(data: Any) -> Any:
    """The DataFrame of a polars DataFrame, Arrow table or record batch; the Series of one column of either.

    Raises NotSupported for what is neither (a LazyFrame, a scalar), MissingDependency without pandas or pyarrow.

    >>> import pyarrow
    >>> to_frame(pyarrow.table({"a": [1, None]})).dtypes["a"]
    Int64Dtype()
    """
    from gitmodels.mlmodel.enforce import require_pandas

    require_pandas("a table of another library")
    table, single = _table(data)
    try:
        frame = table.to_pandas(types_mapper=_mapper(table))
        for place, column in enumerate(table.columns):
            if _is_nested(column.type):
                frame.isetitem(place, _python_cells(column, frame.index))
    except (ValueError, TypeError, NotImplementedError) as error:
        raise Invalid(f"the table cannot become a data frame: {type(error).__name__}") from None
    return frame if single is None else frame.iloc[:, 0].rename(single or None)


def infer_table(data: Any, infer: Callable[[Any], Schema]) -> Schema:
    """The schema of a table: that of its frame, by ``infer``; only maps, which a frame cannot tell, by their type."""
    schema = infer(to_frame(data))
    table, single = _table(data)
    types = [_type(field.type) if _has_map(field.type) else None for field in table.schema]
    if not any(types) or single is not None or len(types) != len(schema):
        return schema
    specs = zip(schema.inputs, types, strict=True)
    return Schema([ColSpec(kind, spec.name, spec.required) if kind else spec for spec, kind in specs])


def _table(data: Any) -> tuple[Any, str | None]:
    """The Arrow table of ``data``, and the name when it is one column; None when it is a table."""
    kind = type(data).__name__
    from_polars = any(base.__module__.partition(".")[0] == "polars" for base in type(data).__mro__)
    if not _is_known(kind, from_polars):
        library = "polars" if from_polars else "pyarrow"
        hint = next((text for name, text in _HINTS.items() if kind.endswith(name)), "pass the table it belongs to")
        raise NotSupported(f"signatures do not know {library} {kind} objects", hint=hint)
    try:
        import pyarrow
    except ImportError:
        raise MissingDependency("a polars frame needs pyarrow here", hint="pip install pyarrow") from None
    if from_polars and kind == "Series":
        return pyarrow.table({"0": data.to_arrow()}), data.name or ""
    if from_polars:
        return data.to_arrow(), None
    if kind == "RecordBatch":
        return pyarrow.Table.from_batches([data]), None
    return (data, None) if kind == "Table" else (pyarrow.table({"0": data}), "")


def _is_known(kind: str, from_polars: bool) -> bool:
    """Whether a class of that name is a table or one column; Arrow has a class of columns for every type."""
    if from_polars:
        return kind in ("DataFrame", "Series")
    return kind in ("Table", "RecordBatch") or kind.endswith("Array")


def _mapper(table: Any) -> Callable[[Any], Any]:
    """The nullable dtype of pandas for the types of whole numbers and booleans that have a null somewhere."""
    import pandas as pd

    types = {str(column.type): column.type for column in table.columns if column.null_count}
    mapping = {types[name]: pd.api.types.pandas_dtype(_capital(name)) for name in _NULLABLE if name in types}
    if "bool" in types:
        mapping[types["bool"]] = pd.BooleanDtype()
    return mapping.get


def _capital(name: str) -> str:
    return f"UI{name[2:]}" if name.startswith("u") else name.capitalize()


def _python_cells(column: Any, index: Any) -> Any:
    import pandas as pd

    from gitmodels.mlmodel.cells import object_array

    return pd.Series(object_array(column.to_pylist(maps_as_pydicts="strict")), index=index, dtype=object)


def _arrow_types() -> Any:
    return sys.modules["pyarrow"].types


def _is_nested(kind: Any) -> bool:
    return bool(_arrow_types().is_nested(kind))


def _has_map(kind: Any) -> bool:
    inner = [kind.field(place).type for place in range(kind.num_fields)] if _is_nested(kind) else []
    return bool(_arrow_types().is_map(kind)) or any(map(_has_map, inner))


def _type(kind: Any) -> ColumnType:
    """The type of a signature for an Arrow type; "anything" where there is none."""
    types = _arrow_types()
    if types.is_map(kind):
        return Map(_type(kind.item_type)) if _type(kind.key_type) is DataType.string else AnyType()
    if types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        properties = [Property(field.name, _type(field.type), required=not field.nullable) for field in fields]
        return Object(properties) if properties else AnyType()
    if _is_nested(kind):
        return Array(_type(kind.value_type)) if hasattr(kind, "value_type") else AnyType()
    # Cells come out as Python's own, which have no width.
    wide = {DataType.integer: DataType.long, DataType.float: DataType.double}
    found = _scalar(kind)
    return AnyType() if found is None else wide.get(found, found)


def _scalar(kind: Any) -> DataType | None:
    import numpy as np

    types = _arrow_types()
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return DataType.string
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return DataType.binary
    if types.is_date(kind) or types.is_timestamp(kind):
        return DataType.datetime
    if types.is_decimal(kind):
        return DataType.double
    try:
        return type_of_dtype(np.dtype(kind.to_pandas_dtype()))
    except (NotImplementedError, TypeError):
        return None
