"""Laws of signatures: what one was inferred from it accepts, data is never changed, JSON keeps everything."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import decimal
import json
import math
import string

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gitmodels.errors import Invalid
from gitmodels.mlmodel.arrow import to_frame
from gitmodels.mlmodel.elements import is_null
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.example import encode_example
from gitmodels.mlmodel.infer import infer_schema, infer_signature
from gitmodels.mlmodel.params import ParamSchema, enforce_params, infer_params
from gitmodels.mlmodel.payload import FORMATS, parse_payload
from gitmodels.mlmodel.schema import ColSpec, Schema, TensorSpec
from gitmodels.mlmodel.signature import ModelSignature

polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")
RELAXED = settings(suppress_health_check=[HealthCheck.too_slow])

texts = st.text(string.ascii_letters + "é ", max_size=4)
dates = st.dates(datetime.date(1500, 1, 1), datetime.date(2900, 1, 1))
moments = st.datetimes(datetime.datetime(1600, 1, 1), datetime.datetime(2500, 1, 1))
zoned = moments.map(lambda each: each.replace(tzinfo=datetime.UTC))
longs = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=True, allow_infinity=True)
numpy_scalars = st.one_of(
    st.integers(-100, 100).map(np.int8),
    st.integers(0, 100).map(np.uint8),
    st.integers(-100, 100).map(np.int32),
    st.integers(-100, 100).map(np.int64),
    st.integers(0, 100).map(np.uint32),
    st.integers(0, 100).map(np.uint64),
    st.floats(-10, 10).map(np.float32),
    st.floats(-10, 10).map(np.float64),
    st.booleans().map(np.bool_),
)
scalars = st.one_of(
    st.booleans(), longs, floats, texts, st.binary(max_size=3), dates, moments, zoned, numpy_scalars,
    st.decimals(-10, 10, allow_nan=False),
)  # fmt: skip
nulls = st.sampled_from([None, float("nan"), pd.NaT, pd.NA])
homogeneous = st.sampled_from([st.booleans(), longs, floats, texts, st.binary(max_size=3), dates, moments, zoned])


def json_values(leaves: st.SearchStrategy) -> st.SearchStrategy:
    return st.recursive(
        leaves, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3), max_leaves=8
    )


EXTENSIONS = [
    "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt32", "UInt64", "Float32", "Float64",
    "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "int64[pyarrow]", "int32[pyarrow]", "double[pyarrow]", "bool[pyarrow]", "boolean", "bool",
    "Sparse[float64]", "Sparse[int64]", "complex128",
]  # fmt: skip
NOT_NULL = ("int", "uint", "bool", "Sparse[int64]")


@st.composite
def columns(draw: st.DrawFn, rows: int) -> pd.Series:
    kind = draw(st.sampled_from(["dtype", "object", "mixed", "nested", "date", "text", "category"]))
    size = {"min_size": rows, "max_size": rows}
    if kind == "dtype":
        dtype = draw(st.sampled_from(EXTENSIONS))
        values = draw(st.lists(st.integers(0, 1), **size))
        nullable = not dtype.startswith(NOT_NULL) or dtype.endswith("[pyarrow]") or dtype == "boolean"
        some = [draw(st.booleans()) and nullable for _ in values]
        holes = [None if hole else value for hole, value in zip(some, values, strict=True)]
        if dtype == "bool[pyarrow]" or dtype.startswith("bool"):
            holes = [None if each is None else bool(each) for each in holes]
        return pd.Series(holes, dtype=dtype)
    if kind == "date":
        unit, zone = draw(st.sampled_from(["s", "ms", "us", "ns"])), draw(st.sampled_from([None, "UTC", "Europe/Rome"]))
        values = draw(st.lists(st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)), **size))
        series = pd.Series(pd.to_datetime(pd.Series(values, dtype=object))).astype(f"datetime64[{unit}]")
        return series if zone is None else series.dt.tz_localize("UTC").dt.tz_convert(zone)
    if kind == "text":
        return pd.Series(draw(st.lists(texts | st.none(), **size)), dtype=draw(st.sampled_from(["str", "string"])))
    if kind == "category":
        return pd.Series(draw(st.lists(draw(homogeneous.filter(lambda s: s is not floats)), **size))).astype("category")
    if kind == "object":
        return pd.Series(draw(st.lists(draw(homogeneous) | nulls, **size)), dtype=object)
    if kind == "mixed":
        return pd.Series(draw(st.lists(scalars | nulls, **size)), dtype=object)
    return pd.Series(draw(st.lists(json_values(draw(homogeneous) | st.none()), **size)), dtype=object)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 4))
    names = draw(st.lists(texts | st.integers(0, 5), unique=True, min_size=1, max_size=5))
    frame = pd.DataFrame({name: draw(columns(rows)) for name in names})
    return frame.set_axis(draw(st.lists(st.integers(0, 9), min_size=rows, max_size=rows)), axis=0)


python_data = st.one_of(
    scalars,
    st.lists(scalars | st.none(), max_size=4),
    homogeneous.flatmap(lambda kind: st.lists(kind | nulls, max_size=4)),
    homogeneous.flatmap(lambda kind: json_values(kind | st.none())),
    homogeneous.flatmap(lambda kind: st.lists(st.dictionaries(texts, json_values(kind | st.none()), max_size=3))),
    st.dictionaries(texts, scalars | st.none(), max_size=3),
    st.dictionaries(texts, homogeneous.flatmap(lambda kind: st.lists(kind | st.none(), max_size=3)), max_size=3),
    st.lists(numpy_scalars | st.none(), max_size=4),
    st.lists(st.dictionaries(st.sampled_from("ab"), numpy_scalars | st.none()), max_size=4),
    st.tuples(scalars),
)  # fmt: skip

arrays = st.one_of(
    st.sampled_from(
        [np.int8, np.uint64, np.float16, np.float64, np.complex64, "U3", "S2", object, "M8[s]", "m8[s]", ">i4", bool]
    ).flatmap(lambda dtype: st.lists(st.integers(0, 3), max_size=3).map(lambda shape: np.zeros(shape, dtype=dtype))),
    st.just(np.zeros(2, dtype=[("a", "f4"), ("b", "i4")])),
)


def fingerprint(data: object) -> str:
    """All there is to a value, in words; pandas' own repr of a frame shortens it."""
    if isinstance(data, pd.Series):
        data = data.to_frame(data.name)
    if isinstance(data, pd.DataFrame):
        cells = [(name, str(data.iloc[:, i].dtype), data.iloc[:, i].tolist()) for i, name in enumerate(data.columns)]
        return repr((cells, data.index.tolist()))
    return repr(data)


