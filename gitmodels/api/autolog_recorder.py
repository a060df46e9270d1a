"""One training and the run it is logged to: takes what a framework's story tells, as ``flavors.trainings.stories.Log``.

Metrics are journalled while the training goes on; when there is a model, they are said to be its own, and only then is
it registered: the version has them. This room knows runs and models, no framework.
"""

import copy
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from gitmodels.api import artifact_writing, autolog_session, data_digests, dataset_uses
from gitmodels.api.autologging import Switches
from gitmodels.api.data import Dataset, DatasetSource
from gitmodels.repo import Repo
from gitmodels.runs.log import NewRun
from gitmodels.runs.records import DatasetUse, Metric
from gitmodels.runs.writer import now_ms

# As many rows of the training data tell the signature and make the example, as in MLflow.
_ROWS = 5
_PARENT = "mlflow.parentRunId"
_MODEL = "model"


class Recorder:
    """The log of one training."""

    def __init__(self, framework: str, repo: Repo, run_id: str, now: Switches) -> None:
        self.framework = framework
        self.repo = repo
        self.run_id = run_id
        self.model_id: str | None = None
        self.options: Mapping[str, Any] = now.options
        self.wants_models = now.models
        self._now = now
        self._started = now_ms()
        self._example: Any = None
        self._measured: set[str] = set()

    def step(self, what: str) -> AbstractContextManager[None]:
        """Tell one thing in here: an error is told once for each ``what`` and goes no further."""
        return autolog_session.quiet(what, silent=self._now.silent)

    def params(self, found: Mapping[str, Any]) -> None:
        """Params; values that are no text become it."""
        self.repo.runs.log_params(self.run_id, found)

    def tags(self, found: Mapping[str, str]) -> None:
        """Tags of the run."""
        self.repo.runs.set_tags(self.run_id, found)

    def data(
        self, features: Any, labels: Any = None, context: str = "train", name: str | None = None
    ) -> DatasetUse | None:
        """A data set that the training reads: name and digest; None when it is not wanted, or is of no known kind."""
        digest = _digest(features, labels) if self._now.datasets else None
        if digest is None:
            return None
        use = dataset_uses.use(Dataset(name, digest, DatasetSource(), None), context)
        self.repo.runs.log_inputs(self.run_id, [use], ())
        return use

    def example(self, features: Any) -> None:
        """What the model is given: the first rows are copied, now, for its signature and example."""
        self._example = copy.deepcopy(features[:_ROWS])

    def metrics(self, found: Mapping[str, Any], step: int = 0, data: DatasetUse | None = None) -> None:
        """Numbers measured at a step, perhaps on a data set. Raises Invalid for what is no number."""
        when, name, digest = now_ms(), getattr(data, "name", None), getattr(data, "digest", None)
        self.repo.runs.log_metrics(
            self.run_id, [Metric(key, each, step, when, name, digest) for key, each in found.items()]
        )
        self._measured.update(found)

    def model(self, model: Any, output: Callable[[Any], Any] | None = None, **how: Any) -> str | None:
        """The trained model, with signature and example; None when models are not wanted.

        ``how``: ``name``, ``params``, ``tensors``, and the flavor's own options. Metrics are those of the model that
        is called ``model``, and it is the one that is registered.
        """
        from gitmodels.api import flavor_modules

        if not self._now.models:
            return None
        given = self._described({"name": _MODEL, **how}, output)
        model_id = str(flavor_modules.log_any(model, given).model_id)
        if given["name"] == _MODEL:
            self.model_id = model_id
        return model_id

    def text(self, name: str, text: str) -> None:
        """A text as a file of the run."""
        artifact_writing.log_text(self.repo, self.run_id, text, name)

    def json(self, name: str, value: Any) -> None:
        """A value as a file of the run."""
        artifact_writing.log_dict(self.repo, self.run_id, value, name)

    def figure(self, name: str, figure: Any) -> None:
        """A figure of matplotlib as a file of the run."""
        artifact_writing.log_figure(self.repo, self.run_id, figure, name, None)

    def child(
        self, params: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str], **how: Any
    ) -> None:
        """A finished run below this one that began with the training. ``how``: ``data`` and ``model_id``."""
        runs, use, when = self.repo.runs, how.get("data"), now_ms()
        known = {autolog_session.AUTOLOGGING: self.framework, _PARENT: self.run_id, **tags}
        experiment = runs.get(self.run_id).experiment
        child = runs.start(NewRun(experiment=experiment, tags=known, started=self._started))
        runs.log_params(child.id, params)
        name, digest = getattr(use, "name", None), getattr(use, "digest", None)
        model_id = how.get("model_id")
        runs.log_metrics(
            child.id, [Metric(key, each, 0, when, name, digest, model_id) for key, each in metrics.items()]
        )
        if use is not None:
            runs.log_inputs(child.id, [use], ())
        runs.end(child.id)

    def finish(self) -> None:
        """What waited for the model: that the metrics are its own, and its registration, which takes them along."""
        from gitmodels.api import fluent

        if self.model_id is None:
            return
        with self.step("the model of metrics is"):
            self.repo.runs.link_metrics(self.run_id, self.model_id, self._measured)
        if self._now.registered_model_name is not None:
            with self.step("the registration of a model is"):
                fluent.register_model(f"runs:/{self.run_id}/{_MODEL}", self._now.registered_model_name)

    def _described(self, given: dict[str, Any], output: Callable[[Any], Any] | None) -> dict[str, Any]:
        """What log_model gets: the signature is that of the example and of what the model answers for it."""
        from gitmodels.api import signature

        tensors = given.pop("tensors", None)
        told = None if tensors is None else _signature(tensors)
        if told is None and output is not None and self._now.signatures:
            with self.step("the signature of a model is"):
                # A copy: answering may change what it is asked about.
                told = signature.infer_signature(self._example, output(copy.deepcopy(self._example)))
        params = {key: str(value) for key, value in (given.get("params") or {}).items()}
        example = self._example if self._now.input_examples else None
        return {
            **given,
            "signature": told if self._now.signatures else None,
            "input_example": example,
            "params": params,
        }


def _signature(tensors: Any) -> Any:
    """The signature of unnamed tensors, given as types and shapes of both sides."""
    import numpy

    from gitmodels.mlmodel.signature import ModelSignature
    from gitmodels.mlmodel.types import Schema, TensorSpec

    inputs, outputs = (Schema([TensorSpec(numpy.dtype(kind), shape) for kind, shape in side]) for side in tensors)
    return ModelSignature(inputs, outputs)


def _digest(features: Any, labels: Any) -> str | None:
    """The fingerprint of a table or of arrays, sparse ones too; None for what has none."""
    root = type(features).__module__.partition(".")[0]
    if root == "pandas":
        return data_digests.of_frame(features)
    if root == "numpy" or hasattr(features, "toarray"):
        return data_digests.of_arrays(features, labels)
    return None
