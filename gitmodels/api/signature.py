"""The public module ``gitmodels.models.signature``: MLflow's older home of signatures."""

from gitmodels.api.model_changes import set_signature
from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.signature import ModelSignature

__all__ = ["ModelSignature", "infer_signature", "set_signature"]
