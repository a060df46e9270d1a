"""Input examples: exact, deterministic, in MLflow's files."""

import datetime
import decimal
import json
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from gitmodels.errors import FileMissing, Invalid, InvalidModel, NotSupported
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.example import (
    encode_example,
    load_example,
    load_example_params,
    save_example,
    serving_input,
)
from gitmodels.mlmodel.infer import infer_schema
from gitmodels.mlmodel.payload import MAX_BYTES, parse_payload

GOLDEN = Path(__file__).parent.parent / "formats" / "v1" / "example"

FRAME = pd.DataFrame(
    {
        "double": [0.1 + 0.2, None],
        "float": np.array([0.1, 1e-8], "float32"),
        "long": [2**60 + 1, -1],
        "text": ["é", None],
        "flag": [True, False],
        "when": np.array(["2020-01-01T00:00:00.000000001", "2021-02-03"], "datetime64[ns]"),
        "raw": pd.Series([b"\x00\xff", b""], dtype=object),
        "ids": pd.Series([[1, 2], []], dtype=object),
    }
)


def test_a_frame_comes_back_digit_for_digit(tmp_path: Path) -> None:
    info = save_example(FRAME, tmp_path)
    assert info == {
        "artifact_path": "input_example.json",
        "type": "dataframe",
        "pandas_orient": "split",
        "serving_input_path": "serving_input_example.json",
    }
    schema = infer_schema(FRAME)
    pd.testing.assert_frame_equal(load_example(tmp_path, info, schema), FRAME)
    sent = parse_payload((tmp_path / "serving_input_example.json").read_bytes(), schema=schema).data
    pd.testing.assert_frame_equal(enforce_schema(sent, schema), FRAME)


def test_the_files_are_the_golden_ones(tmp_path: Path) -> None:
    save_example((FRAME, {"k": 3, "stop": ["a"]}), tmp_path)
    for name in ("input_example.json", "serving_input_example.json"):
        assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes()
        json.loads((GOLDEN / name).read_text(), parse_constant=pytest.fail)


def test_labels_that_only_count_are_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame(np.eye(2), index=[5, 6])
    info = save_example(frame, tmp_path)
    assert info["pandas_orient"] == "values"
    assert json.loads((tmp_path / "input_example.json").read_text()) == {"data": [[1.0, 0.0], [0.0, 1.0]]}
    pd.testing.assert_frame_equal(load_example(tmp_path, info), frame.reset_index(drop=True))


def test_labels_of_two_levels_come_back(tmp_path: Path) -> None:
    frame = pd.DataFrame([[1.5, 2.5]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]))
    info = save_example(frame, tmp_path)
    assert load_example(tmp_path, info, infer_schema(frame)).columns.tolist() == [("a", "b"), ("a", "c")]


@pytest.mark.parametrize(
    "array", [np.array([[0.1, np.nan]]), np.array([1, 2], "int8"), np.array(["a", "b"]), np.array([0.1], "float32")]
)
def test_arrays_come_back_in_their_dtype(array: np.ndarray, tmp_path: Path) -> None:
    info = save_example(array, tmp_path)
    back = load_example(tmp_path, info, infer_schema(array))
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype
    named = {"x": array}
    info = save_example(named, tmp_path)
    assert load_example(tmp_path, info, infer_schema(named))["x"].dtype == array.dtype
    assert list(load_example(tmp_path, info)) == ["x"]


@pytest.mark.parametrize("kind", [scipy.sparse.csr_matrix, scipy.sparse.csc_matrix, scipy.sparse.coo_matrix])
def test_sparse_matrices_come_back(kind: type, tmp_path: Path) -> None:
    matrix = kind(np.array([[0, 0.1], [0, 0]]))
    info = save_example(matrix, tmp_path)
    back = load_example(tmp_path, info, infer_schema(matrix))
    assert (back != matrix).nnz == 0
    huge = kind((10_000, 10_000))
    assert "serving_input_path" not in save_example(huge, tmp_path)


@pytest.mark.parametrize("broken", [{}, {"data": [1], "indices": [9], "indptr": [0, 1], "shape": [1, 1]}])
def test_a_sparse_example_that_is_no_matrix_is_refused(broken: dict, tmp_path: Path) -> None:
    (tmp_path / "input_example.json").write_text(json.dumps(broken))
    with pytest.raises(InvalidModel):
        load_example(tmp_path, {"artifact_path": "input_example.json", "type": "sparse_matrix_csr"})


@pytest.mark.parametrize("data", [{"a": 1, "b": ["x"]}, [{"a": 1}], ["x"], 5, "hi", True, None])
def test_json_data_is_itself(data: object, tmp_path: Path) -> None:
    info = save_example(data, tmp_path)
    assert info["type"] == "json_object"
    assert load_example(tmp_path, info) == data
    assert json.loads(serving_input(data) or "null") == (None if data is None else {"inputs": data})


