"""The input example of a model: two JSON files beside the MLmodel, and the way back.

This room knows MLflow's files (``input_example.json``, ``serving_input_example.json``) and the description MLmodel
keeps of them, so either program reads what the other saved. Equal examples give equal bytes, floats are exact. An
example can be customers' data: nothing here logs it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitmodels.errors import FileMissing, Invalid, InvalidModel
from gitmodels.mlmodel.coerce import is_scalar
from gitmodels.mlmodel.first_rows import first_rows
from gitmodels.mlmodel.infer import as_known, is_sparse
from gitmodels.mlmodel.jsonable import column_to_jsonable, to_jsonable
from gitmodels.mlmodel.params import infer_params
from gitmodels.mlmodel.payload import LLM_KEYS, MAX_BYTES, parse_inputs, parse_split, read_json
from gitmodels.mlmodel.schema import Schema

EXAMPLE = "input_example.json"
SERVING = "serving_input_example.json"
MAX_DENSE_CELLS = 1_000_000
# An example shows what the model takes; past this it would be a data set.
MAX_TEXT = 16 << 20


def save_example(example: Any, directory: Path) -> dict[str, str]:
    """Write ``example``, data or a tuple ``(data, params)``, into the existing ``directory``.

    Returns what MLmodel says under ``saved_input_example_info``. Raises Invalid for data JSON cannot hold,
    NotSupported for frames of other libraries.

    >>> import tempfile
    >>> save_example([1, 2], Path(tempfile.mkdtemp()))["type"]
    'json_object'
    """
    info, files = encode_example(example)
    for name, text in files.items():
        (directory / name).write_bytes(text.encode("utf-8"))
    return info


def encode_example(example: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The description of ``example`` and the text of each file, nothing written. Raises as ``save_example``.

    Of a huge one the first rows stand for all: at most 10,000, 1,000,000 cells and 16 MiB of JSON, with a warning.
    """
    data, params = split_params(example)
    data = first_rows(as_known(data))
    kind, body, serving = _encode(data)
    while (size := len(json.dumps(body))) > MAX_TEXT and (fewer := first_rows(data, MAX_TEXT / size)) is not data:
        data = fewer
        kind, body, serving = _encode(data)
    info = {"artifact_path": EXAMPLE, "type": kind}
    if kind == "dataframe":
        info["pandas_orient"] = "split" if "columns" in body else "values"
    if params is not None:
        infer_params(params)
        plain = to_jsonable(params)
        body = {"inputs": body, "params": plain}
        if params:
            info["params"] = "true"
        if serving is not None:
            serving = {**serving, **plain} if LLM_KEYS & serving.keys() else {**serving, "params": plain}
    files = {EXAMPLE: json.dumps(body)}
    if serving is not None:
        info["serving_input_path"] = SERVING
        files[SERVING] = json.dumps(serving, indent=2)
    return info, files


def serving_input(example: Any) -> str | None:
    """The JSON text a scoring server takes for ``example``; None without one. Raises as ``save_example``.

    >>> json.loads(serving_input([1, 2]))
    {'inputs': [1, 2]}
    """
    return None if example is None else encode_example(example)[1].get(SERVING)


def load_example(directory: Path, info: Mapping[str, Any] | None, schema: Schema | None = None) -> Any:
    """The data of the example that ``info`` describes, or None when the model has none.

    JSON holds no dtypes: with the model's input ``schema`` the data has the dtypes it was saved with. Raises
    FileMissing, InvalidModel, Invalid.
    """
    found = _read(directory, info)
    return None if found is None or info is None else _data(found, info, schema)


def read_example(
    raw: bytes, info: Mapping[str, Any], schema: Schema | None = None
) -> tuple[Any, dict[str, Any] | None]:
    """Data and parameters of the example whose file has the bytes ``raw``. Raises InvalidModel, Invalid."""
    found = read_json(raw, what="the input example")
    return _data(found, info, schema), _params(found, info)


def _data(found: Any, info: Mapping[str, Any], schema: Schema | None) -> Any:
    body = found.get("inputs") if info.get("params") and isinstance(found, dict) else found
    kind = info.get("type")
    if kind == "json_object":
        return body if schema is None or schema.is_tensor_spec() else parse_inputs(body, schema)
    if kind == "dataframe":
        return parse_split(body, schema)
    if kind == "ndarray":
        return _arrays(body, schema)
    if kind in ("sparse_matrix_csr", "sparse_matrix_csc"):
        return _sparse(body, kind, schema)
    raise InvalidModel(f"the model's input example is of an unknown type {str(kind)[:40]!r}")


