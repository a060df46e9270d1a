"""``autolog`` under MLflow's names: the switches are there, nothing is behind them yet.

A script that calls them goes on and is told once per call that it has to log for itself.
"""

import warnings
from collections.abc import Sequence
from typing import Any

__all__ = ["autolog"]

_NOT_YET = "nothing is switched on yet: gitmodels logs what log_param, log_metric and log_model are called with"


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    log_traces: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
    exclude_flavors: Sequence[str] | None = None,
) -> None:
    """MLflow's switch for all flavors; warns that nothing is switched on yet, unless it was to be switched off."""
    _tell(disable, silent)


def sklearn_autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    max_tuning_runs: int | None = 5,
    log_post_training_metrics: bool = True,
    serialization_format: str = "cloudpickle",
    registered_model_name: str | None = None,
    pos_label: Any = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """MLflow's switch for scikit-learn; warns that nothing is switched on yet, unless it was to be switched off."""
    _tell(disable, silent)


def _tell(disable: bool, silent: bool) -> None:
    if not disable and not silent:
        # Two frames up: the script's own line.
        warnings.warn(_NOT_YET, UserWarning, stacklevel=3)
