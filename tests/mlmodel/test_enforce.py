"""What enforcement converts, drops, orders and refuses."""

import datetime
import decimal
import json
import logging
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from gitmodels.errors import NotSupported, SchemaMismatch
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.infer import infer_schema
from gitmodels.mlmodel.plain import enforce_plain
from gitmodels.mlmodel.types import AnyType, Array, ColSpec, Map, Object, Property, Schema, TensorSpec


def column(values: object, dtype: object, kind: object) -> pd.Series:
    return enforce_schema(pd.DataFrame({"a": pd.Series(values, dtype=dtype)}), Schema([ColSpec(kind, "a")]))["a"]


@pytest.mark.parametrize(
    ("source", "kind", "result"),
    [
        ("int8", "integer", "int32"),
        ("int32", "long", "int64"),
        ("uint8", "integer", "int32"),
        ("uint32", "long", "int64"),
        ("int32", "double", "float64"),
        ("uint16", "double", "float64"),
        ("float16", "float", "float32"),
        ("float32", "double", "float64"),
        ("int64", "double", "float64"),
        ("int64", "float", "float32"),
        ("Int32", "long", "int64"),
        ("boolean", "boolean", "bool"),
        ("object", "long", "int64"),
        ("object", "string", "object"),
        ("category", "long", "category"),
        ("datetime64[s]", "datetime", "datetime64[ns]"),
        ("complex64", AnyType(), "complex64"),
    ],
)
def test_safe_conversions(source: str, kind: object, result: str) -> None:
    assert str(column([0, 1], source, kind).dtype) == result


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("int64", "integer"),
        ("uint32", "integer"),
        ("float64", "float"),
        ("float64", "long"),
        ("int64", "double"),
        ("int64", "string"),
        ("str", "long"),
        ("bool", "long"),
        ("int64", "boolean"),
        ("timedelta64[s]", "long"),
        ("category", "string"),
        ("category", "double"),
        ("str", "datetime"),
        ("object", "integer"),
    ],
)
def test_conversions_that_could_lose_something_are_refused(source: str, kind: str) -> None:
    with pytest.raises(SchemaMismatch, match=r"Incompatible input types for column a\. Can not safely convert"):
        column([2, 3], source, kind)


def test_a_refusal_says_what_came_and_never_a_value() -> None:
    with pytest.raises(SchemaMismatch) as refusal:
        column(["secret"], "string", "long")
    message = str(refusal.value)
    assert message == (
        "Failed to enforce schema of data (DataFrame, 1 rows, 1 columns): column 'a' expected long, got string. "
        "Error: Incompatible input types for column a. Can not safely convert string to int64."
    )
    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
    assert refusal.value.fields == {"column": "a", "expected": "long", "got": "string", "rows": 1}


def test_a_refusal_says_how_many_rows_are_wrong() -> None:
    values = pd.Series([[1], ["secret"], [2], None], dtype=object)
    schema = Schema([ColSpec(Array("long"), "ids")])
    with pytest.raises(
        SchemaMismatch, match=r"column 'ids', an element: expected long, got str \(2 of 4 rows\)"
    ) as nested:
        enforce_schema(pd.DataFrame({"ids": values}), schema)
    assert nested.value.fields["rows"] == 2
    frame = pd.DataFrame({"a": pd.Series([1.5, "secret", "s", None], dtype=object)})
    with pytest.raises(SchemaMismatch, match=r"got object \(2 str, 1 float, 1 null\)") as mixed:
        enforce_schema(frame, Schema([ColSpec("double", "a")]))
    assert "secret" not in nested.value.message + mixed.value.message
    with pytest.raises(SchemaMismatch) as wide:
        enforce_schema(pd.DataFrame({"a": [2, 3]}), Schema([ColSpec("double", "a")]))
    assert "pass them as floats" in wide.value.hint


def test_whole_numbers_that_nulls_made_floats_are_explained() -> None:
    with pytest.raises(SchemaMismatch) as refusal:
        column([1.0, None], "float64", "long")
    assert "missing values" in refusal.value.hint


def test_nulls_zones_and_categories_stay() -> None:
    assert column([1, None], "Int64", "long").isna().tolist() == [False, True]
    assert column([1, None], "Int8", "long").dtype == "Int64"
    assert column([True, None], "boolean", "boolean").dtype == "boolean"
    zoned = pd.Series(pd.to_datetime(["2020-01-01"], utc=True))
    assert str(enforce_schema(zoned.to_frame("a"), Schema([ColSpec("datetime", "a")]))["a"].dt.tz) == "UTC"
    assert column([None, None], object, "double").dtype == np.float64
    assert column([decimal.Decimal("1.5"), None], object, "double").tolist()[0] == 1.5
    assert column([datetime.date(2020, 1, 1)], object, "datetime").dtype == "datetime64[ns]"
    assert column([datetime.date(1500, 1, 1)], object, "datetime").dtype == object
    assert column([0.0, 1.0], "Sparse[float64]", "double").dtype == "Sparse[float64]"
    assert column([0, 1], "Sparse[int32]", "long").dtype == "Sparse[int64]"


