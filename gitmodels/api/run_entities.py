"""MLflow's run entities: Run with its info and data, metrics, params, tags, logged models. Values; they ask nobody.

Attribute names and types are MLflow's (mlflow/entities, 3.17): times in ms since the epoch, params strings.
"""

from typing import Any, ClassVar

from gitmodels import html
from gitmodels.api.entity import Entity
from gitmodels.fields import format_time
from gitmodels.values import field, frozen


class RunStatus:
    """The states of a run, as MLflow spells them."""

    RUNNING, SCHEDULED, FINISHED, FAILED, KILLED = 1, 2, 3, 4, 5
    _NAMES: ClassVar[dict[str, int]] = {"RUNNING": 1, "SCHEDULED": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 5}

    @classmethod
    def to_string(cls, status: int) -> str:
        """``FINISHED`` for 3."""
        return {number: name for name, number in cls._NAMES.items()}[status]

    @classmethod
    def from_string(cls, status: str) -> int:
        """3 for ``FINISHED``."""
        return cls._NAMES[status]


class ViewType:
    """Which runs or experiments a search looks at."""

    ACTIVE_ONLY, DELETED_ONLY, ALL = 1, 2, 3


@frozen
class Metric(Entity):
    """One value of a metric: ``timestamp`` in ms since the epoch."""

    key: str
    value: float
    timestamp: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None


@frozen
class Param(Entity):
    """A parameter of a run."""

    key: str
    value: str


@frozen
class RunTag(Entity):
    """A tag of a run."""

    key: str
    value: str


@frozen
class RunInfo(Entity):
    """What a run is: its id, name, state and times (ms since the epoch)."""

    run_id: str
    run_name: str
    experiment_id: str
    user_id: str
    status: str
    start_time: int
    end_time: int | None = None
    lifecycle_stage: str = "active"
    artifact_uri: str = ""


@frozen
class RunData(Entity):
    """What a run logged: the last value of each metric, params as strings, tags."""

    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def to_dictionary(self) -> dict[str, Any]:
        """Plain dicts."""
        return {"metrics": dict(self.metrics), "params": dict(self.params), "tags": dict(self.tags)}


@frozen
class LoggedModelOutput(Entity):
    """A model that a run logged."""

    model_id: str
    step: int = 0


@frozen
class LoggedModelInput(Entity):
    """A model that a run read or measured."""

    model_id: str


@frozen
class Dataset(Entity):
    """A data set by name and digest. Of what a run read only these are kept: the rest is empty when it is read back."""

    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None

    def to_dictionary(self) -> dict[str, Any]:
        """A plain dict."""
        return dict(self)


@frozen
class InputTag(Entity):
    """A tag of what a run read; ``mlflow.data.context`` says what for."""

    key: str
    value: str


@frozen
class DatasetInput(Entity):
    """That a run read a data set."""

    dataset: Dataset
    tags: list[InputTag] = field(default_factory=list)

    def to_dictionary(self) -> dict[str, Any]:
        """Plain dicts."""
        return {"dataset": self.dataset.to_dictionary(), "tags": {tag.key: tag.value for tag in self.tags}}


@frozen
class RunInputs(Entity):
    """What a run read: data sets and models."""

    dataset_inputs: list[DatasetInput] = field(default_factory=list)
    model_inputs: list[LoggedModelInput] = field(default_factory=list)

    def to_dictionary(self) -> dict[str, Any]:
        """Plain dicts."""
        return {
            "dataset_inputs": [row.to_dictionary() for row in self.dataset_inputs],
            "model_inputs": [dict(row) for row in self.model_inputs],
        }


@frozen
class RunOutputs(Entity):
    """What a run made: models."""

    model_outputs: list[LoggedModelOutput] = field(default_factory=list)


@frozen
class Run(Entity):
    """A run: ``info``, ``data``, ``inputs`` and ``outputs``."""

    info: RunInfo
    data: RunData = field(default_factory=RunData)
    inputs: RunInputs = field(default_factory=RunInputs)
    outputs: RunOutputs = field(default_factory=RunOutputs)

    @property
    def _info(self) -> RunInfo:
        # One of MLflow's published examples asks for it so.
        return self.info

    def _repr_html_(self) -> str:
        own = {key: value for key, value in self.data.tags.items() if not key.startswith("mlflow.")}
        rows = {
            "run_id": self.info.run_id,
            "experiment_id": self.info.experiment_id,
            "status": self.info.status,
            "started": format_time(self.info.start_time),
            "ended": format_time(self.info.end_time) if self.info.end_time else None,
            "user": self.info.user_id,
            "params": self.data.params,
            "metrics": self.data.metrics,
            "tags": own,
            "models": [output.model_id for output in self.outputs.model_outputs],
        }
        return html.table(f"Run {self.info.run_name}", rows)

    def to_dictionary(self) -> dict[str, Any]:
        """Plain dicts, as MLflow gives them."""
        return {
            "info": dict(self.info),
            "data": self.data.to_dictionary(),
            "inputs": self.inputs.to_dictionary(),
            "outputs": {"model_outputs": [dict(output) for output in self.outputs.model_outputs]},
        }


@frozen
class Experiment(Entity):
    """A label that runs share. "Default" has the id "0"."""

    experiment_id: str
    name: str
    artifact_location: str = ""
    lifecycle_stage: str = "active"
    tags: dict[str, str] = field(default_factory=dict)
    creation_time: int | None = None
    last_update_time: int | None = None


@frozen
class LoggedModel(Entity):
    """A model that was logged, whether or not a name was registered for it."""

    model_id: str
    name: str
    experiment_id: str = "0"
    artifact_location: str = ""
    creation_timestamp: int = 0
    last_updated_timestamp: int = 0
    model_type: str | None = None
    source_run_id: str | None = None
    status: str = "READY"
    status_message: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: list[Metric] = field(default_factory=list)

    @property
    def model_uri(self) -> str:
        """``models:/<model id>``."""
        return f"models:/{self.model_id}"

    def to_dictionary(self) -> dict[str, Any]:
        """Plain dicts, without the URI, which follows from the id."""
        known = {name: value for name, value in self if name != "model_uri"}
        return known | {"metrics": [dict(metric) for metric in self.metrics]}
