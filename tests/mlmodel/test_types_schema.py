"""Types, columns, tensors and parameters: constructors, questions, JSON."""

import json

import numpy as np
import pytest

from gitmodels.errors import Invalid, NotSupported
from gitmodels.mlmodel.nested import MAX_NESTING, merge
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.mlmodel.types import (
    AnyType,
    Array,
    ColSpec,
    DataType,
    Map,
    Object,
    ParamSchema,
    ParamSpec,
    Property,
    Schema,
    TensorSpec,
)

MIXED = Schema(
    [
        ColSpec("double", "a"),
        ColSpec(DataType.string, "b", required=False),
        ColSpec(Array(Object([Property("y", "long"), Property("x", Map("double"), required=False)])), "c"),
        ColSpec(AnyType(), 3),
    ]
)


def test_a_schema_prints_as_mlflow_prints_it() -> None:
    assert repr(MIXED) == (
        "['a': double (required), 'b': string (optional), "
        "'c': Array({x: Map(str -> DataType.double) (optional), y: long (required)}) (required), 3: Any (required)]"
    )
    assert repr(Schema([TensorSpec(np.dtype("float32"), (-1, 2), "t")])) == "['t': Tensor('float32', (-1, 2))]"


def test_a_schema_answers_about_its_columns() -> None:
    assert MIXED.input_names() == ["a", "b", "c", 3]
    assert MIXED.required_input_names() == ["a", "c", 3]
    assert MIXED.optional_input_names() == ["b"]
    assert MIXED.has_input_names()
    assert not MIXED.is_tensor_spec()
    assert MIXED.input_types_dict()["a"] is DataType.double
    assert MIXED.input_dict()["b"] == ColSpec("string", "b", False)
    assert len(MIXED) == 4
    assert [spec.name for spec in MIXED] == MIXED.input_names()
    with pytest.raises(Invalid, match="numpy types"):
        MIXED.numpy_types()
    plain = Schema([ColSpec("long"), ColSpec("string")])
    assert plain.input_names() == [0, 1]
    assert plain.numpy_types() == [np.dtype("int64"), np.dtype("str")]
    assert plain.pandas_types() == [np.dtype("int64"), np.dtype(object)]
    with pytest.raises(Invalid, match="without names"):
        plain.input_dict()


def test_the_list_of_inputs_is_the_callers_own() -> None:
    schema = Schema([ColSpec("long", "a")])
    schema.inputs.clear()
    assert len(schema.inputs) == 1


@pytest.mark.parametrize(
    "specs",
    [
        [],
        "a",
        [ColSpec("long"), ColSpec("long", "a")],
        [ColSpec("long", "a"), ColSpec("double", "a")],
        [ColSpec("long"), TensorSpec(np.dtype("f4"), (-1,))],
        [TensorSpec(np.dtype("f4"), (-1,)), TensorSpec(np.dtype("f4"), (-1,))],
        [ColSpec("long", required=False)],
    ],
)
def test_schemas_that_mean_nothing_are_refused(specs: object) -> None:
    with pytest.raises(Invalid):
        Schema(specs)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["f8,f8", "a", "V8", "U5", 3, None, "datetime64[xx]", "complex999"])
def test_dtypes_from_files_are_names_of_plain_numpy_types(dtype: object) -> None:
    text = json.dumps([{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1]}}])
    with pytest.raises(Invalid):
        Schema.from_json(text)


@pytest.mark.parametrize("shape", [None, [1.5], ["a"], [-2], [1] * 65, {}])
def test_shapes_from_files_are_lengths(shape: object) -> None:
    text = json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": shape}}])
    with pytest.raises(Invalid):
        Schema.from_json(text)


def test_tensor_specs_take_sizeless_dtypes_in_native_order() -> None:
    assert TensorSpec(np.dtype(">i4"), [-1]).type == np.dtype("int32")
    with pytest.raises(Invalid, match="no size"):
        TensorSpec(np.dtype("U5"), (-1,))
    with pytest.raises(Invalid, match="not fields"):
        TensorSpec(np.dtype([("a", "f4")]), (-1,))
    with pytest.raises(Invalid, match=r"numpy\.dtype"):
        TensorSpec("float32", (-1,))  # type: ignore[arg-type]