def same(one: object, other: object) -> bool:
    """Whether two cells are equal, nulls equal too; dates as moments, Decimals as floats, arrays as lists."""
    if isinstance(one, np.ndarray | list) and isinstance(other, np.ndarray | list):
        return len(one) == len(other) and all(map(same, list(one), list(other)))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(each, other[key]) for key, each in one.items())
    if is_null(one) or is_null(other):
        return is_null(one) and is_null(other)
    if isinstance(one, decimal.Decimal):
        return bool(one == other or float(one) == other)
    dates = (datetime.date, np.datetime64)
    if isinstance(one, dates) and isinstance(other, dates) and type(one) is not type(other):
        return bool(pd.Timestamp(one) == pd.Timestamp(other))
    return bool(one == other or (one != one and other != other))


def assert_same_cells(data: object, result: pd.DataFrame) -> None:
    """That a frame holds what the data held: columns, rows, one column, or one row."""
    if isinstance(data, pd.Series):
        data = data.to_frame()
    columns = [result.iloc[:, place].tolist() for place in range(result.shape[1])]
    if isinstance(data, pd.DataFrame):
        expected = [data.iloc[:, place].tolist() for place in range(data.shape[1])]
    elif isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        expected = [[row.get(name) for row in data] for name in result.columns]
    elif isinstance(data, list) and result.shape == (len(data), 1):
        expected = [data]
    elif isinstance(data, dict) and len(result) == 1 and not all(isinstance(each, list) for each in data.values()):
        expected = [[data[name]] for name in result.columns]
    else:
        return
    assert all(map(same, expected, columns)), (expected, columns)


def assert_law(data: object) -> None:
    if data is None:
        return
    before = fingerprint(data)
    signature = infer_signature(data)
    result = enforce_schema(data, signature.inputs)
    if isinstance(result, pd.DataFrame):
        assert_same_cells(data, result)
    enforce_schema(data, signature.inputs)
    again = ModelSignature.from_dict(signature.to_dict())
    assert again == signature
    enforce_schema(data, again.inputs)
    assert fingerprint(data) == before


def holds_numbers(column: pd.Series) -> bool:
    return any(issubclass(kind, int | np.number | float) for kind in map(type, column.tolist()))