SCHEMA = Schema([ColSpec("long", "a"), ColSpec("double", "b"), ColSpec("string", "c", required=False)])


def test_columns_are_ordered_and_extra_ones_dropped_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    frame = pd.DataFrame({"x": [0], "b": [1.5], "a": [2]}, index=[7])
    with caplog.at_level(logging.WARNING, "gitmodels"):
        for _ in range(3):
            result = enforce_schema(frame, SCHEMA)
    assert result.columns.tolist() == ["a", "b"]
    assert result.index.tolist() == [7]
    assert len(caplog.messages) == 1
    assert "['x']" in caplog.messages[0]


def test_missing_columns_are_named_in_the_schemas_order() -> None:
    with pytest.raises(SchemaMismatch, match=r"Error: Model is missing inputs \['a', 'b'\]\.$"):
        enforce_schema(pd.DataFrame({"c": ["x"]}), SCHEMA)
    with pytest.raises(
        SchemaMismatch, match=r"Model is missing inputs \['b'\]\. Note that there were extra inputs: \['B'\]\.$"
    ):
        enforce_schema({"a": 1, "B": 2}, SCHEMA)
    with pytest.raises(SchemaMismatch, match="more than once"):
        enforce_schema(pd.DataFrame([[1, 2, 3.5]], columns=["a", "a", "b"]), SCHEMA)


def test_every_frame_layout_gets_its_own_plan() -> None:
    schema = Schema([ColSpec("double", "a"), ColSpec("double", "b")])
    for dtype in ("float64", "float32", "int32", "Float64", "float64"):
        for columns in (["a", "b"], ["b", "a"], ["b", "z", "a"]):
            frame = pd.DataFrame([[1] * len(columns)], columns=columns).astype(dtype)
            result = enforce_schema(frame, schema)
            assert result.dtypes.tolist() == [np.dtype("float64")] * 2
            assert result.columns.tolist() == ["a", "b"]


def test_widening_keeps_values_in_their_columns() -> None:
    frame = pd.DataFrame({"c": ["x"], "b": np.array([2.5], "float32"), "i": np.array([3], "int16"), "a": [1]})
    schema = Schema([ColSpec("long", "a"), ColSpec("double", "b"), ColSpec("string", "c"), ColSpec("long", "i")])
    assert enforce_schema(frame, schema).to_dict("list") == {"a": [1], "b": [2.5], "c": ["x"], "i": [3]}


def test_what_a_model_writes_into_its_data_does_not_reach_the_caller() -> None:
    frame = pd.DataFrame({"a": [1], "b": [1.5]})
    result = enforce_schema(frame, SCHEMA)
    result["new"] = 1
    result.iloc[0, 0] = 99
    assert frame.to_dict("list") == {"a": [1], "b": [1.5]}
    row = {"o": {"k": np.int32(1)}}
    data = pd.DataFrame({"o": [row["o"]]})
    result = enforce_schema(data, Schema([ColSpec(Object([Property("k", "long")]), "o")]))
    result["o"][0]["k"] = 99
    assert row == {"o": {"k": 1}}


def test_unnamed_columns_are_counted() -> None:
    schema = Schema([ColSpec("long"), ColSpec("double")])
    assert enforce_schema(pd.DataFrame([[1, 2.5, 3]]), schema).columns.tolist() == [0, 1]
    with pytest.raises(SchemaMismatch, match="declares 2 inputs"):
        enforce_schema([1, 2], schema)


@pytest.mark.parametrize(
    ("data", "schema", "rows"),
    [
        ({"a": 1, "b": 2.5}, SCHEMA, [{"a": 1, "b": 2.5}]),
        ({"a": [1, 2], "b": [0.5, 1.5]}, SCHEMA, [{"a": 1, "b": 0.5}, {"a": 2, "b": 1.5}]),
        ({"a": np.array([1]), "b": np.array([0.5])}, SCHEMA, [{"a": 1, "b": 0.5}]),
        ([{"a": 1, "b": 2.5, "c": "x"}], SCHEMA, [{"a": 1, "b": 2.5, "c": "x"}]),
        ({"s": ["x", "y"]}, Schema([ColSpec(Array("string"), "s")]), [{"s": ["x", "y"]}]),
        (["x", "y"], Schema([ColSpec("string")]), [{0: "x"}, {0: "y"}]),
        ([[1, 2], [3]], Schema([ColSpec(Array("long"))]), [{0: [1, 2]}, {0: [3]}]),
        ([[1, 2.5]], Schema([ColSpec("long"), ColSpec("double")]), [{0: 1, 1: 2.5}]),
        (5, Schema([ColSpec("long")]), [{0: 5}]),
        (np.array([[1, 2]]), Schema([ColSpec("long"), ColSpec("long")]), [{0: 1, 1: 2}]),
        (pd.Series([1, 2], name="a"), Schema([ColSpec("long", "a")]), [{"a": 1}, {"a": 2}]),
    ],
)
def test_python_data_becomes_a_frame(data: object, schema: Schema, rows: list) -> None:
    assert enforce_schema(data, schema).to_dict("records") == rows


