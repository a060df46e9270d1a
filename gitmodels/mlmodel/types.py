"""The words of a signature in one place, under the names of MLflow's ``mlflow.types.schema``.

This room holds nothing of its own: scalars stand in ``datatype``, composites in ``nested``, columns and tensors in
``schema``, parameters in ``params``.
"""

from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.nested import AnyType, Array, Map, Object, Property
from gitmodels.mlmodel.params import ParamSchema, ParamSpec
from gitmodels.mlmodel.schema import ColSpec, Schema, TensorSpec

__all__ = [
    "AnyType",
    "Array",
    "ColSpec",
    "DataType",
    "Map",
    "Object",
    "ParamSchema",
    "ParamSpec",
    "Property",
    "Schema",
    "TensorSpec",
]
