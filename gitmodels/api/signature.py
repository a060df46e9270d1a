"""The public module ``gitmodels.models.signature``: MLflow's older home of signatures."""

from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.signature import ModelSignature

__all__ = ["ModelSignature", "infer_signature"]
