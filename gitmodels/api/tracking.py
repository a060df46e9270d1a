"""The public module ``gitmodels.tracking``: MLflow's older home of the client and the URIs."""

from gitmodels.api.client import MlflowClient
from gitmodels.api.fluent import (
    get_registry_uri,
    get_tracking_uri,
    is_tracking_uri_set,
    set_registry_uri,
    set_tracking_uri,
)

__all__ = [
    "MlflowClient",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_registry_uri",
    "set_tracking_uri",
]
