"""The values of this room: run, metric, logged model, experiment. They are frozen, and they ask nobody.

Times are milliseconds since the epoch. How each is written stands in ``files``; nothing here knows git or paths.
"""

import math
from collections.abc import Mapping
from typing import Any

from blake3 import blake3

from gitmodels.digest import Digest
from gitmodels.objects.manifest import Entry
from gitmodels.values import field, frozen

RUNNING, SCHEDULED, FINISHED, FAILED, KILLED = "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"
STATUSES = frozenset({RUNNING, SCHEDULED, FINISHED, FAILED, KILLED})
ENDED = frozenset({FINISHED, FAILED, KILLED})
DEFAULT_EXPERIMENT = "Default"
DEFAULT_EXPERIMENT_ID = "0"
# What loading may run when nobody judged the files: the worst that bytes can do.
UNKNOWN_CODE = "python-code"


@frozen
class Metric:
    """One value of a metric. NaN and infinities are values too.

    ``dataset_*`` and ``model_id`` say what it was measured on and for which logged model. ``points`` is how many
    values its series has in the run; above one, the run's history holds them.
    """

    key: str
    value: float
    step: int = 0
    timestamp: int = 0
    dataset_name: str | None = None
    dataset_digest: str | None = None
    model_id: str | None = None
    points: int = 1

    @property
    def series(self) -> tuple[str, str, str, str]:
        """What tells its series apart, and sorts it."""
        return (self.key, self.dataset_name or "", self.dataset_digest or "", self.model_id or "")

    @property
    def order(self) -> tuple[int, int, float]:
        """What makes one value of a series later than another: step, then time, then the value, as in MLflow."""
        return (self.step, self.timestamp, -math.inf if math.isnan(self.value) else self.value)


@frozen
class Code:
    """What was checked out when the run started; ``dirty`` when tracked files differed from the commit."""

    commit: str | None = None
    branch: str | None = None
    dirty: bool = False


@frozen
class ModelLink:
    """That a run logged a model under a name."""

    name: str
    model_id: str
    time: int
    step: int = 0


@frozen
class DatasetUse:
    """That a run read a data set: its name and digest, never its rows; ``context`` says what for (``training``)."""

    name: str
    digest: str
    context: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@frozen
class LoggedModel:
    """One logging of a model: the content ``model_id`` under ``name``, by the run ``run_id`` or by none.

    ``logging_id`` is the run's id, or a made one where there was no run: it is the folder the logging stands in.
    """

    name: str
    model_id: str
    manifest: Digest
    time: int
    logging_id: str
    run_id: str | None = None
    experiment: str = DEFAULT_EXPERIMENT
    step: int = 0
    model_type: str | None = None
    code_execution: str = UNKNOWN_CODE
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    updated: int = 0
    rest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def link(self) -> ModelLink:
        """How its run names it."""
        return ModelLink(self.name, self.model_id, self.time, self.step)


@frozen
class Run:
    """A training run. ``metrics`` has the latest value of each series; of two copies the one updated last counts.

    ``models`` it logged, ``used`` are the ids of models that it read or measured without logging them.
    """

    id: str
    name: str
    started: int
    experiment: str = DEFAULT_EXPERIMENT
    user: str = ""
    status: str = RUNNING
    ended: int | None = None
    updated: int = 0
    deleted: bool = False
    code: Code = Code()
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    models: tuple[ModelLink, ...] = ()
    artifacts: tuple[Entry, ...] = ()
    datasets: tuple[DatasetUse, ...] = ()
    used: tuple[str, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def experiment_id(self) -> str:
        """The id that follows from the experiment's name."""
        return experiment_id(self.experiment)

    def latest(self) -> dict[str, Metric]:
        """The latest metric of each key over all its series."""
        found: dict[str, Metric] = {}
        for metric in self.metrics:
            known = found.get(metric.key)
            if known is None or metric.order >= known.order:
                found[metric.key] = metric
        return found


@frozen
class Experiment:
    """A label that runs share."""

    name: str
    created: int = 0
    updated: int = 0
    deleted: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    rest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id that follows from the name."""
        return experiment_id(self.name)


def experiment_id(name: str) -> str:
    """The id of the experiment ``name``: the same in every clone, 18 digits as MLflow's, ``"0"`` for Default.

    >>> experiment_id("Default"), experiment_id("churn")
    ('0', '500239911935670874')
    """
    if name == DEFAULT_EXPERIMENT:
        return DEFAULT_EXPERIMENT_ID
    number = int.from_bytes(blake3(name.encode()).digest(length=16), "big")
    return str(10**17 + number % (9 * 10**17))
