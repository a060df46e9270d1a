"""What signature which data has."""

import datetime
import logging

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from gitmodels.errors import Invalid, NotSupported, SchemaMismatch
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.infer import infer_schema, infer_signature
from gitmodels.mlmodel.schema import ColSpec, Schema


def kinds(data: object) -> str:
    return repr(infer_schema(data))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("int8", "integer"),
        ("uint16", "integer"),
        ("uint32", "long"),
        ("int64", "long"),
        ("uint64", "Any"),
        ("float16", "float"),
        ("float64", "double"),
        ("bool", "boolean"),
        ("complex64", "Any"),
        ("Int32", "integer"),
        ("Float64", "double"),
        ("boolean", "boolean"),
        ("int64[pyarrow]", "long"),
        ("Sparse[float64]", "double"),
        ("category", "long"),
        ("str", "string"),
        ("datetime64[s]", "datetime"),
        ("timedelta64[s]", "Any"),
    ],
)
def test_dtypes_of_columns(dtype: str, expected: str) -> None:
    values = ["0", "1"] if dtype == "str" else [0, 1]
    assert kinds(pd.DataFrame({"a": pd.Series(values).astype(dtype)})) == f"['a': {expected} (required)]"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", "b"], "string (required)"),
        (["a", None], "string (optional)"),
        ([1, 2], "long (required)"),
        ([1, 2.5], "double (required)"),
        ([1.5, None], "double (optional)"),
        ([True, None], "boolean (optional)"),
        ([b"a"], "binary (required)"),
        ([bytearray(b"a")], "binary (required)"),
        ([datetime.date(2020, 1, 1)], "datetime (required)"),
        ([None, None], "Any (optional)"),
        ([], "string (required)"),
        ([[1, 2], [3]], "Array(long) (required)"),
        ([[], []], "Any (required)"),
        ([["a", None], None], "Array(string) (optional)"),
        ([{"x": 1}, {"x": 2, "y": "b"}], "{x: long (required), y: string (optional)} (required)"),
        ([{"x": [{"y": 1.5}]}, {"x": []}], "{x: Array({y: double (required)}) (optional)} (required)"),
        ([np.array([1.5]), np.array([[2.5]])], "Any (required)"),
        ([np.array([1, 2], "float32")], "Array(float) (required)"),
        (["a", 1], "Any (required)"),
        ([2**70], "Any (required)"),
    ],
)
def test_object_columns(values: list, expected: str) -> None:
    assert kinds(pd.DataFrame({"a": pd.Series(values, dtype=object)})) == f"['a': {expected}]"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (1, "[long (required)]"),
        (np.float32(1), "[float (required)]"),
        ("a", "[string (required)]"),
        ([], "[string (required)]"),
        ([1, 2], "[long (required)]"),
        ([[1.5]], "[Array(double) (required)]"),
        ([{"a": 1}, {"a": 2, "b": "x"}], "['a': long (required), 'b': string (optional)]"),
        ({"a": 1, "b": [1, 2]}, "['a': long (required), 'b': Array(long) (required)]"),
        ({"a": np.zeros((2, 3))}, "['a': Tensor('float64', (-1, 3))]"),
        (np.array(["ab"]), "[Tensor('str', (-1,))]"),
        (np.array(5), "[Tensor('int64', ())]"),
        (scipy.sparse.csr_matrix(np.eye(2)), "[Tensor('float64', (-1, 2))]"),
        (pd.Series([1.5, None]), "[double (required)]"),
        (pd.Series([1.5, None], name="s"), "['s': double (optional)]"),
        (pd.DataFrame(np.zeros((1, 2))), "[0: double (required), 1: double (required)]"),
    ],
)
def test_other_data(data: object, expected: str) -> None:
    assert kinds(data) == expected


@pytest.mark.parametrize(
    "data",
    [{}, {1: 2}, (1, 2), {1, 2}, object(), pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame({None: [1]})],
)
def test_data_without_a_schema_accepts_anything_and_says_so(data: object, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Invalid):
        infer_schema(data)
    with caplog.at_level(logging.WARNING, "gitmodels"):
        assert repr(infer_signature(data).inputs) == "[Any (required)]"
    assert "will accept anything" in caplog.messages[-1]


def test_warnings_name_the_column_and_never_a_value(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gitmodels"):
        infer_signature(pd.DataFrame({"fine": [1], "odd": pd.Series([{"k": "secret"}], dtype=object)}))
        infer_signature(pd.DataFrame({"odd": pd.Series(["secret", 1], dtype=object)}))
    assert len(caplog.messages) == 1
    assert "'odd'" in caplog.text
    assert "secret" not in caplog.text


def test_objects_of_spark_are_refused_with_a_way_out() -> None:
    frame = type("DataFrame", (), {"__module__": "pyspark.sql.dataframe"})
    with pytest.raises(NotSupported) as refusal:
        infer_signature(frame())
    assert "toPandas" in refusal.value.hint


@pytest.mark.parametrize(
    ("column", "hint"),
    [
        (pd.Series([1], dtype="uint64"), "astype('int64')"),
        (pd.Series([1j]), ".real and .imag"),
        (pd.Series(pd.to_timedelta([1], unit="s")), "total_seconds"),
        (pd.Series(pd.period_range("2020-01", periods=1, freq="M")), "to_timestamp"),
    ],
)
def test_a_column_without_a_type_is_told_with_the_way_out(
    column: pd.Series, hint: str, caplog: pytest.LogCaptureFixture
) -> None:
    frame = pd.DataFrame({"odd": column})
    with caplog.at_level(logging.WARNING, "gitmodels"):
        assert kinds(frame) == "['odd': Any (required)]"
    assert "'odd'" in caplog.text
    assert hint in caplog.text
    with pytest.raises(SchemaMismatch, match="'odd' expected double") as refusal:
        enforce_schema(frame, Schema([ColSpec("double", "odd")]))
    assert hint in refusal.value.hint


@pytest.mark.parametrize("value", [1j, np.uint64(1), np.timedelta64(1, "s")])
def test_a_parameter_without_a_type_is_refused_with_the_way_out(value: object) -> None:
    with pytest.raises(Invalid, match="'p'") as refusal:
        infer_signature(None, None, {"p": value})
    assert refusal.value.hint


def test_outputs_and_params_stand_beside_inputs() -> None:
    signature = infer_signature(pd.DataFrame({"a": [1.5]}), np.zeros(3), {"k": 1})
    assert repr(signature.outputs) == "[Tensor('float64', (-1,))]"
    assert signature.params is not None
    assert infer_signature(model_output=[1]).inputs is None
