"""What a change of signature means, case by case; that it is true, ``test_review_schema_laws`` proves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.nested import AnyType, Array, Map, Object, Property
from gitmodels.mlmodel.params import ParamSchema, ParamSpec
from gitmodels.mlmodel.schema import ColSpec, Schema, TensorSpec
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.review.schemas import compare_signatures
from gitmodels.review.verdicts import Verdict, worst


def columns(*kinds: object, **named: object) -> Schema:
    """Unnamed columns, or named ones; a type in a tuple is optional."""
    if kinds:
        return Schema([ColSpec(kind) for kind in kinds])
    unpacked = ((name, kind if isinstance(kind, tuple) else (kind, True)) for name, kind in named.items())
    return Schema([ColSpec(kind[0], name, len(kind) > 1) for name, kind in unpacked])


def tensor(dtype: str, *shape: int, name: str | None = None) -> Schema:
    return Schema([TensorSpec(np.dtype(dtype), shape, name)])


def told(old: Schema, new: Schema, side: str = "inputs") -> list[tuple[str, str]]:
    found = compare_signatures(ModelSignature(**{side: old}), ModelSignature(**{side: new}))
    return [(each.verdict.word, each.subject) for each in found]


person = Object([Property("age", "long"), Property("name", "string", required=False)])

CASES = [
    ("equal", columns(a="long"), columns(a="long"), [], []),
    ("added", columns(a="long"), columns(a="long", b="string"), [("BREAK", "input b")], [("note", "output b")]),
    ("offered", columns(a="long"), columns(a="long", b=("string",)), [("ok", "input b")], [("note", "output b")]),
    ("removed", columns(a="long", b="long"), columns(a="long"), [("warn", "input b")], [("BREAK", "output b")]),
    ("optional", columns(a="long"), columns(a=("long",)), [("ok", "input a")], [("BREAK", "output a")]),
    ("required", columns(a=("long",)), columns(a="long"), [("BREAK", "input a")], [("ok", "output a")]),
    ("widened", columns(a="integer"), columns(a="long"), [("ok", "input a")], [("BREAK", "output a")]),
    ("narrowed", columns(a="double"), columns(a="float"), [("BREAK", "input a")], [("ok", "output a")]),
    ("long to double", columns(a="long"), columns(a="double"), [("BREAK", "input a")], [("BREAK", "output a")]),
    ("kind", columns(a="string"), columns(a="long"), [("BREAK", "input a")], [("BREAK", "output a")]),
    ("any", columns(a="string"), columns(a=AnyType()), [("note", "input a")], [("BREAK", "output a")]),
    ("order", columns(a="long", b="long"), columns(b="long", a="long"), [("note", "inputs")], [("note", "outputs")]),
    ("place", columns("long", "string"), columns("string", "long"), [("BREAK", "input 0"), ("BREAK", "input 1")], None),
    ("fewer", columns("long", "long"), columns("long"), [("warn", "input 1")], [("BREAK", "outputs")]),
    ("named", columns("double"), columns(a="double"), [("BREAK", "inputs")], [("warn", "outputs")]),
    ("a list inside", columns(a=Array("integer")), columns(a=Array("long")), [("ok", "input a[]")], None),
    ("a list of doubles", columns(a=Array("integer")), columns(a=Array("double")), [("BREAK", "input a[]")], None),
    ("a map inside", columns(a=Map("long")), columns(a=Map("string")), [("BREAK", "input a{}")], None),
    (
        "an object inside",
        columns(a=person),
        columns(a=Object([Property("age", "long", required=False), Property("zip", "string")])),
        [("ok", "input a.age"), ("BREAK", "input a.name"), ("BREAK", "input a.zip")],
        [("BREAK", "output a.age"), ("BREAK", "output a.zip"), ("ok", "output a.name")],
    ),
    ("nested optional", columns(a="long"), columns(a="long", b=(person,)), None, [("note", "output b")]),
    ("shape", tensor("float32", -1, 2), tensor("float32", -1, 3), [("BREAK", "inputs")], [("BREAK", "outputs")]),
    ("any length", tensor("float32", 3, 2), tensor("float32", -1, 2), [("ok", "inputs")], [("BREAK", "outputs")]),
    ("no table", tensor("float32", -1, 2), tensor("float32", -1, -1), [("warn", "inputs")], [("BREAK", "outputs")]),
    ("dtype", tensor("float32", -1), tensor("float64", -1), [("BREAK", "inputs")], [("BREAK", "outputs")]),
    ("rank", tensor("float32", -1), tensor("float32", -1, 1), [("BREAK", "inputs")], [("BREAK", "outputs")]),
    ("tensors", columns(a="float"), tensor("float32", -1, name="a"), [("BREAK", "inputs")], [("BREAK", "outputs")]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "as_inputs", "as_outputs"), [case[1:] for case in CASES], ids=lambda _: "")
def test_a_change_of_columns_or_tensors_has_its_verdict(
    old: Schema, new: Schema, as_inputs: list | None, as_outputs: list | None
) -> None:
    if as_inputs is not None:
        assert told(old, new) == as_inputs
    if as_outputs is not None:
        assert told(old, new, "outputs") == as_outputs


def test_a_nested_column_that_comes_changes_how_a_dict_is_read() -> None:
    assert told(columns(a="long"), columns(a="long", b=(person,))) == [("ok", "input b"), ("BREAK", "inputs")]
    assert told(columns(a="string"), columns(a="string", b=(person,))) == [("ok", "input b"), ("warn", "inputs")]


def test_a_finding_says_both_types_and_whom_it_hurts() -> None:
    old, new = ModelSignature(columns(country="string")), ModelSignature(columns(country=("long",)))
    loosened, changed = compare_signatures(old, new)
    assert (loosened.before, loosened.after) == ("string", "long?")
    assert (changed.before, changed.after) == ("string", "long")
    assert changed.text == "data that the old version takes is refused"


def test_a_missing_signature_or_side_warns() -> None:
    some = ModelSignature(columns(a="long"), columns("long"))
    assert compare_signatures(None, None) == ()
    for old, new in ((None, some), (some, None), (some, ModelSignature(some.inputs))):
        found = compare_signatures(old, new)
        assert worst(found) is Verdict.WARN
        assert len(found) == 1


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (None, ParamSpec("k", "long", 3), "ok"),
        (ParamSpec("k", "long", 3), None, "warn"),
        (ParamSpec("k", "long", 3), ParamSpec("k", "long", 4), "warn"),
        (ParamSpec("k", "long", 3), ParamSpec("k", "double", 3.0), "ok"),
        (ParamSpec("k", "double", 3.0), ParamSpec("k", "long", 3), "BREAK"),
        (ParamSpec("k", "string", "a"), ParamSpec("k", "string", ["a"], (-1,)), "BREAK"),
        (ParamSpec("k", person, {"age": 3}), ParamSpec("k", "string", ""), "BREAK"),
    ],
)
def test_a_change_of_parameters_has_its_verdict(old: ParamSpec | None, new: ParamSpec | None, verdict: str) -> None:
    inputs = columns(a="long")
    before, after = (ModelSignature(inputs, params=ParamSchema([spec] if spec else [])) for spec in (old, new))
    found = compare_signatures(before, after)
    assert [(each.verdict.word, each.subject) for each in found] == [(verdict, "param k")]


def test_verdicts_are_ordered_and_spelled() -> None:
    assert Verdict.OK < Verdict.NOTE < Verdict.WARN < Verdict.BREAK
    assert [Verdict.of_word(each.word) for each in Verdict] == list(Verdict)


@pytest.mark.parametrize("around", [lambda kind: kind, Array, Map], ids=["object", "list", "map"])
def test_a_key_that_is_required_now_breaks_callers_that_send_null_though_it_is_the_only_one(around: type) -> None:
    old, new = (columns(c=around(Object([Property("x", "boolean", required=each)]))) for each in (False, True))
    assert [verdict for verdict, _ in told(old, new)] == ["BREAK"]


@pytest.mark.parametrize("depth", [1, 2])
def test_a_key_of_any_type_that_is_required_now_is_noted_where_nothing_would_be_refused(depth: int) -> None:
    def lists(required: bool) -> Schema:
        kind = Object([Property("x", AnyType(), required)])
        return columns(c=Array(kind) if depth == 1 else Array(Array(kind)))

    assert [verdict for verdict, _ in told(lists(False), lists(True))] == ["note"]
    for sent in ({}, {"x": None}):
        cell = [sent] if depth == 1 else [[sent]]
        assert len(enforce_schema(pd.DataFrame({"c": [cell]}), lists(True))) == 1
