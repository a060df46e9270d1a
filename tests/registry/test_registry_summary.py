"""One screen of a version, from its readable files; broken files are refused, never guessed at."""

import json

import pytest

from gitmodels import digest
from gitmodels.errors import Invalid, InvalidModel, InvalidYaml
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.summary import agrees, describe, signature_lines, summarize
from gitmodels.values import replace

MANIFEST = digest.of_bytes(b"m")
RECORD = VersionRecord(digest.model_id(MANIFEST), MANIFEST, 0, "Ana", "a@x.org", "op", size=3)


def _signature(**sides: object) -> dict[str, str]:
    return {side: json.dumps(columns) for side, columns in sides.items()}


def test_every_kind_of_column_has_a_line() -> None:
    columns = [
        {"type": "long", "name": "age"},
        {"type": "double", "name": "amount", "required": False},
        {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}},
        {"type": "array", "items": {"type": "string"}, "name": "words"},
        {"type": "map", "values": {"type": "array", "items": {"type": "long"}}, "name": "counts"},
        {"type": "object", "properties": {"b": {"type": "long"}, "a": {"type": "string"}}, "name": "person"},
    ]
    params = [{"name": "top", "type": "long", "default": 3, "shape": None}]
    assert signature_lines(_signature(inputs=columns, params=params)) == {
        "inputs": [
            "age long",
            "amount double?",
            "float32[-1,3]",
            "words list<string>",
            "counts map<list<long>>",
            "person {a string, b long}",
        ],
        "params": ["top long = 3"],
    }
    assert signature_lines(None) == {}


@pytest.mark.parametrize(
    "signature",
    [
        "text",
        {"inputs": [{"type": "long"}]},
        {"inputs": "not json"},
        {"inputs": "[1]"},
        {"inputs": json.dumps(json.dumps([{"type": "long"}]))},
        {"inputs": "[" * 100_000},
        _signature(inputs=[{"name": "x"}]),
        _signature(inputs=[{"type": 3}]),
        _signature(inputs=[{"type": "tensor"}]),
        _signature(inputs=[{"type": "tensor", "tensor-spec": {"dtype": "f4", "shape": 3}}]),
        _signature(inputs=[{"type": "array"}]),
        _signature(inputs=[{"type": "object", "properties": []}]),
    ],
    ids=range(12),
)
def test_broken_signatures(signature: object) -> None:
    with pytest.raises(InvalidModel):
        signature_lines(signature)


def test_describing() -> None:
    mlmodel = (
        b'flavors:\n  sklearn: {}\n  python_function: {}\nsignature:\n  inputs: \'[{"type": "long", "name": "x"}]\'\n'
    )
    described = describe({"MLmodel": mlmodel, "requirements.txt": b"a==1\n"})
    assert described.flavors == ("python_function", "sklearn")
    assert described.signature == {"inputs": ["x long"]}
    assert described.dependencies == f"blake3:{digest.of_bytes(b'a==1' + bytes([10]))}"
    assert describe({}).flavors == ()
    for broken in (b"[]\n", b"flavors: [a]\n", b"a: 1\na: 2\n"):
        with pytest.raises((InvalidModel, InvalidYaml)):
            describe({"MLmodel": broken})
    with pytest.raises(Invalid):
        describe({"MLmodel": b"x" * (5 << 20)})


def test_what_was_generated_agrees_and_what_was_edited_does_not() -> None:
    record = replace(RECORD, flavors=("a",), run={"metrics": [{"key": "loss", "value": float("nan")}]})
    summary = summarize(record)
    assert agrees(json.loads(json.dumps(summary)), record)
    assert agrees(dict(reversed(summary.items())), record)
    for edit in ({"size": 4}, {"metrics": {"loss": 0.1}}, {"code_execution": "pickle"}, {"more": 1}):
        assert not agrees(summary | edit, record)