@pytest.mark.parametrize("data", [(1, 2), object(), {"a": [1, 2], "b": [0.5]}, np.zeros((1, 2, 3))])
def test_what_is_no_table_is_refused(data: object) -> None:
    with pytest.raises(SchemaMismatch, match="Failed to enforce schema of data"):
        enforce_schema(data, SCHEMA)


NESTED = Object([Property("ids", Array("long")), Property("tag", "string", required=False)])


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"tag": "secret"}, r"Missing required properties: \['ids'\]"),
        ({"ids": [1], "no": "secret"}, "Invalid properties not defined in the schema found: "),
        ({"ids": "secret"}, "column 'o', key 'ids': expected Array\\(long\\), got str"),
        ({"ids": ["secret"]}, "column 'o', key 'ids', an element: expected long, got str"),
        ("secret", "column 'o': expected {.*}, got str"),
        (None, "column 'o': expected {.*}, got null"),
    ],
)
def test_nested_values_are_checked_by_their_path(value: object, problem: str) -> None:
    frame = pd.DataFrame({"o": pd.Series([{"ids": [1, None]}, value], dtype=object)})
    with pytest.raises(SchemaMismatch, match=problem) as refusal:
        enforce_schema(frame, Schema([ColSpec(NESTED, "o")]))
    assert "secret" not in str(refusal.value)


def test_nested_numbers_follow_the_rules_of_columns() -> None:
    def cell(value: object, kind: object) -> object:
        return enforce_schema({"a": value}, Schema([ColSpec(Array(kind), "a")]))["a"][0]

    assert cell([1, 2.5], "double") == [1.0, 2.5]
    assert cell([0, 1], "double") == [0.0, 1.0]
    assert cell(np.array([1, 2], "int32"), "long").dtype == np.int64
    assert cell([np.float32(0.5)], "double") == [0.5]
    assert cell(["a", None], "string") == ["a", None]
    for value, kind in (([2, 3], "double"), ([1.5], "long"), ([2**40], "integer"), ([True], "long"), ([1], "string")):
        with pytest.raises(SchemaMismatch):
            cell(value, kind)


def test_maps_have_text_keys_and_one_type_of_value() -> None:
    schema = Schema([ColSpec(Map("long"), "m")])
    assert enforce_schema({"m": {"x": 1}}, schema)["m"][0] == {"x": 1}
    for value in ({1: 1}, {"x": "y"}, [1]):
        with pytest.raises(SchemaMismatch):
            enforce_schema(pd.DataFrame({"m": [value]}), schema)


PIXELS = Schema([TensorSpec(np.dtype("float32"), (-1, 2))])


def test_tensors_are_checked_and_never_converted() -> None:
    array = np.zeros((3, 2), "float32")
    assert enforce_schema(array, PIXELS) is array
    with pytest.raises(SchemaMismatch, match=r"Shape of input \(3, 4\) does not match expected shape \(-1, 2\)\.$"):
        enforce_schema(np.zeros((3, 4), "float32"), PIXELS)
    with pytest.raises(SchemaMismatch, match=r"dtype of input float64 does not match expected dtype float32$"):
        enforce_schema(np.zeros((3, 2)), PIXELS)
    with pytest.raises(SchemaMismatch, match="suggests a numpy array"):
        enforce_schema([[1, 2]], PIXELS)
    sparse = scipy.sparse.csr_matrix(array)
    assert enforce_schema(sparse, PIXELS) is sparse
    ragged = np.array([[1], [1, 2]], dtype=object)
    assert enforce_schema(ragged, Schema([TensorSpec(np.dtype("f4"), (-1, -1))])) is ragged
    assert enforce_schema(ragged, Schema([TensorSpec(np.dtype("O"), (-1,))])) is ragged


