"""Enforcing a column schema where pandas is not installed: lists stay lists, dicts stay dicts.

This room knows Python data only. The rules for single values are those of frames; what comes back is new containers
of the shape that came, with the schema's columns in its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitmodels.errors import SchemaMismatch
from gitmodels.mlmodel.cells import enforce_cell, kind_of
from gitmodels.mlmodel.coerce import is_one_column, is_one_row, is_scalar
from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.nested import Array
from gitmodels.mlmodel.plan import check_missing
from gitmodels.mlmodel.schema import ColSpec, Schema


def enforce_plain(data: Any, schema: Schema) -> Any:
    """``data`` as the schema wants it, without a frame. Raises SchemaMismatch.

    >>> enforce_plain([{"b": "x", "a": 1}], Schema([ColSpec("long", "a"), ColSpec("string", "b")]))
    [{'a': 1, 'b': 'x'}]
    """
    if isinstance(data, list) and is_one_column(data, schema):
        return _cells(data, schema.inputs[0])
    if schema.has_input_names():
        if isinstance(data, dict):
            return _row(data, schema) if is_one_row(data, schema) else _columns(data, schema)
        if isinstance(data, list) and all(isinstance(row, dict) for row in data):
            return _rows(data, schema)
    elif len(schema) == 1 and is_scalar(data):
        return _cells([data], schema.inputs[0])[0]
    raise SchemaMismatch(f"Expected a dict or a list of dicts. Found: {type(data).__name__}")


def _rows(rows: list[dict[Any, Any]], schema: Schema) -> list[dict[Any, Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = _columns({name: [row.get(name) for row in rows] for name in names}, schema)
    return [{name: values[place] for name, values in columns.items()} for place in range(len(rows))]


def _row(row: dict[Any, Any], schema: Schema) -> dict[Any, Any]:
    return {name: values[0] for name, values in _columns({key: [each] for key, each in row.items()}, schema).items()}


def _columns(columns: dict[Any, Any], schema: Schema) -> dict[Any, Any]:
    specs = schema.inputs
    check_missing(
        [spec.name for spec in specs if spec.required and spec.name not in columns],
        [name for name in columns if name not in {spec.name for spec in specs}],
    )
    return {spec.name: _cells(columns[spec.name], spec) for spec in specs if spec.name in columns}


def _cells(values: Any, spec: ColSpec) -> Any:
    """One column: an Array of its type, so that the rules for lists of values hold; nulls pass as in frames."""
    where = "the data" if spec.name is None else f"column {spec.name!r}"
    if isinstance(spec.type, DataType):
        return enforce_cell(values, Array(spec.type), where)
    if (not isinstance(values, Sequence) and not getattr(values, "ndim", 0)) or isinstance(values, str | bytes):
        raise SchemaMismatch(f"{where}: expected a list of values, got {kind_of(values)}")
    required = spec.required and spec.name is not None
    return [enforce_cell(each, spec.type, where, required) for each in values]
