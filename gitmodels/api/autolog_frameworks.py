"""The frameworks that autologging is there for, as data: MLflow's arguments of each ``autolog``, and who watches.

A row is MLflow's signature, parameter for parameter (MLflow 3.17; a test holds it to that), the modules whose import is
waited for, and the file of ``flavors.trainings`` that knows the framework. This room knows words only.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.api.flavor_surfaces import parameters
from gitmodels.values import frozen

_WHAT = "log_input_examples=false log_model_signatures=true log_models=true log_datasets=true"
_HOW = "disable=false exclusive=false disable_for_unsupported_versions=false silent=false"


@frozen
class Framework:
    """One row. ``logs`` is what is logged of its trainings, in words; ``kept`` the switches that count when said only.

    ``modules`` are waited for; the first of them that is imported, and each later one, is handed to ``watch`` of the
    file ``watcher``.
    """

    parameters: Mapping[str, Any]
    modules: tuple[str, ...]
    watcher: str
    logs: str
    when_said: tuple[str, ...] = ()


FRAMEWORKS: dict[str, Framework] = {
    "sklearn": Framework(
        parameters(
            f"{_WHAT} {_HOW} max_tuning_runs=5 log_post_training_metrics=true "
            'serialization_format="cloudpickle" registered_model_name pos_label extra_tags'
        ),
        ("sklearn",),
        "sklearn_watch",
        "every training of a scikit-learn estimator: params, metrics, data set, plots, model with its signature, and "
        "the trials of a search. Without ``serialization_format`` models are kept in the format that runs no code",
        when_said=("serialization_format",),
    ),
    "xgboost": Framework(
        parameters(f'importance_types {_WHAT} {_HOW} registered_model_name model_format="ubj" extra_tags'),
        ("xgboost",),
        "xgboost",
        "every training of XGBoost, its scikit-learn style models too: params, metrics of each round and of the best "
        "one, importance of the features, data sets, model with its signature",
    ),
    "lightgbm": Framework(
        parameters(f"{_WHAT} {_HOW} registered_model_name extra_tags"),
        ("lightgbm",),
        "lightgbm",
        "every training of LightGBM, its scikit-learn style models too: params, metrics of each round and of the best "
        "one, importance of the features, data sets, model with its signature",
    ),
    "statsmodels": Framework(
        parameters(f"log_models=true log_datasets=true {_HOW} registered_model_name extra_tags"),
        ("statsmodels.base.model",),
        "statsmodels",
        "every fit of a model of statsmodels: params, numbers and summary of its results, data set, model with its "
        "signature",
    ),
}
