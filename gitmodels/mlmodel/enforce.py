"""Enforcing a model's signature on the data and parameters of one prediction.

This room sends each kind of data to the room that knows it and gives every refusal one shape: what kind of data came
and how much of it, the column, expected and got, MLflow's last sentence, and never a value. The caller's data is
never changed.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from gitmodels.errors import MissingDependency, SchemaMismatch
from gitmodels.mlmodel.infer import as_known
from gitmodels.mlmodel.nested import AnyType
from gitmodels.mlmodel.params import enforce_params
from gitmodels.mlmodel.schema import Schema

__all__ = ["enforce_params", "enforce_schema"]


def enforce_schema(data: Any, schema: Schema | None) -> Any:
    """``data`` as the model wants it: columns in order, safely converted, extra ones dropped; or tensors, checked.

    Dicts, lists, scalars, arrays, records and tables of polars and Arrow become a DataFrame under a column schema.
    Without a schema the data itself. Raises SchemaMismatch (INVALID_PARAMETER_VALUE), NotSupported for Spark frames.

    >>> from gitmodels.mlmodel.schema import ColSpec
    >>> enforce_schema({"b": 2.5, "a": 1}, Schema([ColSpec("long", "a")])).to_dict("list")
    {'a': [1]}
    """
    if schema is None:
        return data
    try:
        if _is_frame(data) and not schema.is_tensor_spec():
            return _enforce_frame(data, schema)
        return _enforce_other(data, schema)
    except SchemaMismatch as error:
        raise _explain(error, data) from None


def _enforce_frame(frame: Any, schema: Schema) -> Any:
    from gitmodels.mlmodel.plan import enforce_frame

    # One unnamed column of anything is what a signature says when nothing could be inferred: nothing is dropped.
    return frame.copy(deep=False) if _says_nothing(schema) else enforce_frame(frame, schema)


def _enforce_other(data: Any, schema: Schema) -> Any:
    data = as_known(data)
    if schema.is_tensor_spec():
        from gitmodels.mlmodel.tensors import enforce_tensors

        return _enforce_tensors(data, schema, enforce_tensors)
    if not _has_pandas():
        from gitmodels.mlmodel.plain import enforce_plain

        return data if _says_nothing(schema) else enforce_plain(data, schema)
    from gitmodels.mlmodel.coerce import to_frame

    if _is_frame(data):
        return _enforce_frame(data, schema)
    try:
        frame = to_frame(data, schema)
    except SchemaMismatch:
        if _says_nothing(schema):
            return data
        raise
    return _enforce_frame(frame, schema)


def _enforce_tensors(data: Any, schema: Schema, enforce_tensors: Any) -> Any:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return enforce_tensors(data, schema, None)
    if isinstance(data, pandas.Series):
        data = data.to_frame()
    return enforce_tensors(data, schema, pandas.DataFrame)


def _is_frame(data: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _says_nothing(schema: Schema) -> bool:
    first = schema.inputs[0]
    return len(schema) == 1 and first.name is None and isinstance(first.type, AnyType)


@cache
def _has_pandas() -> bool:
    try:
        import pandas  # noqa: F401
    except ImportError:
        return False
    return True


def _explain(error: SchemaMismatch, data: Any) -> SchemaMismatch:
    from gitmodels.mlmodel.coerce import describe

    fields = dict(error.fields)
    what = ""
    if "column" in fields and "expected" in fields and f"column {fields['column']!r}" not in error.message:
        what = f": column {fields['column']!r} expected {fields['expected']}, got {fields['got']}"
    message = f"Failed to enforce schema of data ({describe(data)}){what}. Error: {error.message}"
    return SchemaMismatch(message, hint=error.hint, **fields)


def require_pandas(purpose: str) -> Any:
    """The pandas module. Raises MissingDependency, saying what it is needed for."""
    try:
        import pandas
    except ImportError:
        raise MissingDependency(f"{purpose} needs pandas", hint="pip install pandas") from None
    return pandas
