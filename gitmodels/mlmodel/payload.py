"""Reading the body of a prediction request: JSON in MLflow's four forms, CSV and Parquet.

This room knows bytes from strangers and the model's schema; it knows no server. Everything is bounded before it is
built: bytes, nesting, rows. JSON with a duplicate key is refused. Refusals never repeat the body.
"""

from __future__ import annotations

import io
import json
from typing import Any, NoReturn

from gitmodels.errors import GitModelsError, Invalid
from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.enforce import require_pandas
from gitmodels.mlmodel.jsonable import from_jsonable
from gitmodels.mlmodel.params import ParamSchema
from gitmodels.mlmodel.schema import ColSpec, Schema, TensorSpec
from gitmodels.values import frozen

MAX_BYTES = 64 << 20
MAX_DEPTH = 64
MAX_PARQUET_BYTES = 1 << 30
_PREFIX = "Invalid input. "
FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
LLM_KEYS = frozenset({"messages", "prompt", "input"})

CSV = "text/csv"
JSON = "application/json"
PARQUET = "application/vnd.apache.parquet"


@frozen
class Payload:
    """What a request holds: data for ``predict``, and its parameters or None."""

    data: Any
    params: dict[str, Any] | None = None


def parse_payload(
    body: bytes | str,
    content_type: str = JSON,
    schema: Schema | None = None,
    params: ParamSchema | None = None,
    max_bytes: int = MAX_BYTES,
) -> Payload:
    """The data and parameters in the ``body`` of a request; ``schema`` and ``params`` are the model's.

    Raises Invalid (BAD_REQUEST) for anything else than JSON, CSV or Parquet of a shape we know.

    >>> parse_payload('{"inputs": [1, 2], "params": {"k": 3}}').params
    {'k': 3}
    """
    raw = body.encode() if isinstance(body, str) else body
    if len(raw) > max_bytes:
        _refuse(f"{len(raw)} bytes, the limit is {max_bytes}")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        return parse_json(raw, schema, params)
    if kind == CSV:
        return Payload(parse_csv(raw, schema))
    if kind == PARQUET:
        return Payload(parse_parquet(raw))
    _refuse(f"content type {kind[:80]!r}; known are {JSON}, {CSV} and {PARQUET}")


def parse_json(raw: bytes, schema: Schema | None = None, params: ParamSchema | None = None) -> Payload:
    """The data in exactly one of MLflow's four keys, and ``params``. Raises Invalid (BAD_REQUEST)."""
    body = read_json(raw, what="the request")
    if not isinstance(body, dict):
        _refuse(f"The input must be a JSON dictionary with exactly one of the input fields {list(FORMATS)}")
    found = [key for key in FORMATS if key in body]
    if not found and LLM_KEYS & body.keys():
        known = {each.name for each in params} if params is not None else set()
        data = {key: value for key, value in body.items() if key not in known}
        return Payload(data, {key: value for key, value in body.items() if key in known})
    if len(found) != 1:
        _refuse(f"The input must be a JSON dictionary with exactly one of the input fields {list(FORMATS)}")
    given = body.get("params")
    if given is not None and not isinstance(given, dict):
        _refuse("`params` is a JSON dictionary")
    value = body[found[0]]
    readers = {
        "dataframe_split": parse_split,
        "dataframe_records": parse_records,
        "inputs": parse_inputs,
        "instances": parse_instances,
    }
    return Payload(readers[found[0]](value, schema), given)


