"""Inferring a model's signature from examples of its input, output and parameters.

This room knows what kinds of data there are (frames, arrays, matrices, dicts, lists, scalars) and which describe
columns and which tensors, as MLflow decides it. It never looks at single numbers of a large frame in Python.
The law of this room and of ``enforce``: what a signature was inferred from, it accepts.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Any

from gitmodels.errors import GitModelsError, Invalid, NotSupported
from gitmodels.mlmodel.arrow import infer_table, is_foreign, to_frame
from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.elements import infer_value, infer_values, is_null
from gitmodels.mlmodel.nested import AnyType
from gitmodels.mlmodel.params import infer_params
from gitmodels.mlmodel.records import are_records, infer_record, is_record, to_plain
from gitmodels.mlmodel.schema import ColSpec, Schema, TensorSpec
from gitmodels.mlmodel.signature import ModelSignature

log = logging.getLogger("gitmodels")


def infer_signature(
    model_input: Any = None, model_output: Any = None, params: Mapping[str, Any] | None = None
) -> ModelSignature:
    """The signature of a model that takes ``model_input`` (and ``params``) and gives ``model_output``.

    Data without a type of its own makes that side "anything", with a warning in the log. Raises NotSupported for
    Spark frames, Invalid when all three are None or a parameter has no type.

    >>> infer_signature({"a": 1.5, "b": "x"}, [0.1, 0.9]).outputs
    [double (required)]
    """
    sides = {"inputs": model_input, "outputs": model_output}
    schemas = {name: None if data is None else _schema_or_any(data, name) for name, data in sides.items()}
    return ModelSignature(schemas["inputs"], schemas["outputs"], infer_params(params) if params else None)


def infer_schema(data: Any) -> Schema:
    """The schema of one data set. Raises Invalid when there is none, NotSupported for Spark frames.

    Frames of pandas and polars, Arrow tables, arrays, sparse matrices, dicts, lists, scalars, dataclasses and pydantic
    models; of the last two the class alone says as much.

    >>> import numpy
    >>> infer_schema(numpy.zeros((2, 3), dtype="float32"))
    [Tensor('float32', (-1, 3))]
    """
    if is_foreign(data):
        return infer_table(data, infer_schema)
    if is_record(data) or are_records(data):
        first = data[0] if isinstance(data, list) else data
        return infer_record(first if isinstance(first, type) else type(first))
    refuse_spark(data)
    if isinstance(data, list):
        return _infer_list(data)
    if isinstance(data, dict):
        return _infer_dict(data)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame | pandas.Series):
        from gitmodels.mlmodel.frames import infer_frame, infer_series

        return infer_frame(data) if isinstance(data, pandas.DataFrame) else infer_series(data)
    import numpy as np

    if isinstance(data, np.ndarray) or is_sparse(data):
        return Schema([tensor_spec(data)])
    return Schema([ColSpec(infer_value(data))])


def is_sparse(data: Any) -> bool:
    """Whether ``data`` is a two-dimensional sparse matrix or array of scipy, of any layout."""
    return type(data).__module__.startswith("scipy.sparse") and getattr(data, "ndim", 0) == 2


def tensor_spec(data: Any, name: str | None = None) -> TensorSpec:
    """The spec of an array or sparse matrix: any length in the first dimension. Raises Invalid."""
    import numpy as np

    dtype = np.dtype("str") if data.dtype.char == "U" else np.dtype("bytes") if data.dtype.char == "S" else data.dtype
    return TensorSpec(dtype, (-1, *data.shape[1:]) if data.ndim else (), name)


def as_known(data: Any) -> Any:
    """``data`` as pandas or Python objects: tables of other libraries as frames, records as a list of dicts.

    Anything else is itself. Raises NotSupported for Spark frames and what no conversion is known for.
    """
    if is_foreign(data):
        return to_frame(data)
    if are_records(data):
        return [to_plain(each) for each in data]
    if is_record(data) and not isinstance(data, type):
        return [to_plain(data)]
    refuse_spark(data)
    return data


def refuse_spark(data: Any) -> None:
    """Raises NotSupported, with the way out, for Spark's objects."""
    if any(base.__module__.partition(".")[0] == "pyspark" for base in type(data).__mro__):
        name = type(data).__name__
        raise NotSupported(f"signatures do not know pyspark {name} objects", hint="convert it with .toPandas()")


def _schema_or_any(data: Any, side: str) -> Schema:
    try:
        return infer_schema(data)
    except NotSupported:
        raise
    except GitModelsError as error:
        hint = f"; {error.hint}" if error.hint else ""
        log.warning("no schema for the %s, which will accept anything: %s%s", side, error.message, hint)
        return Schema([ColSpec(AnyType())])


def _infer_list(data: list[Any]) -> Schema:
    if not data:
        # As MLflow since 2.9: an empty list is a list of texts.
        return Schema([ColSpec(DataType.string)])
    if set(map(type, data)) != {dict}:
        return Schema([ColSpec(infer_values(data))])
    columns: dict[Any, list[Any]] = {}
    for row in data:
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    _check_keys(columns)
    return Schema(
        [
            ColSpec(infer_values(values), name, len(values) == len(data) and not any(map(is_null, values)))
            for name, values in columns.items()
        ]
    )


def _infer_dict(data: dict[Any, Any]) -> Schema:
    import numpy as np

    _check_keys(data)
    if all(isinstance(value, np.ndarray) for value in data.values()):
        return Schema([tensor_spec(value, name) for name, value in data.items()])
    return Schema([ColSpec(infer_value(value), name, _no_nulls(value)) for name, value in data.items()])


def _no_nulls(value: Any) -> bool:
    return not any(map(is_null, value)) if isinstance(value, list) else not is_null(value)


def _check_keys(data: Mapping[Any, Any]) -> None:
    if not all(isinstance(name, str) for name in data):
        raise Invalid("The dictionary keys are not all strings.")
