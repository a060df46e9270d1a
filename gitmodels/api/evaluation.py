"""``evaluate`` under MLflow's name: the numbers of a classifier or a regressor, logged to the run.

What MLflow's evaluators draw and explain (plots, SHAP, tables, language models as judges) is not here, and is said not
to be. This room knows MLflow's arguments; measuring is known by ``evaluating``.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gitmodels.api import data as datasets
from gitmodels.api import evaluating, fluent_logging, fluent_runs, loading
from gitmodels.api.data import NumpyDataset, PandasDataset
from gitmodels.errors import Invalid, NotSupported
from gitmodels.mlmodel.predictor import PyFuncModel

__all__ = ["EvaluationResult", "evaluate"]

_TYPES = ("classifier", "regressor")
# What these begin with concerns pictures only, and none are drawn.
_PICTURES = ("log_", "explainability_", "calibration_", "max_classes_")


class EvaluationResult:
    """What was measured: ``metrics`` by name, and ``run_id`` of the run that has them."""

    def __init__(self, metrics: Mapping[str, float], artifacts: Mapping[str, Any], run_id: str | None = None) -> None:
        self._metrics = dict(metrics)
        self._artifacts = dict(artifacts)
        self._run_id = run_id

    @property
    def metrics(self) -> dict[str, float]:
        """Name to value."""
        return self._metrics

    @property
    def artifacts(self) -> dict[str, Any]:
        """Empty: nothing is drawn."""
        return self._artifacts

    @property
    def tables(self) -> dict[str, Any]:
        """Empty: no rows are kept."""
        return {}

    @property
    def run_id(self) -> str | None:
        """The run that the metrics were logged to."""
        return self._run_id

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the metrics into a folder, as MLflow does."""
        folder = Path(path)
        (folder / "artifacts").mkdir(parents=True, exist_ok=True)
        (folder / "metrics.json").write_text(json.dumps(self._metrics), encoding="utf-8")
        (folder / "artifacts_metadata.json").write_text("{}", encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "EvaluationResult":
        """The metrics that ``save`` wrote."""
        return cls(json.loads((Path(path) / "metrics.json").read_text(encoding="utf-8")), {})


def evaluate(
    model: str | PyFuncModel | Callable[[Any], Any] | None = None,
    data: Any = None,
    *,
    model_type: str | None = None,
    targets: Any = None,
    predictions: str | None = None,
    dataset_path: str | None = None,
    feature_names: Sequence[str] | None = None,
    evaluators: Any = None,
    evaluator_config: Mapping[str, Any] | None = None,
    extra_metrics: Any = None,
    custom_artifacts: Any = None,
    env_manager: str = "local",
    model_config: Mapping[str, Any] | None = None,
    inference_params: Mapping[str, Any] | None = None,
    model_id: str | None = None,
) -> EvaluationResult:
    """Measure a model (a URI, a loaded one, or a function) on data whose truth is known, and log what it is worth.

    ``data`` is a DataFrame, an array or a data set of ``gitmodels.data``; ``targets`` a column of it or the values;
    without a model, ``predictions`` is the column of its answers. Metrics go to the active run, or to one of their own;
    for a registered version they are noted beside it when the run ends. Raises Invalid, NotSupported for what only
    MLflow has, SchemaMismatch, Untrusted.
    """
    given = {"extra_metrics": extra_metrics, "custom_artifacts": custom_artifacts, "inference_params": inference_params}
    _refuse({**given, "evaluators": None if evaluators in ("default", ["default"]) else evaluators}, model_type)
    if env_manager != "local":
        raise NotSupported(f"env_manager={env_manager!r}: models are evaluated in this process", hint="git models env")
    prefix = _prefix(evaluator_config or {})
    dataset = _dataset(data, targets, predictions if model is None else None, feature_names, dataset_path)
    features, truth, answers = _columns(dataset, targets)
    loaded, known_id = _loaded(model, model_config, answers)
    if model_id is not None and known_id is not None and model_id != known_id:
        raise Invalid(
            f"The specified value of the 'model_id' parameter '{model_id}' contradicts the model_id '{known_id}' "
            "associated with the model. Please ensure they match or omit the 'model_id' parameter."
        )
    found = evaluating.measure(loaded, features, truth, model_type, complete=True)
    metrics = {f"{prefix}{name}": value for name, value in found.items()}
    active = fluent_runs.active_run_id()
    if active is not None:
        _log(metrics, dataset, prefix, model_id or known_id)
        return EvaluationResult(metrics, {}, active)
    with fluent_runs.start_run() as run:
        _log(metrics, dataset, prefix, model_id or known_id)
    return EvaluationResult(metrics, {}, run.info.run_id)


class _Answers:
    """Answers without a model, behind the door that models have: of a function, or given with the data."""

    input_schema = None

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.predict = answer

    def get_raw_model(self) -> Any:
        """There is none."""
        raise NotSupported("there is no model behind answers")


def _refuse(given: Mapping[str, Any], model_type: str | None) -> None:
    asked = [name for name, value in given.items() if value]
    if asked:
        raise NotSupported(f"evaluate takes no {', '.join(asked)} here", hint="compute it and call log_metrics")
    if model_type is None:
        raise Invalid("The model_type argument must be specified: classifier or regressor.")
    if model_type not in _TYPES:
        raise NotSupported(f"model_type {model_type[:40]!r} is evaluated by MLflow only", hint=", ".join(_TYPES))


def _prefix(config: Mapping[str, Any]) -> str:
    config = config.get("default", config)
    unknown = [key for key in config if key != "metric_prefix" and not key.startswith(_PICTURES)]
    if unknown:
        raise NotSupported(f"evaluator_config has {', '.join(unknown)}, which nothing here reads")
    return str(config.get("metric_prefix") or "")


def _dataset(data: Any, targets: Any, predictions: str | None, names: Sequence[str] | None, path: str | None) -> Any:
    if data is None:
        raise Invalid("The data argument cannot be None.")
    if isinstance(data, PandasDataset | NumpyDataset):
        if targets is not None:
            raise Invalid("The top-level targets parameter should not be specified since a Dataset is used.")
        return data
    if targets is None:
        raise Invalid("The targets argument must be specified for classifier and regressor models.")
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        column = targets if isinstance(targets, str) else None
        return datasets.from_pandas(data, path, column, predictions=predictions)
    frame = pd.DataFrame(data)
    frame.columns = pd.Index(names or [f"feature_{number + 1}" for number in range(frame.shape[1])])
    return datasets.from_pandas(frame, path)


def _columns(dataset: Any, targets: Any) -> tuple[Any, Any, Any]:
    """Features, truth and, where the data has them, answers."""
    import pandas as pd

    if isinstance(dataset, NumpyDataset):
        if dataset.targets is None:
            raise Invalid("The targets must be specified in the provided Dataset.")
        return dataset.features, pd.Series(dataset.targets), None
    frame = dataset.df
    if dataset.targets is None and targets is None:
        raise Invalid("The targets column name must be specified in the provided Dataset.")
    truth = frame[dataset.targets] if dataset.targets is not None else pd.Series(targets)
    answers = None if dataset.predictions is None else frame[dataset.predictions]
    own = [column for column in (dataset.targets, dataset.predictions) if column is not None]
    if len(truth) != len(frame):
        raise Invalid(f"{len(truth)} targets for {len(frame)} rows")
    return frame.drop(columns=own), truth, answers


def _loaded(model: Any, config: Mapping[str, Any] | None, answers: Any) -> tuple[Any, str | None]:
    """Something that predicts, and the id of its model."""
    if isinstance(model, str):
        loaded = loading.load_pyfunc(model, model_config=config)
        return loaded, loaded.model_id
    if isinstance(model, PyFuncModel):
        if config:
            raise Invalid("model_config goes with the URI of a model", hint="pyfunc.load_model(uri, model_config=…)")
        return model, model.model_id
    if callable(model):
        return _Answers(model), None
    if model is not None:
        raise Invalid("The model argument must be a string URI, a PyFuncModel, a function, or None.")
    if answers is None:
        raise Invalid("neither a model nor predictions to evaluate", hint="predictions= names their column")
    return _Answers(lambda _: answers), None


def _log(metrics: Mapping[str, float], dataset: Any, prefix: str, model_id: str | None) -> None:
    fluent_logging.log_input(dataset, prefix or None)
    fluent_logging.log_metrics(metrics, model_id=model_id, dataset=dataset)