def load_example_params(directory: Path, info: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The parameters saved with the example, or None. Raises FileMissing, Invalid."""
    return None if info is None or not info.get("params") else _params(_read(directory, info), info)


def _params(found: Any, info: Mapping[str, Any]) -> dict[str, Any] | None:
    if not info.get("params"):
        return None
    params = found.get("params") if isinstance(found, dict) else None
    return params if isinstance(params, dict) else None


def split_params(example: Any) -> tuple[Any, dict[str, Any] | None]:
    """Data and parameters of an example: a tuple of two whose second is a dict has both."""
    if isinstance(example, tuple) and len(example) == 2 and isinstance(example[1], dict):
        return example
    return example, None


def _encode(data: Any) -> tuple[str, Any, dict[str, Any] | None]:
    """MLflow's word for the kind of data, the example's body, and the body of a request that sends it."""
    import numpy as np

    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.Series):
        data = data.to_frame()
    if pandas is not None and isinstance(data, pandas.DataFrame):
        split = _split(data)
        return "dataframe", split, {"dataframe_split": split}
    if isinstance(data, np.ndarray):
        body = to_jsonable(data)
        return "ndarray", body, {"inputs": body}
    if is_sparse(data):
        return _encode_sparse(data)
    if isinstance(data, dict):
        arrays = [isinstance(each, np.ndarray) for each in data.values()]
        if any(arrays) and not all(arrays):
            raise Invalid("Mixed types in dictionary are not supported as input examples: numpy arrays and others.")
        body = to_jsonable(data)
        return ("ndarray" if any(arrays) else "json_object"), body, body if LLM_KEYS & body.keys() else {"inputs": body}
    if isinstance(data, list) or is_scalar(data):
        body = to_jsonable(data)
        return "json_object", body, {"inputs": body}
    raise Invalid(
        "an input example is a DataFrame, Series, array, sparse matrix, dict, list or scalar, "
        f"not {type(data).__name__}"
    )


def _split(frame: Any) -> dict[str, Any]:
    """The ``split`` orientation of pandas without the index, and without labels that only count."""
    columns = [column_to_jsonable(frame.iloc[:, place]) for place in range(len(frame.columns))]
    rows = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(len(frame))]
    labels = frame.columns.tolist()
    if labels == list(range(len(labels))):
        return {"data": rows}
    return {"columns": [to_jsonable(each) for each in labels], "data": rows}


def _encode_sparse(matrix: Any) -> tuple[str, Any, dict[str, Any] | None]:
    kind = "csc" if matrix.format == "csc" else "csr"
    matrix = matrix.asformat(kind)
    body = {name: to_jsonable(getattr(matrix, name)) for name in ("data", "indices", "indptr")}
    body["shape"] = list(matrix.shape)
    # The request holds the matrix dense, as MLflow writes it; one that is only small when sparse has none.
    dense = matrix.shape[0] * matrix.shape[1] <= MAX_DENSE_CELLS
    return f"sparse_matrix_{kind}", body, {"inputs": to_jsonable(matrix.toarray())} if dense else None


def _read(directory: Path, info: Mapping[str, Any] | None) -> Any:
    if info is None:
        return None
    name = info.get("artifact_path")
    # The name comes from the model: it may only mean a file of this folder.
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
        raise InvalidModel("the model's input example has no plain file name")
    path = directory / name
    if path.is_symlink() or not path.is_file():
        raise FileMissing(f"the model's input example {name} is missing")
    if path.stat().st_size > MAX_BYTES:
        raise InvalidModel(f"the model's input example {name} has more than {MAX_BYTES} bytes: it is not read")
    return read_json(path.read_bytes(), what="the input example")


def _arrays(body: Any, schema: Schema | None) -> Any:
    import numpy as np

    if schema is not None:
        return parse_inputs(body, schema)
    try:
        return {name: np.array(each) for name, each in body.items()} if isinstance(body, dict) else np.array(body)
    except (ValueError, OverflowError):
        raise InvalidModel("the input example is no array") from None


def _sparse(body: Any, kind: str, schema: Schema | None) -> Any:
    import numpy as np
    from scipy.sparse import csc_matrix, csr_matrix

    if not isinstance(body, dict) or not {"data", "indices", "indptr", "shape"} <= body.keys():
        raise InvalidModel("the sparse input example lacks data, indices, indptr or shape")
    dtype = schema.inputs[0].type if schema is not None and schema.is_tensor_spec() else None
    try:
        parts = (np.array(body["data"], dtype=dtype), np.array(body["indices"]), np.array(body["indptr"]))
        matrix = (csc_matrix if kind.endswith("csc") else csr_matrix)(parts, shape=tuple(body["shape"]))
        matrix.check_format(full_check=True)
    except (ValueError, TypeError, OverflowError, IndexError):
        raise InvalidModel("the sparse input example is no matrix") from None
    return matrix