def read_json(raw: bytes, what: str) -> Any:
    """The value of a JSON text: UTF-8, no key twice in an object, nested at most 64 deep. Raises Invalid."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_object)
        if _depth(raw) > MAX_DEPTH:
            raise RecursionError
    except UnicodeDecodeError:
        _refuse(f"{what} is not UTF-8")
    except RecursionError:
        _refuse(f"{what} nests deeper than {MAX_DEPTH}")
    except ValueError as error:
        _refuse(error.message if isinstance(error, Invalid) else f"{what} is not JSON")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        _refuse("a JSON object has the same key twice")
    return made


# Brackets that open become 1, those that close 0. So many of them cost more than loading numpy.
_STEPS = bytes.maketrans(b"[{]}", b"\1\1\0\0")
_MANY = 200_000


def _depth(raw: bytes) -> int:
    """How deep valid JSON nests; where brackets are many, without a Python step for each."""
    import re

    bare = re.sub(rb'"[^"\\]*(?:\\.[^"\\]*)*"', b"", raw)
    brackets = bare.translate(_STEPS, delete=bytes(set(range(256)) - set(b"[]{}")))
    if len(brackets) < _MANY:
        from itertools import accumulate

        return max(accumulate(1 if step else -1 for step in brackets), default=0)
    import numpy as np

    steps = np.frombuffer(brackets, dtype=np.int8).astype(np.int64) * 2 - 1
    return int(np.cumsum(steps).max(initial=0))


def parse_split(value: Any, schema: Schema | None = None) -> Any:
    """The DataFrame of ``{"columns": …, "data": rows}`` (``index`` is optional). Raises Invalid (BAD_REQUEST)."""
    pandas = require_pandas("a data frame")
    if not isinstance(value, dict) or "data" not in value or value.keys() - {"columns", "data", "index"}:
        _refuse("Dataframe split format must be a dictionary with 'data' and optionally 'columns' and 'index'.")
    columns = value.get("columns")
    if columns is not None:
        if not isinstance(columns, list):
            _refuse("Dataframe split format holds its 'columns' as a list of names.")
        columns = [tuple(each) if isinstance(each, list) else each for each in columns]
    rows = value["data"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        _refuse("Dataframe split format holds its 'data' as a list of rows, each a list.")
    width = len(columns) if isinstance(columns, list) else len(rows[0]) if rows else 0
    if any(len(row) != width for row in rows):
        _refuse("Dataframe split format has a row with more or fewer cells than there are columns.")
    cells = list(map(list, zip(*rows, strict=True))) if rows else [[] for _ in range(width)]
    return _frame(pandas, columns if columns is not None else list(range(width)), cells, value.get("index"), schema)


def parse_records(value: Any, schema: Schema | None = None) -> Any:
    """The DataFrame of a list of rows, each a dictionary. Raises Invalid (BAD_REQUEST)."""
    pandas = require_pandas("a data frame")
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        _refuse("Dataframe records format must be a list of records.")
    names = list(dict.fromkeys(name for row in value for name in row))
    return _frame(pandas, names, [[row.get(name) for row in value] for name in names], None, schema)


def _frame(pandas: Any, labels: list[Any], cells: list[list[Any]], index: Any, schema: Schema | None) -> Any:
    """Columns of parsed JSON in the dtypes of the schema, where they fit: enforcement judges the rest."""
    try:
        if len(set(labels)) < len(labels):
            _refuse("two columns have the same name")
        specs = _specs(labels, schema)
        columns = {name: _column(values, specs.get(name)) for name, values in zip(labels, cells, strict=True)}
        frame = pandas.DataFrame(columns, index=range(len(cells[0]) if cells else 0))
        frame.columns = pandas.Index(labels) if labels else frame.columns
        return frame if index is None else frame.set_axis(index, axis=0)
    except (TypeError, ValueError) as error:
        _refuse(error.message if isinstance(error, GitModelsError) else "not the representation of a data frame")


def _specs(labels: list[Any], schema: Schema | None) -> dict[Any, ColSpec]:
    if schema is None or schema.is_tensor_spec():
        return {}
    return schema.input_dict() if schema.has_input_names() else dict(zip(labels, schema.inputs, strict=False))


def _column(values: list[Any], spec: ColSpec | None) -> Any:
    from gitmodels.mlmodel.coerce import build_column

    if spec is None:
        return build_column(values, None)
    if spec.type is DataType.datetime:
        return _dates(values)
    made = build_column([from_jsonable(each, spec.type) for each in values], spec.type)
    if spec.type is DataType.float and made.dtype == "float64":
        return made.astype("float32")  # JSON numbers have no width
    if spec.type is DataType.integer and made.dtype == "int64" and made.abs().max() < 2**31:
        return made.astype("int32")
    return made


def _dates(values: list[Any]) -> Any:
    """ISO 8601 text to nanoseconds, digit for digit; objects where zones differ or years are out of reach."""
    import pandas as pd

    if not all(each is None or isinstance(each, str) for each in values):
        return pd.Series(values)
    try:
        return pd.to_datetime(pd.Series(values, dtype=object), format="ISO8601").dt.as_unit("ns")
    except (ValueError, TypeError, AttributeError):
        return pd.Series([from_jsonable(each, DataType.datetime) for each in values], dtype=object)


def parse_inputs(value: Any, schema: Schema | None = None) -> Any:
    """What ``inputs`` holds: columns (a dict), rows (a list of dicts), one array, or one value. Raises Invalid."""
    if schema is None or schema.is_tensor_spec():
        return _tensors(value, schema)
    specs = schema.input_dict() if schema.has_input_names() else {}
    if isinstance(value, list) and len(specs) == 1 and not any(isinstance(each, dict) for each in value):
        value = {next(iter(specs)): value}
    if isinstance(value, dict):
        return {name: _cell_or_column(each, specs.get(name)) for name, each in value.items()}
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return [{name: _typed(each, specs.get(name)) for name, each in row.items()} for row in value]
    only = schema.inputs[0]
    return [_typed(each, only) for each in value] if isinstance(value, list) else _typed(value, only)


def parse_instances(value: Any, schema: Schema | None = None) -> Any:
    """What ``instances`` holds: rows as dicts become columns; all else as ``inputs``. Raises Invalid."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        if schema is not None and not schema.is_tensor_spec():
            return parse_inputs(value, schema)
        names = list(dict.fromkeys(name for row in value for name in row))
        if any(len(row) != len(names) for row in value):
            _refuse("The length of values for each input/column name are not the same")
        return _tensors({name: [row[name] for row in value] for name in names}, schema)
    return parse_inputs(value, schema)