def test_nesting_from_files_is_bounded() -> None:
    spec: dict[str, object] = {"type": "long"}
    for _ in range(MAX_NESTING + 1):
        spec = {"type": "array", "items": spec}
    with pytest.raises(Invalid, match="nests deeper"):
        Schema.from_json(json.dumps([spec]))
    with pytest.raises(Invalid, match="not JSON"):
        Schema.from_json("[" * 100_000)


def test_what_only_spark_has_is_refused_with_a_way_out() -> None:
    with pytest.raises(NotSupported) as refusal:
        Schema.from_json('[{"type": "sparkml_vector", "name": "v"}]')
    assert "MLflow" in refusal.value.hint
    with pytest.raises(NotSupported):
        MIXED.as_spark_schema()


def test_optional_of_old_files_is_understood() -> None:
    assert not Schema.from_json('[{"type": "long", "name": "a", "optional": true}]').inputs[0].required
    with pytest.raises(Invalid, match="true or false"):
        Schema.from_json('[{"type": "long", "name": "a", "required": "yes"}]')


def test_merging_makes_what_only_one_has_optional() -> None:
    first = Object([Property("a", "long"), Property("b", Array("string"))])
    second = Object([Property("b", AnyType(), required=False), Property("c", "double")])
    assert repr(merge(first, second)) == "{a: long (optional), b: Array(string) (optional), c: double (optional)}"
    assert merge(Map("long"), AnyType()) == Map("long")
    for left, right in ((DataType.long, DataType.double), (Array("long"), first), (Map("long"), Array("long"))):
        with pytest.raises(Invalid, match="incompatible"):
            merge(left, right)


@pytest.mark.parametrize("properties", [[], "a", [1], [Property("a", "long"), Property("a", "long")]])
def test_objects_without_distinct_properties_are_refused(properties: object) -> None:
    with pytest.raises(Invalid):
        Object(properties)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [Array, Map, ColSpec, lambda dtype: Property("a", dtype)])
def test_unknown_type_names_are_refused(kind: object) -> None:
    with pytest.raises(Invalid, match="Unsupported type 'int'"):
        kind("int")  # type: ignore[operator]
    with pytest.raises(Invalid, match="got type"):
        kind(int)  # type: ignore[operator]


def test_single_types_read_their_json() -> None:
    for made in (Array("long"), Map(Array("long")), Object([Property("a", "long")])):
        assert type(made).from_json_dict(**made.to_dict()) == made
    assert Property.from_json_dict(a={"type": "long"}) == Property("a", "long")
    assert ColSpec.from_json_dict(type="long", name="a") == ColSpec("long", "a")
    with pytest.raises(Invalid, match="Type mismatch"):
        Array.from_json_dict(type="any")
    with pytest.raises(Invalid, match="single key"):
        Property.from_json_dict()


def test_datatypes_know_their_counterparts() -> None:
    assert DataType.check_type(DataType.double, 1.5)
    assert not DataType.check_type(DataType.long, True)
    assert DataType.from_numpy_type(np.dtype("float32")) is DataType.float
    assert [each.value for each in DataType.all_types()] == list(range(1, 9))
    assert DataType.datetime.to_pandas() == np.dtype("datetime64[ns]")


def test_a_signature_holds_three_schemas_as_text() -> None:
    signature = ModelSignature(MIXED, None, ParamSchema([ParamSpec("k", "long", 1)]))
    spelled = signature.to_dict()
    assert spelled["outputs"] is None
    assert ModelSignature.from_dict(spelled) == signature
    assert hash(ModelSignature.from_dict(spelled)) == hash(signature)
    assert repr(signature).startswith("inputs: \n  ['a': double")
    with pytest.raises(Invalid, match="At least one"):
        ModelSignature()
    with pytest.raises(Invalid, match="inputs must be"):
        ModelSignature(inputs=[1])  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        ModelSignature.from_dict({"inputs": "{}"})
