"""Dataclasses and pydantic models as data: their declaration is the schema, their instances are its rows."""

import dataclasses
import datetime
import logging
from typing import Any

import pytest

from gitmodels.errors import Invalid, SchemaMismatch
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.example import encode_example
from gitmodels.mlmodel.infer import infer_schema, infer_signature
from gitmodels.mlmodel.records import are_records, is_record, to_plain
from gitmodels.mlmodel.schema import ColSpec, Schema
from gitmodels.mlmodel.signature import ModelSignature

pytest.importorskip("pandas")


@dataclasses.dataclass
class Line:
    """What an order has many of."""

    name: str
    count: int


@dataclasses.dataclass
class Order:
    """Fields of every kind."""

    price: float
    count: int
    when: datetime.datetime
    lines: list[Line]
    first: Line | None = None
    weights: dict[str, float] = dataclasses.field(default_factory=dict)
    note: str | None = None
    odd: set[int] = dataclasses.field(default_factory=set)


WHEN = datetime.datetime(2020, 1, 2)
ORDER = Order(3, 2**40, WHEN, [Line("a", 1)], weights={"x": 1})
LINE = "{count: long (required), name: string (required)}"
KINDS = (
    "['price': float (required), 'count': long (required), 'when': datetime (required), "
    f"'lines': Array({LINE}) (required), 'first': {LINE} (optional), "
    "'weights': Map(str -> DataType.float) (required), 'note': string (optional), 'odd': Any (required)]"
)


def test_a_dataclass_is_what_its_fields_declare(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gitmodels"):
        assert str(infer_schema(Order)) == KINDS
    assert caplog.messages == [
        "field 'odd' of Order accepts anything in this signature: a type hint that no signature can say"
    ]
    assert infer_schema(ORDER) == infer_schema([ORDER, ORDER]) == infer_schema(Order)


def test_instances_are_rows_and_stay_as_they_are() -> None:
    before = dataclasses.replace(ORDER)
    schema = infer_schema(Order)
    result = enforce_schema([ORDER, dataclasses.replace(ORDER, price=0.1, first=Line("b", 2))], schema)
    assert result["price"].dtype == "float32"
    assert result["count"].tolist() == [2**40, 2**40]
    assert result["lines"].tolist()[0] == [{"name": "a", "count": 1}]
    assert result["first"].tolist() == [None, {"name": "b", "count": 2}]
    assert result["weights"].tolist()[0] == {"x": 1.0}
    assert before == ORDER
    assert len(enforce_schema(ORDER, schema)) == 1


def test_values_that_do_not_fit_the_declaration_are_refused() -> None:
    schema = infer_schema(Order)
    wrong = dataclasses.replace(ORDER, lines=[Line("secret", "secret")])  # type: ignore[arg-type]
    with pytest.raises(SchemaMismatch, match="'lines', an element, key 'count'") as refusal:
        enforce_schema(wrong, schema)
    assert "secret" not in refusal.value.message
    with pytest.raises(SchemaMismatch, match="missing inputs"):
        enforce_schema(Line("a", 1), schema)


def test_a_float_that_is_no_number_has_no_width() -> None:
    schema = Schema([ColSpec("float", "price", required=False)])
    for rows in ([{"price": float("nan")}], [{"price": None}], [{"price": None}, {"price": 0.5}]):
        assert enforce_schema(rows, schema)["price"].dtype == "float32"


def test_a_float_too_large_for_its_declaration_is_refused() -> None:
    with pytest.raises(SchemaMismatch, match="'price' expected float, got float64"):
        enforce_schema(dataclasses.replace(ORDER, price=1e300), infer_schema(Order))


def test_examples_of_records_are_their_dicts() -> None:
    info, files = encode_example([Line("a", 1)])
    assert info["type"] == "json_object"
    assert files["input_example.json"] == '[{"name": "a", "count": 1}]'


def test_inherited_fields_count_and_class_variables_do_not() -> None:
    @dataclasses.dataclass
    class Priced(Line):
        total: float | None = None

    assert str(infer_schema(Priced)) == (
        "['name': string (required), 'count': long (required), 'total': float (optional)]"
    )


def test_hints_that_name_nothing_make_the_side_anything(caplog: pytest.LogCaptureFixture) -> None:
    broken = dataclasses.make_dataclass("Broken", [("a", "Missing")])
    with caplog.at_level(logging.WARNING, "gitmodels"):
        assert str(infer_signature(broken(1)).inputs) == "[Any (required)]"
    assert "name what is not there" in caplog.text


def test_a_class_that_holds_itself_ends() -> None:
    @dataclasses.dataclass
    class Node:
        value: int
        next: Any = None

    Node.__annotations__["next"] = Node | None
    assert str(infer_schema(Node)) == "['value': long (required), 'next': Any (optional)]"


def test_mlflows_names_for_the_schema_of_a_dataclass() -> None:
    from gitmodels.types.schema import convert_dataclass_to_schema

    assert convert_dataclass_to_schema(Line) == convert_dataclass_to_schema(Line("a", 1)) == infer_schema(Line)
    assert ModelSignature(Line, Line("a", 1)) == ModelSignature(infer_schema(Line), infer_schema(Line))
    with pytest.raises(Invalid, match="int is not a dataclass"):
        convert_dataclass_to_schema(1)


def test_other_objects_are_no_records() -> None:
    assert not any(map(is_record, [1, "a", {}, [], int, object()]))
    assert not any(map(are_records, [[], [Line], [Line("a", 1), 1], [Line("a", 1), ORDER], Line("a", 1)]))
    assert to_plain([{"a": Line("a", 1)}]) == [{"a": {"name": "a", "count": 1}}]


def test_pydantic_models_are_what_their_fields_declare() -> None:
    pydantic = pytest.importorskip("pydantic")
    inner = pydantic.create_model("Inner", tags=list[str], day=(datetime.date | None, None))
    outer = pydantic.create_model("Outer", price=float, inner=inner, counts=(dict[str, int], {}))
    made = outer(price=3, inner=inner(tags=["x"]), counts={"a": 1})
    schema = infer_schema(made)
    assert str(schema) == (
        "['price': double (required), 'inner': {day: datetime (optional), tags: Array(string) (required)} (required), "
        "'counts': Map(str -> DataType.long) (required)]"
    )
    assert schema == infer_schema(outer) == infer_schema([made, made])
    result = enforce_schema([made, made], schema)
    assert result["price"].tolist() == [3.0, 3.0]
    assert result["inner"].tolist()[0] == {"tags": ["x"], "day": None}
    assert made == outer(price=3, inner=inner(tags=["x"]), counts={"a": 1})
