"""Signatures from type hints, as MLflow reads them."""

import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from gitmodels.errors import SchemaMismatch
from gitmodels.flavors.python_model import FunctionModel, PythonModel
from gitmodels.flavors.type_hints import to_hint
from gitmodels.mlmodel import package
from gitmodels.mlmodel.hints import signature_from_hints
from gitmodels.mlmodel.package import PackageOptions
from gitmodels.mlmodel.predictor import load_predictor
from gitmodels.mlmodel.requirements import Overrides
from gitmodels.mlmodel.trust import Trust
from gitmodels.mlmodel.types import AnyType, Array, DataType, Map


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (list[str], DataType.string),
        (list[int], DataType.long),
        (list[bool], DataType.boolean),
        (list[float], DataType.double),
        (list[bytes], DataType.binary),
        (list[datetime.datetime], DataType.datetime),
        (list[list[float]], Array(DataType.double)),
        (list[dict[str, int]], Map(DataType.long)),
        (list[Any], AnyType()),
        (list[int | str], AnyType()),
    ],
)
def test_hints_of_lists_are_columns(hint, kind):
    signature = signature_from_hints(SimpleNamespace(input=hint, output=hint))
    assert [column.type for column in signature.inputs.inputs] == [kind]
    assert signature.outputs == signature.inputs


def test_a_pydantic_model_is_an_object():
    item = pytest.importorskip("pydantic").create_model("Item", name=str, age=(int | None, None))
    (column,) = signature_from_hints(SimpleNamespace(input=list[item], output=None)).inputs.inputs
    assert {each.name: each.required for each in column.type.properties} == {"name": True, "age": False}


@pytest.mark.parametrize("hint", [None, str, dict, list, list[object], dict[str, int], list[dict[int, str]]])
def test_other_hints_say_nothing(hint):
    assert signature_from_hints(SimpleNamespace(input=hint, output=str)) is None


def test_endless_nesting_is_refused():
    hint: Any = str
    for _ in range(100):
        hint = list[hint]
    assert signature_from_hints(SimpleNamespace(input=hint, output=None)) is None


@pytest.mark.parametrize(("hint", "text"), [(str, "[string (required)]"), (None, "[Any (required)]")])
def test_an_output_is_one_value_or_anything(hint, text):
    outputs = signature_from_hints(SimpleNamespace(input=list[str], output=hint)).outputs
    assert str(outputs).lower() == text.lower()


def test_hints_are_found_behind_either_arity():
    class First(PythonModel):
        def predict(self, context, model_input: list[str], params=None) -> list[int]:
            return []

    assert First().predict_type_hints.input == list[str]
    assert FunctionModel(lambda model_input: 1).predict_type_hints.input is None

    def typed(model_input: list[int]) -> int:
        return 1

    assert FunctionModel(typed).predict_type_hints.output is int


def test_a_hinted_function_is_saved_with_its_signature_and_enforced_by_its_hint(tmp_path):
    def upper(model_input: list[str]) -> list[str]:
        return [text.upper() for text in model_input]

    options = PackageOptions(overrides=Overrides(pip_requirements=["pandas"]))
    file = package.save(upper, tmp_path / "m", "python_function", options)
    assert file.is_signature_from_type_hint
    assert str(file.signature.inputs) == "[string (required)]"
    model = load_predictor(tmp_path / "m", trust=Trust.all())
    assert model.predict(["a"]) == ["A"]
    with pytest.raises(SchemaMismatch, match="item 1 is int"):
        model.predict(["a", 4711])


def test_dicts_become_the_models_of_the_hint_and_errors_quote_no_data():
    item = pytest.importorskip("pydantic").create_model("Item", name=str, size=(int | None, None))
    assert to_hint([{"name": "x"}], list[item])[0].name == "x"
    made = item(name="y")
    assert to_hint([made], list[item]) == [made]
    assert to_hint([[{"name": "x"}]], list[list[item]]) == [[item(name="x")]]
    for row in ({"secret": "4711"}, {"name": 4711}, {"name": "x", "size": "4711"}, "4711"):
        with pytest.raises(SchemaMismatch, match="item 0") as caught:
            to_hint([row], list[item])
        assert "4711" not in caught.value.message


@pytest.mark.parametrize(
    ("hint", "fits", "wrong"),
    [
        (list[int], [[1], []], ["a", 1.5, None]),
        (list[datetime.datetime], [[datetime.datetime(2020, 1, 1)]], ["2020-01-01"]),
        (list[list[str]], [[["a"], []]], ["a", [1], None]),
        (list[dict[str, int]], [[{"a": 1}, {}]], [{"a": "b"}, {1: 1}, [1]]),
        (list[list[int | None]], [[[1, None]]], [["a"]]),
        (list[Any], [[1, "a", None]], []),
        (list[int | str], [[1, "a", 1.5]], []),
    ],
)
def test_items_are_checked_at_any_depth(hint, fits, wrong):
    for data in fits:
        assert to_hint(data, hint) == data
    for item in wrong:
        with pytest.raises(SchemaMismatch, match="item 0"):
            to_hint([item], hint)


def test_tables_of_any_library_become_the_rows_a_hint_asks_for():
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]
    for library, kind in (("pandas", "DataFrame"), ("polars", "DataFrame")):
        frame = getattr(pytest.importorskip(library), kind)(rows)
        assert to_hint(frame, list[dict[str, Any]]) == rows
        assert to_hint(frame, list[int]) == [1, 2]
    assert to_hint(pytest.importorskip("pyarrow").Table.from_pylist(rows), list[dict[str, Any]]) == rows


@pytest.mark.parametrize(
    ("hint", "kind"),
    [(list[list[int | None]], Array(DataType.long)), (list[dict[str, str | None]], Map(DataType.string))],
)
def test_what_may_be_null_inside_is_its_type(hint, kind):
    assert signature_from_hints(SimpleNamespace(input=hint, output=None)).inputs.inputs[0].type == kind


def test_rows_that_may_be_null_say_nothing():
    assert signature_from_hints(SimpleNamespace(input=list[int | None], output=str)) is None
    assert str(signature_from_hints(SimpleNamespace(input=list[int], output=str | None)).outputs) == "[Any (required)]"


def test_a_model_of_texts_gets_the_first_column_of_text():
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    for library in ("pandas", "polars"):
        assert to_hint(pytest.importorskip(library).DataFrame(rows), list[str]) == ["x", "y"]