def test_named_tensors_come_as_a_dict_of_theirs() -> None:
    schema = Schema([TensorSpec(np.dtype("f4"), (-1, 2), "x")])
    array = np.zeros((3, 2), "float32")
    assert list(enforce_schema({"x": array, "y": 1}, schema)) == ["x"]
    assert enforce_schema(array, schema)["x"] is array
    for data, problem in (({"y": array}, r"missing inputs \['x'\]"), ({"x": [1]}, "input 'x'"), ("x", "input names")):
        with pytest.raises(SchemaMismatch, match=problem):
            enforce_schema(data, schema)


def test_frames_stand_for_tensors() -> None:
    frame = pd.DataFrame(np.ones((2, 2), "float32"))
    assert enforce_schema(frame, PIXELS).dtype == np.float32
    named = Schema([TensorSpec(np.dtype("f4"), (-1, 2), "x"), TensorSpec(np.dtype("i8"), (-1,), "n")])
    result = enforce_schema(pd.DataFrame({"x": [[1, 2], [3, 4]], "n": [1, 2]}), named)
    assert result["x"].tolist() == [[1, 2], [3, 4]]
    assert result["n"].dtype == np.int64
    for bad in (
        pd.DataFrame({"x": [[1, 2], [3]], "n": [1, 2]}),
        pd.DataFrame({"x": [[1, 2]], "n": [1.5]}),
        pd.DataFrame({"x": [1], "n": [1]}),
    ):
        with pytest.raises(SchemaMismatch):
            enforce_schema(bad, named)
    for bad in (pd.DataFrame(), pd.DataFrame(np.ones((1, 3)))):
        with pytest.raises(SchemaMismatch):
            enforce_schema(bad, PIXELS)


def test_no_schema_and_a_schema_that_says_nothing_change_nothing() -> None:
    data = (1, 2)
    assert enforce_schema(data, None) is data
    nothing = Schema([ColSpec(AnyType())])
    assert enforce_schema(data, nothing) is data
    assert enforce_schema(pd.DataFrame({"a": [1], "b": [2]}), nothing).columns.tolist() == ["a", "b"]


def test_objects_of_spark_are_refused() -> None:
    frame = type("DataFrame", (), {"__module__": "pyspark.sql.dataframe"})()
    with pytest.raises(NotSupported):
        enforce_schema(frame, SCHEMA)


WITHOUT_PANDAS = """
import sys, json
sys.modules["pandas"] = None
import numpy as np
from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.enforce import enforce_schema
rows = [{"b": "x", "a": 1}, {"a": 2}]
out = []
for data in (rows, {"a": 1, "b": [1.5, 2]}, ["a", "b"], [[1], None], 5):
    out.append(enforce_schema(data, infer_signature(data).inputs))
array = np.zeros((2, 2))
assert enforce_schema(array, infer_signature(array).inputs) is array
assert enforce_schema({"x": array}, infer_signature({"x": array}).inputs)["x"] is array
try:
    enforce_schema([{"a": "secret"}], infer_signature(rows).inputs)
except ValueError as error:
    out.append(str(error))
print(json.dumps(out))
"""


def test_lists_dicts_and_arrays_work_without_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_PANDAS], capture_output=True, text=True, check=True)
    *data, refusal = json.loads(done.stdout)
    rows = [{"b": "x", "a": 1}, {"b": None, "a": 2}]
    assert data == [rows, {"a": 1, "b": [1.5, 2.0]}, ["a", "b"], [[1], None], 5]
    assert "secret" not in refusal
    assert "Failed to enforce schema of data (list of 1)" in refusal


def test_inferring_and_reading_signatures_imports_no_pandas() -> None:
    code = "import sys, gitmodels.mlmodel.{}; print('pandas' in sys.modules, 'numpy' in sys.modules)"
    code = code.format("types, gitmodels.mlmodel.signature, gitmodels.mlmodel.infer, gitmodels.mlmodel.enforce")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_schema_inferred_once_serves_every_batch() -> None:
    frame = pd.DataFrame({"a": np.arange(100), "b": np.arange(100) / 3})
    schema = infer_schema(frame)
    for size in (0, 1, 50):
        assert len(enforce_schema(frame.head(size), schema)) == size


def test_a_list_of_anything_takes_arrays_of_any_rank() -> None:
    schema = Schema([ColSpec(Array(AnyType()), "a")])
    frame = pd.DataFrame({"a": [np.zeros((2, 2)), np.zeros(3)]})
    assert enforce_schema(frame, schema)["a"][0].shape == (2, 2)


@pytest.mark.parametrize("cell", [None, 5, "word", b"raw"])
def test_without_pandas_a_column_that_is_no_list_is_refused_in_words(cell: object) -> None:
    schema = Schema([ColSpec(AnyType(), "a"), ColSpec(AnyType(), "b")])
    with pytest.raises(SchemaMismatch, match="column 'a': expected a list of values"):
        enforce_plain({"a": cell, "b": [1, 2]}, schema)
