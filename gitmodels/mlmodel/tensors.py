"""Enforcing a tensor schema on arrays, sparse matrices, dicts of arrays, and frames that stand for them.

This room knows shapes and dtypes, no columns. Arrays that fit come back as they are: no copy, no conversion. Only
what arrives as cells of a frame is converted, and never from a float to a whole number.
"""

from __future__ import annotations

from typing import Any

from gitmodels.errors import SchemaMismatch
from gitmodels.mlmodel.cells import kind_of
from gitmodels.mlmodel.infer import is_sparse, tensor_spec
from gitmodels.mlmodel.plan import check_missing
from gitmodels.mlmodel.schema import Schema, TensorSpec


def enforce_tensors(data: Any, schema: Schema, frame_type: type | None) -> Any:
    """The array, or the dict of arrays, that the schema describes. ``frame_type`` is pandas' DataFrame when loaded.

    Raises SchemaMismatch.

    >>> import numpy
    >>> spec = TensorSpec(numpy.dtype("float64"), (-1, 2))
    >>> enforce_tensors(numpy.zeros((3, 2)), Schema([spec]), None).shape
    (3, 2)
    """
    specs = schema.inputs
    is_frame = frame_type is not None and isinstance(data, frame_type)
    if not schema.has_input_names():
        return _from_frame(data, specs[0]) if is_frame else _check(data, specs[0])
    if not is_frame and not isinstance(data, dict) and len(specs) == 1 and _is_tensor(data):
        data = {specs[0].name: data}
    if not is_frame and not isinstance(data, dict):
        raise SchemaMismatch(
            "This model contains a tensor-based model signature with input names, which suggests a dictionary input "
            "mapping input name to tensor, or a pandas DataFrame input containing columns mapping input name to "
            f"flattened list value from tensor, but an input of type {type(data).__name__} was found."
        )
    given = list(data.columns) if is_frame else list(data)
    names = [spec.name for spec in specs]
    check_missing([name for name in names if name not in given], [name for name in given if name not in names])
    if is_frame:
        return {spec.name: _from_column(data[spec.name], spec) for spec in specs}
    return {spec.name: _check(data[spec.name], spec) for spec in specs}


def _is_tensor(data: Any) -> bool:
    import numpy as np

    return isinstance(data, np.ndarray) or is_sparse(data)


def _check(data: Any, spec: TensorSpec) -> Any:
    where = "" if spec.name is None else f"input {spec.name!r}: "
    if not _is_tensor(data):
        raise SchemaMismatch(
            f"{where}This model contains a tensor-based model signature, which suggests a numpy array, "
            f"but an input of type {kind_of(data)} was found."
        )
    if _is_ragged(data, spec):
        return data
    fits = len(data.shape) == len(spec.shape) and all(
        wanted in (-1, length) for wanted, length in zip(spec.shape, data.shape, strict=True)
    )
    if not fits:
        raise SchemaMismatch(
            f"{where}Shape of input {data.shape} does not match expected shape {spec.shape}.",
            expected=repr(spec),
            got=kind_of(data),
        )
    if tensor_spec(data).type != spec.type:
        raise SchemaMismatch(
            f"{where}dtype of input {data.dtype} does not match expected dtype {spec.type}",
            expected=repr(spec),
            got=kind_of(data),
        )
    return data


def _is_ragged(data: Any, spec: TensorSpec) -> bool:
    """Rows of unequal length arrive as one-dimensional object arrays; a schema says so with -1 inside its shape."""
    if spec.shape == (-1,) and spec.type.kind == "O":
        return True
    return -1 in spec.shape[1:] and len(data.shape) == 1 and data.dtype.kind == "O"


def _from_frame(frame: Any, spec: TensorSpec) -> Any:
    if not len(frame.columns) or not len(frame):
        raise SchemaMismatch("Input DataFrame is empty.")
    if len(frame.columns) == 1:
        return _from_column(frame.iloc[:, 0], spec)
    if spec.shape != (-1, len(frame.columns)):
        raise SchemaMismatch(
            "This model contains a model signature with an unnamed input. Since the input data is a pandas DataFrame "
            "containing multiple columns, the input shape must be of the structure (-1, number_of_dataframe_columns). "
            f"Instead, the input DataFrame passed had {len(frame.columns)} columns and an input shape of {spec.shape}"
        )
    return _check(frame.to_numpy(), spec)


def _from_column(column: Any, spec: TensorSpec) -> Any:
    import numpy as np

    if spec.shape[:1] != (-1,) or -1 in spec.shape[1:]:
        raise SchemaMismatch(
            "For pandas dataframe input, the first dimension of shape must be a variable dimension and other "
            f"dimensions must be fixed, but in model signature the shape is {spec.shape}."
        )
    first = column.iloc[0] if len(column) else None
    if not isinstance(first, list | np.ndarray):
        if spec.shape not in ((-1,), (-1, 1)):
            raise SchemaMismatch(
                f"The input pandas dataframe column '{column.name}' contains scalar values, which requires the shape "
                f"to be (-1,) or (-1, 1), but got tensor spec shape of {spec.shape}."
            )
        return _cast(column.to_numpy().reshape(spec.shape), spec, column.name)
    try:
        stacked = np.vstack(column.tolist()).reshape(spec.shape)
        whole = len(stacked) == len(column)
    except (ValueError, TypeError):
        whole = False
    if not whole:
        raise SchemaMismatch(
            f"The value in the Input DataFrame column '{column.name}' could not be converted to the expected shape "
            f"of: '{spec.shape}'."
        )
    # A list has lost its dtype, an array still has one.
    return _cast(stacked, spec, column.name) if isinstance(first, list) else _check(stacked, spec)


def _cast(array: Any, spec: TensorSpec, name: Any) -> Any:
    import numpy as np

    if array.dtype.kind == "O":
        array = np.array(array.tolist())
    # None among numbers stays an object array: only floats can say it, as NaN.
    with_nulls = array.dtype.kind == "O" and spec.type.kind in "fOU"
    try:
        return array.astype(spec.type, casting="unsafe" if with_nulls else "same_kind", copy=False)
    except (ValueError, TypeError):
        raise SchemaMismatch(
            f"column {name!r}: Can not safely convert {array.dtype} to {spec.type}.", column=name, got=str(array.dtype)
        ) from None