@RELAXED
@given(frames())
def test_a_frame_passes_its_own_signature(frame: pd.DataFrame) -> None:
    assert_law(frame)
    result = enforce_schema(frame, infer_schema(frame))
    assert list(result.columns) == list(frame.columns)
    assert result.index.equals(frame.index)


@RELAXED
@given(frames())
def test_any_row_of_a_frame_passes_the_signature_of_the_whole(frame: pd.DataFrame) -> None:
    # A column of 1 and 2.5 as Python objects is double; 1 alone is a whole number, which double refuses.
    frame = frame.loc[:, [not (each.dtype == object and holds_numbers(each)) for _, each in frame.items()]]
    if frame.empty:
        return
    schema = infer_schema(frame)
    for row in range(len(frame)):
        enforce_schema(frame.iloc[[row]], schema)


@RELAXED
@given(frames(), st.randoms())
def test_order_and_extra_columns_do_not_matter(frame: pd.DataFrame, random: object) -> None:
    schema = infer_schema(frame)
    shuffled = list(frame.columns)
    random.shuffle(shuffled)
    wider = frame[shuffled].assign(**{"an extra one": 1})
    pd.testing.assert_frame_equal(enforce_schema(wider, schema), enforce_schema(frame, schema), check_column_type=False)


@RELAXED
@given(st.integers(0, 3).flatmap(columns), st.none() | texts)
def test_a_series_passes_its_own_signature(series: pd.Series, name: str | None) -> None:
    assert_law(series.rename(name))


@RELAXED
@given(python_data)
def test_python_data_passes_its_own_signature(data: object) -> None:
    assert_law(data)


@RELAXED
@given(arrays)
def test_an_array_passes_its_own_signature(array: np.ndarray) -> None:
    assert_law(array)
    assert_law({"a": array, "b": array})
    if array.dtype.kind != "V":
        assert enforce_schema(array, infer_schema(array)) is array
    if array.ndim == 2 and array.dtype.kind in "if" and array.dtype.isnative and array.dtype != np.float16:
        for kind in (scipy.sparse.csr_matrix, scipy.sparse.csc_array, scipy.sparse.coo_matrix):
            assert_law(kind(array))


def table_of(frame: pd.DataFrame) -> pyarrow.Table:
    """The Arrow table of a frame, without the notes pandas leaves in it."""
    try:
        return pyarrow.Table.from_pandas(frame.rename(columns=str), preserve_index=False).replace_schema_metadata()
    except (pyarrow.ArrowException, TypeError, ValueError):
        assume(False)
        raise


@RELAXED
@given(frames())
def test_a_table_passes_its_own_signature_and_keeps_its_cells(frame: pd.DataFrame) -> None:
    tables = [table_of(frame)]
    with contextlib.suppress(Exception):  # types that polars does not have
        tables.append(polars.from_arrow(tables[0]))
    for table in tables:
        schema = infer_schema(table)
        result = enforce_schema(table, schema)
        assert list(result.columns) == [spec.name for spec in schema]
        assert_same_cells(to_frame(table), result)
        assert Schema.from_json(schema.to_json()) == schema


@dataclasses.dataclass
class Row:
    """A dataclass with a field of every kind that hypothesis can fill from its hints."""

    number: int
    share: float
    name: str
    flag: bool
    raw: bytes
    day: datetime.datetime
    note: str | None
    parts: list[int]
    inner: list[Part]
    shares: dict[str, float]


@dataclasses.dataclass
class Part:
    """What a row has several of."""

    label: str
    size: int | None


rows_of_class = st.builds(
    Row, number=longs, share=st.floats(width=32), name=texts, flag=st.booleans(), raw=st.binary(max_size=3),
    day=moments, note=st.none() | texts, parts=st.lists(longs, max_size=2),
    shares=st.dictionaries(texts, floats, max_size=2),
    inner=st.lists(st.builds(Part, label=texts, size=st.none() | longs), max_size=2),
)  # fmt: skip


@RELAXED
@given(st.lists(rows_of_class, min_size=1, max_size=3))
def test_objects_of_a_class_pass_the_signature_of_the_class(rows: list[Row]) -> None:
    before = repr(rows)
    schema = infer_schema(Row)
    assert schema == infer_schema(rows) == infer_schema(rows[0])
    assert_same_cells([dataclasses.asdict(row) for row in rows], enforce_schema(rows, schema))
    assert repr(rows) == before


