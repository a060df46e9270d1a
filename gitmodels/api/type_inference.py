"""The public module ``gitmodels.types.utils``: MLflow's older home of inferring a schema from data."""

from typing import Any

from gitmodels.mlmodel.infer import infer_schema
from gitmodels.mlmodel.params import infer_params
from gitmodels.mlmodel.types import ParamSchema, Schema

__all__ = ["_infer_param_schema", "_infer_schema"]


def _infer_schema(data: Any) -> Schema:
    """The schema of ``data``: a table, array, list or dict. Published code calls MLflow's private name."""
    return infer_schema(data)


def _infer_param_schema(parameters: dict[str, Any]) -> ParamSchema:
    """The schema of parameters, from their values. Published code calls MLflow's private name."""
    return infer_params(parameters)