def test_dates_in_json_need_the_schema(tmp_path: Path) -> None:
    moment = datetime.datetime(2020, 1, 1, 12)
    info = save_example({"t": moment, "n": decimal.Decimal("1.5")}, tmp_path)
    assert load_example(tmp_path, info) == {"t": "2020-01-01T12:00:00", "n": 1.5}
    assert load_example(tmp_path, info, infer_schema({"t": moment, "n": 1.5}))["t"] == moment


def test_parameters_stand_beside_the_data(tmp_path: Path) -> None:
    info = save_example(([1, 2], {"k": 3}), tmp_path)
    assert info["params"] == "true"
    assert load_example(tmp_path, info) == [1, 2]
    assert load_example_params(tmp_path, info) == {"k": 3}
    assert json.loads(serving_input(([1], {"k": 3}))) == {"inputs": [1], "params": {"k": 3}}
    chat = {"messages": [{"role": "user", "content": "hi"}]}
    assert json.loads(serving_input((chat, {"k": 3}))) == {**chat, "k": 3}
    assert load_example_params(tmp_path, None) is None
    with pytest.raises(Invalid):
        save_example(([1], {"k": object()}), tmp_path)


@pytest.mark.parametrize("data", [{1: 2}, {1, 2}, 1j, [object()], {"a": np.zeros(1), "b": 1}, datetime.timedelta(1)])
def test_what_json_cannot_hold_is_refused(data: object, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        save_example(data, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_frames_of_spark_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotSupported):
        save_example(type("DataFrame", (), {"__module__": "pyspark.sql.dataframe"})(), tmp_path)


def test_tables_of_other_libraries_are_saved_as_frames() -> None:
    rows = [{"a": 1, "b": "x", "c": [1, None]}, {"a": None, "b": None, "c": None}]
    table = pytest.importorskip("pyarrow").Table.from_pylist(rows)
    expected = {"columns": ["a", "b", "c"], "data": [[1, "x", [1, None]], [None, None, None]]}
    for data in (table, pytest.importorskip("polars").DataFrame(rows)):
        info, files = encode_example(data)
        assert info["type"] == "dataframe"
        assert json.loads(files["input_example.json"]) == expected


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (pd.DataFrame({"a": np.zeros(10_001)}), 10_000),
        (pd.DataFrame(np.zeros((11, 100_000))), 10),
        (np.zeros((3, 1000, 1001)), 1),
        ([1] * 20_000, 10_000),
        ([{"a": 1}] * 20_000, 10_000),
        ({"a": [1] * 20_000, "b": ["x"] * 20_000}, 10_000),
        ({"a": np.zeros(20_000), "b": np.zeros((20_000, 3))}, 10_000),
        (scipy.sparse.csc_matrix((20_000, 3)), 10_000),
        (["x" * 1_000_000] * 20, 16),
    ],
)
def test_a_huge_example_is_cut_to_its_first_rows(data: object, rows: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gitmodels"):
        body = json.loads(encode_example(data)[1]["input_example.json"])
    if isinstance(body, dict) and "shape" in body:
        assert body["shape"] == [rows, 3]
    elif isinstance(body, dict):
        assert {len(each) for name, each in body.items() if name != "columns"} == {rows}
    else:
        assert len(body) == rows
    assert len(caplog.messages) == 1
    assert f"the first {rows} are kept" in caplog.messages[0]


@pytest.mark.parametrize("data", ["x" * 17_000_000, {"a": "x", "b": [1] * 20_000}, np.array(5), [], {}])
def test_what_has_no_rows_stays_whole(data: object, caplog: pytest.LogCaptureFixture) -> None:
    encode_example(data)
    assert caplog.messages == []


def test_case_43_a_huge_example_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "input_example.json", "wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    with pytest.raises(InvalidModel, match="not read"):
        load_example(tmp_path, {"artifact_path": "input_example.json", "type": "json_object"})


@pytest.mark.parametrize("name", ["../x.json", "/etc/passwd", "a/b", "", "..", None])
def test_a_model_cannot_name_files_elsewhere(name: object, tmp_path: Path) -> None:
    with pytest.raises(InvalidModel):
        load_example(tmp_path, {"artifact_path": name, "type": "json_object"})


def test_missing_and_unknown_examples_are_refused(tmp_path: Path) -> None:
    info = {"artifact_path": "input_example.json", "type": "json_object"}
    assert load_example(tmp_path, None) is None
    with pytest.raises(FileMissing):
        load_example(tmp_path, info)
    (tmp_path / "secret").write_text("1")
    (tmp_path / "input_example.json").symlink_to(tmp_path / "secret")
    with pytest.raises(FileMissing):
        load_example(tmp_path, info)
    (tmp_path / "input_example.json").unlink()
    (tmp_path / "input_example.json").write_text("1")
    with pytest.raises(InvalidModel, match="unknown type"):
        load_example(tmp_path, {**info, "type": "other"})
