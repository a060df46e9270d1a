"""The public module ``gitmodels.types.schema``: every word of a signature under MLflow's name."""

from typing import Any

from gitmodels.errors import Invalid
from gitmodels.mlmodel.records import infer_record, is_record
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
    "convert_dataclass_to_schema",
]


def convert_dataclass_to_schema(dataclass: Any) -> Schema:
    """The schema of what a dataclass, the class or an instance, declares. Raises Invalid for other objects.

    >>> import dataclasses
    >>> convert_dataclass_to_schema(dataclasses.make_dataclass("Row", [("name", str), ("age", int)]))
    ['name': string (required), 'age': long (required)]
    """
    kind = dataclass if isinstance(dataclass, type) else type(dataclass)
    if not is_record(kind):
        raise Invalid(f"{kind.__name__} is not a dataclass.")
    return infer_record(kind)
