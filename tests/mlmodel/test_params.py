"""Parameters: defaults, conversions, unknown names."""

import datetime
import logging

import numpy as np
import pytest

from gitmodels.errors import Invalid
from gitmodels.mlmodel.params import ParamSchema, ParamSpec, enforce_params, infer_params
from gitmodels.mlmodel.types import Object, Property

SCHEMA = ParamSchema(
    [
        ParamSpec("temperature", "double", 0.5),
        ParamSpec("stop", "string", ["a"], (-1,)),
        ParamSpec("since", "datetime", "2020-01-01"),
        ParamSpec("filter", Object([Property("field", "string")]), {"field": "x"}),
    ]
)


def test_defaults_complete_what_the_caller_gives() -> None:
    assert enforce_params({"temperature": 1}, SCHEMA) == {
        "temperature": 1.0,
        "stop": ["a"],
        "since": datetime.date(2020, 1, 1),
        "filter": {"field": "x"},
    }


def test_defaults_handed_out_are_not_the_schemas_own() -> None:
    enforce_params({}, SCHEMA)["stop"].append("b")
    assert enforce_params({}, SCHEMA)["stop"] == ["a"]


def test_values_become_plain_python() -> None:
    enforced = enforce_params({"temperature": np.float32(0.25), "stop": np.array(["x"])}, SCHEMA)
    assert type(enforced["temperature"]) is float
    assert type(enforced["stop"]) is list


def test_every_parameter_that_does_not_fit_is_named_and_no_value() -> None:
    with pytest.raises(Invalid) as refusal:
        enforce_params({"temperature": "secret", "stop": "secret", "since": "secret", "filter": {}}, SCHEMA)
    message = str(refusal.value)
    for name in ("temperature", "stop", "since", "filter"):
        assert f"'{name}'" in message
    assert "secret" not in message


def test_unknown_names_are_dropped_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "gitmodels"):
        assert "tempo" not in enforce_params({"tempo": 1}, SCHEMA)
        assert enforce_params({"k": 1}, None) == {}
    assert "tempo" in caplog.messages[0]
    assert "declares no parameters" in caplog.messages[1]
    assert enforce_params(None, None) is None


@pytest.mark.parametrize("value", [None, [[1]], object(), b"x", [1, None], 2**70, {}])
def test_values_without_a_type_are_refused_at_inference(value: object) -> None:
    with pytest.raises(Invalid, match="'p'"):
        infer_params({"p": value})


def test_inference_tells_scalars_lists_and_objects_apart() -> None:
    schema = infer_params({"a": 1, "b": [1.5, 2], "c": True, "d": {"x": 1}, "e": np.datetime64("2020"), "f": []})
    kinds = [(spec.name, repr(spec.dtype), spec.shape) for spec in schema]
    assert kinds == [
        ("a", "long", None),
        ("b", "double", (-1,)),
        ("c", "boolean", None),
        ("d", "{x: long (required)}", None),
        ("e", "datetime", None),
        ("f", "string", (-1,)),
    ]


@pytest.mark.parametrize(
    "text",
    ["{}", "[1]", '[{"name": "a"}]', '[{"name": "a", "type": "long", "default": 1, "shape": 3}]', "not json"],
)
def test_parameter_schemas_from_files_are_checked(text: str) -> None:
    with pytest.raises(Invalid):
        ParamSchema.from_json(text)


def test_specs_that_mean_nothing_are_refused() -> None:
    for arguments in (("a", "binary", b"x"), ("a", "long", "x"), ("a", "long", [1], (2,)), ("a", "long", 1, (-1,))):
        with pytest.raises(Invalid):
            ParamSpec(*arguments)
    with pytest.raises(Invalid, match="Duplicated"):
        ParamSchema([ParamSpec("a", "long", 1), ParamSpec("a", "long", 2)])
    with pytest.raises(Invalid):
        enforce_params([1], SCHEMA)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        infer_params([1])  # type: ignore[arg-type]
