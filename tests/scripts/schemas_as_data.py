"""Schemas and their parts: printing, dicts, JSON, equality, nested types."""

import numpy as np
from mlflow.exceptions import MlflowException
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.types.schema import AnyType, Array, Map, Object, Property

columns = Schema([ColSpec("double", "a"), ColSpec(DataType.string, "b", required=False)])
print(columns, len(columns.inputs))
print(columns.to_json())
print(Schema.from_json(columns.to_json()) == columns)
print(columns.input_types_dict(), columns.required_input_names(), columns.optional_input_names())
print([np.dtype(kind).kind for kind in columns.numpy_types() + columns.pandas_types()])
tensors = Schema([TensorSpec(np.dtype("float32"), (-1, 28, 28), "image")])
print(tensors.to_dict(), tensors.is_tensor_spec(), tensors.has_input_names())
nested = Schema(
    [
        ColSpec(Array(DataType.long), "ids"),
        ColSpec(Object([Property("x", DataType.double), Property("y", DataType.string, required=False)]), "point"),
        ColSpec(Map(DataType.float), "scores"),
        ColSpec(AnyType(), "rest"),
    ]
)
print(nested)
print(Schema.from_json(nested.to_json()) == nested)
params = ParamSchema([ParamSpec("k", "integer", 3), ParamSpec("w", DataType.double, [0.5], shape=(-1,))])
print(params, params.to_dict())
print(DataType.double, repr(DataType.long), ColSpec("long", "n"))
for wrong in (lambda: ColSpec("decimal", "x"), lambda: Schema([ColSpec("long", "a"), ColSpec("long")])):
    try:
        print(wrong())
    except MlflowException:
        print("refused")
