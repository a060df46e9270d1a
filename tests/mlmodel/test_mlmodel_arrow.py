"""Tables of Arrow and polars: their signature, and the frame a model gets."""

import datetime
import decimal
import subprocess
import sys
from typing import Any

import pytest

from gitmodels.errors import NotSupported, SchemaMismatch
from gitmodels.mlmodel.arrow import to_frame
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.infer import infer_schema
from gitmodels.mlmodel.schema import ColSpec, Schema

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5)


def polars_frame(columns: dict[str, Any]) -> Any:
    return pytest.importorskip("polars").DataFrame(columns)


COLUMNS = {
    "long": ([1, 2], "long (required)"),
    "hole": ([2**60 + 1, None], "long (optional)"),
    "double": ([1.5, None], "double (optional)"),
    "text": (["a", None], "string (optional)"),
    "flag": ([True, None], "boolean (optional)"),
    "raw": ([b"a", b"b"], "binary (required)"),
    "day": ([MOMENT.date(), None], "datetime (optional)"),
    "when": ([MOMENT, MOMENT], "datetime (required)"),
    "zoned": ([MOMENT.replace(tzinfo=datetime.UTC)] * 2, "datetime (required)"),
    "price": ([decimal.Decimal("1.50")] * 2, "double (required)"),
    "ids": ([[1, None], None], "Array(long) (optional)"),
    "pair": ([{"x": 1.5, "y": "a"}] * 2, "{x: double (required), y: string (required)} (required)"),
    "odd": ([datetime.timedelta(1)] * 2, "Any (required)"),
}


@pytest.mark.parametrize("make", [pa.table, polars_frame, lambda columns: pa.table(columns).to_batches()[0]])
def test_a_table_has_the_types_of_its_columns_and_passes_them(make: Any) -> None:
    table = make({name: values for name, (values, _) in COLUMNS.items()})
    schema = infer_schema(table)
    assert {spec.name: str(spec).partition(": ")[2] for spec in schema} == {
        name: kind for name, (_, kind) in COLUMNS.items()
    }
    result = enforce_schema(table, schema)
    assert list(result.columns) == list(COLUMNS)
    assert result["hole"].tolist() == [2**60 + 1, pd.NA]
    assert result["ids"].tolist() == [[1, None], None]
    assert result["pair"].tolist() == COLUMNS["pair"][0]
    assert result["long"].dtype == "int64"


def test_numbers_keep_their_width() -> None:
    kinds = {"i1": "integer", "u2": "integer", "u4": "long", "f4": "float", "f2": "float"}
    for nulls in (False, True):
        values = [1, None if nulls else 2]
        types = {"i1": pa.int8(), "u2": pa.uint16(), "u4": pa.uint32(), "f4": pa.float32(), "f2": pa.float16()}
        table = pa.table({name: pa.array(values, kind) for name, kind in types.items()})
        schema = infer_schema(table)
        assert {spec.name: spec.type.name for spec in schema} == kinds
        assert enforce_schema(table, schema)["u4"].tolist() == [1, pd.NA if nulls else 2]


def test_categories_stay_categories() -> None:
    table = pa.table({"c": pa.array(["a", "b", "a"]).dictionary_encode()})
    assert str(infer_schema(table)) == "['c': string (required)]"
    assert enforce_schema(table, infer_schema(table))["c"].dtype == "category"


def test_maps_are_maps_and_take_other_keys_later() -> None:
    kind = pa.map_(pa.string(), pa.int64())
    table = pa.table(
        {"m": pa.array([[("a", 1)], []], kind), "n": pa.array([{"m": [("a", 1)]}, None], pa.struct([("m", kind)]))}
    )
    schema = infer_schema(table)
    assert str(schema) == (
        "['m': Map(str -> DataType.long) (required), 'n': {m: Map(str -> DataType.long) (optional)} (optional)]"
    )
    assert enforce_schema(table, schema)["m"].tolist() == [{"a": 1}, {}]
    assert enforce_schema(pd.DataFrame({"m": [{"other": 5}]}), schema)["m"].tolist() == [{"other": 5}]
    with pytest.raises(SchemaMismatch, match="'m'"):
        enforce_schema(pd.DataFrame({"m": [{"other": "x"}]}), schema)


def test_single_columns_are_series() -> None:
    assert str(infer_schema(pa.array([1, 2]))) == "[long (required)]"
    assert str(infer_schema(pa.chunked_array([[1.5], [2.5]]))) == "[double (required)]"
    named = pytest.importorskip("polars").Series("s", ["a", None])
    assert str(infer_schema(named)) == "['s': string (optional)]"
    assert enforce_schema(named, infer_schema(named))["s"].tolist()[0] == "a"


def test_frames_that_went_through_arrow_come_back() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[5, 7])
    pd.testing.assert_frame_equal(to_frame(pa.Table.from_pandas(frame)), frame)


def test_tables_stand_for_tensors_as_frames_do() -> None:
    spec = infer_schema(pd.DataFrame({"a": [1.5], "b": [2.5]}).to_numpy())
    assert enforce_schema(pa.table({"a": [1.5], "b": [2.5]}), spec).tolist() == [[1.5, 2.5]]


def test_a_table_that_does_not_fit_is_told_as_a_frame_is() -> None:
    with pytest.raises(SchemaMismatch, match="'a' expected long, got str") as refusal:
        enforce_schema(pa.table({"a": ["secret"]}), Schema([ColSpec("long", "a")]))
    assert "secret" not in refusal.value.message


def test_what_is_no_table_is_refused_with_the_way_out() -> None:
    polars = pytest.importorskip("polars")
    for data, hint in ((polars.LazyFrame({"a": [1]}), ".collect()"), (pa.scalar(1), ".as_py()"), (polars.col("a"), "")):
        for use in (infer_schema, to_frame, lambda data: enforce_schema(data, Schema([ColSpec("long", "a")]))):
            with pytest.raises(NotSupported, match="signatures do not know") as refusal:
                use(data)
            assert hint in refusal.value.hint


def test_neither_library_is_imported_for_other_data() -> None:
    program = """
import sys
from gitmodels.mlmodel.infer import infer_signature
infer_signature([{"a": 1}], [1.5])
assert not {"polars", "pyarrow", "pandas", "pydantic"} & set(sys.modules), "a library was imported"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