def _typed(value: Any, spec: ColSpec | None) -> Any:
    return value if spec is None else from_jsonable(value, spec.type)


def _cell_or_column(value: Any, spec: ColSpec | None) -> Any:
    if spec is not None and isinstance(value, list) and isinstance(spec.type, DataType):
        return [from_jsonable(each, spec.type) for each in value]
    return _typed(value, spec)


def _tensors(value: Any, schema: Schema | None) -> Any:
    specs: list[TensorSpec] = schema.inputs if schema is not None else []
    named = {each.name: each for each in specs if each.name is not None}
    if isinstance(value, dict):
        return {name: _tensor(each, named.get(name)) for name, each in value.items()}
    if len(named) == 1:
        name, spec = next(iter(named.items()))
        return {name: _tensor(value, spec)}
    return _tensor(value, specs[0] if specs and not named else None)


def _tensor(value: Any, spec: TensorSpec | None) -> Any:
    import numpy as np

    if spec is None:
        return _loose(value)
    try:
        array = np.array(value)
        if array.dtype.kind == "f" and spec.type.kind in "iu" and bool((array % 1 != 0).any()):
            _refuse(f"numbers with a fraction for an array of {spec.type}")
        return np.array(value, dtype=spec.type)
    except (ValueError, TypeError, OverflowError) as error:
        _refuse(error.message if isinstance(error, GitModelsError) else f"not one array of {spec.type}")


def _loose(value: Any) -> Any:
    """Without a schema a list is an array when it forms one; rows of dicts, text and single values stay."""
    import numpy as np

    if not isinstance(value, list) or any(isinstance(each, dict) for each in value):
        return value
    try:
        return np.array(value)
    except ValueError:
        return value


def parse_csv(raw: bytes, schema: Schema | None = None) -> Any:
    """The DataFrame of CSV with a header line, in the dtypes of the schema. Raises Invalid (BAD_REQUEST)."""
    pandas = require_pandas("CSV data")
    types = {name: spec.type for name, spec in _specs([], schema).items() if isinstance(spec.type, DataType)}
    try:
        frame = pandas.read_csv(
            io.BytesIO(raw), dtype={name: _CSV_TYPES.get(each, str) for name, each in types.items()}
        )
        for name, each in types.items():
            if name in frame and each in (DataType.float, DataType.double):
                frame[name] = frame[name].astype(each.to_numpy())
            elif name in frame and each is DataType.datetime:
                frame[name] = pandas.to_datetime(frame[name], format="ISO8601").dt.as_unit("ns")
    except (ValueError, TypeError, OverflowError):
        _refuse("not CSV with a header line, or a column does not hold what the model's signature says")
    return frame


# Nullable dtypes keep whole numbers exact beside empty cells; enforcement makes full columns plain numpy. The rest is
# read as text first: pandas' own reading of floats may be off in the last digit.
_CSV_TYPES = {DataType.integer: "Int32", DataType.long: "Int64", DataType.boolean: "boolean"}


def parse_parquet(raw: bytes) -> Any:
    """The DataFrame of a Parquet file of at most 1 GiB unpacked. Raises Invalid (BAD_REQUEST), MissingDependency."""
    require_pandas("Parquet data")
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        from gitmodels.errors import MissingDependency

        raise MissingDependency("Parquet data needs pyarrow", hint="pip install pyarrow") from None
    try:
        file = ParquetFile(io.BytesIO(raw))
        size = sum(file.metadata.row_group(place).total_byte_size for place in range(file.metadata.num_row_groups))
        if size > MAX_PARQUET_BYTES:
            _refuse(f"Parquet data of {size} bytes unpacked, the limit is {MAX_PARQUET_BYTES}")
        return file.read().to_pandas()
    except (ArrowException, OSError, ValueError, TypeError) as error:
        _refuse(error.message if isinstance(error, Invalid) else "not a Parquet file that can be read")


def _refuse(problem: str) -> NoReturn:
    raise Invalid(problem if problem.startswith(_PREFIX) else f"{_PREFIX}{problem}", error_code="BAD_REQUEST")
