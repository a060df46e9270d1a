"""Prediction requests: the forms of MLflow, the dtypes of the schema, the bounds."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from gitmodels.errors import Invalid
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.payload import CSV, MAX_DEPTH, PARQUET, parse_payload
from gitmodels.mlmodel.types import Array, ColSpec, Object, ParamSchema, ParamSpec, Property, Schema, TensorSpec

SCHEMA = Schema(
    [
        ColSpec("double", "d"),
        ColSpec("float", "f", required=False),
        ColSpec("long", "l", required=False),
        ColSpec("integer", "i", required=False),
        ColSpec("boolean", "b", required=False),
        ColSpec("datetime", "t", required=False),
        ColSpec("binary", "x", required=False),
    ]
)
ROW = {"d": 1, "f": 0.5, "l": 3.0, "i": 4, "b": True, "t": "2020-01-01T00:00:00.000000001", "x": "AP8=\n"}
DTYPES = ["float64", "float32", "int64", "int32", "bool", "datetime64[ns]", "object"]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_records": [ROW]},
        {"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values())]}},
        {"dataframe_split": {"columns": list(ROW), "data": [list(ROW.values())], "index": [7]}},
    ],
)
def test_frames_have_the_dtypes_of_the_schema(body: dict) -> None:
    frame = enforce_schema(parse_payload(json.dumps(body), schema=SCHEMA).data, SCHEMA)
    assert list(map(str, frame.dtypes)) == DTYPES
    assert frame["t"].iloc[0].nanosecond == 1
    assert frame["x"].iloc[0] == b"\x00\xff"


@pytest.mark.parametrize("key", ["inputs", "instances"])
def test_rows_and_columns_pass_enforcement(key: str) -> None:
    for value in ([{"d": 1, "l": 2}, {"d": 2.5}], {"d": [1, 2.5], "l": [2, None]}):
        if key == "instances" and isinstance(value, dict):
            continue
        frame = enforce_schema(parse_payload(json.dumps({key: value}), schema=SCHEMA).data, SCHEMA)
        assert frame["d"].tolist() == [1.0, 2.5]
        assert frame["l"].isna().tolist() == [False, True]


def test_nested_values_get_their_dates_bytes_and_floats() -> None:
    schema = Schema([ColSpec(Object([Property("x", Array("double")), Property("t", "datetime")]), "o")])
    body = json.dumps({"inputs": [{"o": {"x": [1, 2], "t": "2020-01-01"}}]})
    value = enforce_schema(parse_payload(body, schema=schema).data, schema)["o"][0]
    assert value["x"] == [1.0, 2.0]
    assert value["t"].year == 2020


def test_tensors_are_arrays_of_their_dtype() -> None:
    unnamed = Schema([TensorSpec(np.dtype("float32"), (-1, 2))])
    named = Schema([TensorSpec(np.dtype("int64"), (-1,), "n"), TensorSpec(np.dtype("float32"), (-1, 2), "x")])
    for key in ("inputs", "instances"):
        assert enforce_schema(parse_payload(json.dumps({key: [[1, 2]]}), schema=unnamed).data, unnamed).shape == (1, 2)
    rows = [{"n": 1, "x": [1, 2]}, {"n": 2, "x": [3, 4]}]
    assert enforce_schema(parse_payload(json.dumps({"instances": rows}), schema=named).data, named)["x"].shape == (2, 2)
    columns = {"n": [1, 2], "x": [[1, 2], [3, 4]]}
    assert (
        enforce_schema(parse_payload(json.dumps({"inputs": columns}), schema=named).data, named)["n"].dtype == "int64"
    )
    one = Schema([TensorSpec(np.dtype("int64"), (-1,), "n")])
    assert list(parse_payload('{"inputs": [1, 2]}', schema=one).data) == ["n"]
    for value in ([1.5], ["x"], [[1], [1, 2]], [2**70]):
        with pytest.raises(Invalid):
            parse_payload(json.dumps({"inputs": value}), schema=one)


def test_without_a_schema_lists_are_arrays_and_the_rest_is_itself() -> None:
    assert parse_payload('{"inputs": [1, 2]}').data.tolist() == [1, 2]
    assert parse_payload('{"inputs": {"a": [1, 2], "b": "x"}}').data["b"] == "x"
    assert parse_payload('{"inputs": [{"a": 1}]}').data == [{"a": 1}]
    assert parse_payload('{"inputs": [[1], [1, 2]]}').data == [[1], [1, 2]]
    assert parse_payload('{"dataframe_split": {"data": [[1, 2]]}}').data.columns.tolist() == [0, 1]
    assert len(parse_payload('{"dataframe_records": []}').data) == 0


def test_params_stand_beside_the_data() -> None:
    assert parse_payload('{"inputs": [1], "params": {"k": 1}}').params == {"k": 1}
    chat = '{"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5, "other": 1}'
    payload = parse_payload(chat, params=ParamSchema([ParamSpec("temperature", "double", 1.0)]))
    assert payload.params == {"temperature": 0.5}
    assert sorted(payload.data) == ["messages", "other"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"\xff", "not UTF-8"),
        (b"{", "not JSON"),
        (b"[1]", "dictionary"),
        (b"{}", "exactly one"),
        (b'{"inputs": [1], "instances": [1]}', "exactly one"),
        (b'{"inputs": 1, "inputs": 2}', "same key twice"),
        (b'{"inputs": [{"a": 1, "a": 2}]}', "same key twice"),
        (b'{"inputs": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "nests deeper"),
        (b'{"inputs": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nests deeper"),
        (b'{"inputs": ' + b"1" * 5000 + b"}", "not JSON"),
        (b'{"inputs": [1], "params": [1]}', "`params`"),
        (b'{"dataframe_split": [1]}', "split format"),
        (b'{"dataframe_split": {"data": [[1]], "more": 1}}', "split format"),
        (b'{"dataframe_split": {"data": [1]}}', "list of rows"),
        (b'{"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}}', "more or fewer"),
        (b'{"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}', "same name"),
        (b'{"dataframe_split": {"columns": [{}], "data": [[1]]}}', "data frame"),
        (b'{"dataframe_split": {"columns": ["a"], "data": [[1]], "index": [1, 2]}}', "data frame"),
        (b'{"dataframe_records": {"a": 1}}', "list of records"),
        (b'{"instances": [{"a": 1}, {}]}', "not the same"),
    ],
)
def test_hostile_json_is_refused(body: bytes, problem: str) -> None:
    with pytest.raises(Invalid, match=problem) as refusal:
        parse_payload(body)
    assert refusal.value.error_code == "BAD_REQUEST"
    assert str(refusal.value).startswith("Invalid input. ")


def test_brackets_inside_text_are_no_nesting() -> None:
    assert parse_payload(json.dumps({"inputs": '["\\"[[[' * 100})).data.startswith("[")


def test_text_is_no_number_no_date_and_no_bytes() -> None:
    frame = parse_payload('{"dataframe_records": [{"d": "secret"}]}', schema=SCHEMA).data
    with pytest.raises(Invalid) as refusal:
        enforce_schema(frame, SCHEMA)
    assert "secret" not in str(refusal.value)
    for name in ("t", "x"):
        with pytest.raises(Invalid) as refusal:
            parse_payload(json.dumps({"dataframe_records": [{name: "secret?"}]}), schema=SCHEMA)
        assert "secret" not in str(refusal.value)


def test_numbers_with_a_fraction_are_not_cut() -> None:
    frame = parse_payload('{"dataframe_records": [{"d": 1, "l": 1.5}]}', schema=SCHEMA).data
    with pytest.raises(Invalid, match="column 'l' expected long, got float64"):
        enforce_schema(frame, SCHEMA)


def test_size_and_kind_of_a_request_are_bounded() -> None:
    with pytest.raises(Invalid, match="the limit is 10"):
        parse_payload(b" " * 11, max_bytes=10)
    with pytest.raises(Invalid, match="content type"):
        parse_payload(b"", "text/html")


def test_csv_has_the_dtypes_of_the_schema() -> None:
    text = "d,l,b,t\n0.1,9007199254740993,True,2020-01-01\n0.30000000000000004,,False,\n"
    frame = parse_payload(text, CSV + "; charset=utf-8", SCHEMA).data
    result = enforce_schema(frame, SCHEMA)
    assert result["d"].tolist() == [0.1, 0.1 + 0.2]
    assert result["l"].tolist()[0] == 2**53 + 1
    assert list(map(str, result.dtypes)) == ["float64", "Int64", "bool", "datetime64[ns]"]
    assert parse_payload("a\n1\n", CSV).data["a"].tolist() == [1]
    for broken in ("d\nsecret\n", "", "t,d\nsecret,1\n"):
        with pytest.raises(Invalid) as refusal:
            parse_payload(broken, CSV, SCHEMA)
        assert "secret" not in str(refusal.value)


def test_parquet_is_read_and_garbage_refused() -> None:
    pytest.importorskip("pyarrow")
    buffer = io.BytesIO()
    pd.DataFrame({"d": [1.5]}).to_parquet(buffer)
    assert parse_payload(buffer.getvalue(), PARQUET).data["d"].tolist() == [1.5]
    for broken in (b"", b"PAR1" * 10, buffer.getvalue()[:-20]):
        with pytest.raises(Invalid):
            parse_payload(broken, PARQUET)
