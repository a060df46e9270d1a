"""The public module ``gitmodels.config``: where things go, and switches that have nothing to switch here.

Logging is always synchronous and no system metrics are measured, so these are accepted and do nothing.
"""

import logging
import warnings

from gitmodels.api.fluent import (
    get_registry_uri,
    get_tracking_uri,
    is_tracking_uri_set,
    set_registry_uri,
    set_tracking_uri,
)

__all__ = [
    "disable_system_metrics_logging",
    "doctor",
    "enable_async_logging",
    "enable_system_metrics_logging",
    "flush_artifact_async_logging",
    "flush_async_logging",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_registry_uri",
    "set_system_metrics_node_id",
    "set_system_metrics_samples_before_logging",
    "set_system_metrics_sampling_interval",
    "set_tracking_uri",
]

_log = logging.getLogger("gitmodels")


def doctor(mask_envs: bool = False) -> None:
    """Names the command that examines a repository; MLflow prints about itself here."""
    _log.info("git models doctor examines the repository %s", get_registry_uri())


def enable_async_logging(enable: bool = True) -> None:
    """Nothing to do: a value that was logged is written when the call returns."""


def flush_async_logging() -> None:
    """Nothing to do: nothing waits to be written."""


def flush_artifact_async_logging() -> None:
    """Nothing to do: nothing waits to be written."""


def enable_system_metrics_logging() -> None:
    """Accepted; warns that no system metrics are measured."""
    warnings.warn("system metrics are not measured by gitmodels", UserWarning, stacklevel=2)


def disable_system_metrics_logging() -> None:
    """Nothing to do: no system metrics are measured."""


def set_system_metrics_sampling_interval(interval: float) -> None:
    """Accepted without effect: no system metrics are measured."""


def set_system_metrics_samples_before_logging(samples: int) -> None:
    """Accepted without effect: no system metrics are measured."""


def set_system_metrics_node_id(node_id: str | None) -> None:
    """Accepted without effect: no system metrics are measured."""