@RELAXED
@given(st.dictionaries(texts, st.one_of(
    st.booleans(), longs, st.floats(allow_nan=False), texts, moments,
    st.lists(longs, max_size=3), st.lists(texts, max_size=3), st.lists(dates, max_size=3),
    st.dictionaries(texts, longs | texts, min_size=1, max_size=2),
)))  # fmt: skip
def test_parameters_pass_their_own_schema_and_come_back_from_json(params: dict) -> None:
    schema = infer_params(params)
    assert enforce_params(params, schema) == params
    assert enforce_params(None, schema) == {spec.name: spec.default for spec in schema}
    again = ParamSchema.from_json(schema.to_json())
    assert again == schema
    assert enforce_params(params, again) == params


@RELAXED
@given(st.lists(st.dictionaries(st.sampled_from("abc"), longs | st.none(), min_size=1), min_size=1))
def test_whole_numbers_beside_nulls_stay_exact(rows: list[dict]) -> None:
    result = enforce_schema(rows, infer_schema(rows))
    for name in result:
        for row, value in zip(rows, result[name].tolist(), strict=True):
            expected = row.get(name)
            if expected is None:
                assert value is None or value is pd.NA or math.isnan(value)
            else:
                assert int(value) == expected


words = st.sampled_from(["tensor", "array", "object", "double", "dtype", "shape", "map", "any", "float64"])
keys = st.sampled_from(["type", "name", "required", "items", "properties", "values", "tensor-spec", "dtype", "shape"])
leaves = st.none() | st.booleans() | st.integers() | texts | words
hostile = st.recursive(leaves, lambda inside: st.lists(inside) | st.dictionaries(keys | st.just("cls"), inside))


@RELAXED
@given(st.text(max_size=60) | hostile.map(json.dumps) | st.lists(hostile).map(json.dumps))
def test_hostile_json_is_a_schema_or_a_refusal(text: str) -> None:
    for kind in (Schema, ParamSchema):
        with contextlib.suppress(Invalid):
            kind.from_json(text)


def test_decimal_columns_become_doubles() -> None:
    frame = pd.DataFrame({"d": pd.Series([decimal.Decimal("1.5"), None], dtype=object)})
    assert enforce_schema(frame, infer_schema(frame))["d"].dtype == np.float64


@pytest.mark.parametrize(
    "data",
    [[0, np.uint32(0)], (), {}, [{}], [[]], [None], float("nan"), {"a": {}}, {"a": []}, [{"a": {}}], [[1], None]],
)
def test_data_that_says_little_passes_too(data: object) -> None:
    assert_law(data)


plain_columns = st.one_of(
    st.lists(st.floats(allow_infinity=False), min_size=2, max_size=2).map(lambda v: pd.Series(v, dtype="float64")),
    st.lists(st.floats(width=32, allow_infinity=False), min_size=2, max_size=2).map(
        lambda v: pd.Series(np.array(v, "float32"))
    ),
    st.lists(longs, min_size=2, max_size=2).map(lambda v: pd.Series(v, dtype="int64")),
    st.lists(st.booleans(), min_size=2, max_size=2).map(lambda v: pd.Series(v, dtype="bool")),
    st.lists(st.text(max_size=5), min_size=2, max_size=2).map(lambda v: pd.Series(v, dtype="str")),
    st.lists(st.binary(max_size=5), min_size=2, max_size=2).map(lambda v: pd.Series(v, dtype=object)),
    st.lists(st.integers(0, 2**62), min_size=2, max_size=2).map(lambda v: pd.Series(np.array(v, "M8[ns]"))),
)


@RELAXED
@given(st.lists(plain_columns, min_size=1, max_size=4))
def test_an_example_comes_back_digit_for_digit_and_passes(series: list[pd.Series]) -> None:
    frame = pd.DataFrame({f"c{place}": each for place, each in enumerate(series)})
    schema = infer_schema(frame)
    info, files = encode_example(frame)
    assert encode_example(frame) == (info, files)
    sent = parse_payload(files["serving_input_example.json"], schema=schema).data
    pd.testing.assert_frame_equal(enforce_schema(sent, schema), frame, check_exact=True)


@RELAXED
@given(
    st.binary(max_size=80) | st.dictionaries(st.sampled_from(FORMATS), hostile).map(lambda v: json.dumps(v).encode())
)
def test_hostile_requests_are_read_or_refused(body: bytes) -> None:
    for schema in (None, Schema([ColSpec("double", "shape")]), Schema([TensorSpec(np.dtype("f4"), (-1,), "dtype")])):
        with contextlib.suppress(Invalid):
            enforce_schema(parse_payload(body, schema=schema).data, schema)
