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
    "keras": Framework(
        parameters(
            "log_every_epoch=true log_every_n_steps log_models=true log_model_signatures=true "
            "save_exported_model=false log_datasets=true log_input_examples=false "
            f"{_HOW} registered_model_name save_model_kwargs extra_tags"
        ),
        ("keras",),
        "keras",
        "every ``fit`` of a Keras model: params, the optimizer's too, metrics of each epoch, data sets, summary, model "
        "with its signature",
    ),
    "pytorch": Framework(
        parameters(
            f"log_every_n_epoch=1 log_every_n_step log_models=true log_datasets=true {_HOW} registered_model_name "
            'extra_tags checkpoint=true checkpoint_monitor="val_loss" checkpoint_mode="min" '
            "checkpoint_save_best_only=true checkpoint_save_weights_only=false "
            'checkpoint_save_freq="epoch" log_model_signatures=true'
        ),
        ("lightning.pytorch.trainer.trainer", "pytorch_lightning.trainer.trainer"),
        "lightning",
        "every ``fit`` of PyTorch Lightning's trainer: params of the optimizer and of early stopping, metrics of each "
        "epoch, summary, model with its signature; no checkpoints",
    ),
    "transformers": Framework(
        parameters(
            f"log_input_examples=false log_model_signatures=false log_models=false log_datasets=false {_HOW} extra_tags"
        ),
        ("transformers.trainer",),
        "transformers",
        "every training of transformers' Trainer: params, metrics, and where it is asked for the data sets and the "
        "model as a pipeline",
    ),
}
