"""The public module ``gitmodels.types``: MLflow's words for signatures, its first floor."""

from gitmodels.mlmodel.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec

__all__ = ["ColSpec", "DataType", "ParamSchema", "ParamSpec", "Schema", "TensorSpec"]
