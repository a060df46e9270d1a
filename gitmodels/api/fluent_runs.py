"""The fluent half of runs: ``start_run`` and what is logged into the active run.

One stack of active runs per thread, as in MLflow; whatever is still active when the process ends is ended then. This
room keeps the stack; what a run is, and where it is written, is known by ``gitmodels.runs``.
"""

import atexit
import os
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from gitmodels.api import context, run_converting
from gitmodels.api.run_entities import Experiment, Run
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.repo import Repo
from gitmodels.runs.log import NewRun
from gitmodels.runs.records import DEFAULT_EXPERIMENT, FAILED, FINISHED, Metric
from gitmodels.runs.writer import now_ms

_PARENT = "mlflow.parentRunId"
_NOTE = "mlflow.note.content"


class _Active(threading.local):
    """The active runs of one thread, innermost last, each with the repository it is logged to."""

    def __init__(self) -> None:
        self.stack: list[tuple[Repo, str]] = []
        self.last: tuple[Repo, str] | None = None


_active = _Active()
_experiment: str | None = None
# Runs of every thread that have not ended, each with the process that started it, for the end of that process.
_open: dict[str, tuple[Repo, int]] = {}


class ActiveRun(Run):
    """A run that is going on; as a context manager it ends with the block, FAILED when the block raises."""

    def __enter__(self) -> "ActiveRun":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        active = active_run()
        if active is not None and active.info.run_id == self.info.run_id:
            end_run(FINISHED if kind is None else FAILED)
        return kind is None


def start_run(
    run_id: str | None = None,
    experiment_id: str | None = None,
    run_name: str | None = None,
    nested: bool = False,
    parent_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    description: str | None = None,
    log_system_metrics: bool | None = None,
) -> ActiveRun:
    """Start a run, or go on with ``run_id``; it is active until ``end_run`` or the end of the ``with`` block.

    Raises Invalid when a run is active and ``nested`` was not asked for, RunNotFound.
    """
    if _active.stack and not nested:
        raise Invalid(
            f"Run with UUID {_active.stack[-1][1]} is already active. To start a new run, first end the current run "
            "with gitmodels.end_run(). To start a nested run, call start_run with nested=True"
        )
    repo = context.repository()
    repo.runs.recover()
    if run_id is not None:
        run = repo.runs.resume(run_id)
        if tags:
            repo.runs.set_tags(run_id, tags)
    else:
        parent = parent_run_id or (_active.stack[-1][1] if _active.stack else None)
        given = {str(key): str(value) for key, value in (tags or {}).items()}
        given |= {_PARENT: parent} if parent else {}
        given |= {_NOTE: description} if description else {}
        experiment = repo.runs.experiments.get(experiment_id).name if experiment_id else _current_experiment()
        run = repo.runs.start(
            NewRun(experiment=experiment, name=run_name or given.get("mlflow.runName"), tags=_source_tags() | given)
        )
    _active.stack.append((repo, run.id))
    _open[run.id] = (repo, os.getpid())
    entity = run_converting.run(repo.runs.get(run.id))
    return ActiveRun(entity.info, entity.data, entity.inputs, entity.outputs)


def end_run(status: str = FINISHED) -> None:
    """End the active run; nothing happens when there is none. Raises Invalid for an unknown status."""
    if not _active.stack:
        return
    repo, run_id = _active.stack.pop()
    _active.last = (repo, run_id)
    _open.pop(run_id, None)
    repo.runs.end(run_id, status)


def active_run() -> ActiveRun | None:
    """The run that is active in this thread, as it started; None when there is none."""
    if not _active.stack:
        return None
    repo, run_id = _active.stack[-1]
    entity = run_converting.run(repo.runs.get(run_id))
    return ActiveRun(entity.info, entity.data, entity.inputs, entity.outputs)


def last_active_run() -> Run | None:
    """The run that is active, or was last, in this thread."""
    found = _active.stack[-1] if _active.stack else _active.last
    return None if found is None else run_converting.run(found[0].runs.get(found[1]))


def active_run_id() -> str | None:
    """The id of the run that is active in this thread, or None."""
    return _active.stack[-1][1] if _active.stack else None


def repository() -> Repo:
    """Where the active run is logged to, whatever the current folder is by now; without one, what is in force."""
    return _active.stack[-1][0] if _active.stack else context.repository()


def get_run(run_id: str) -> Run:
    """One run. Raises RunNotFound."""
    return run_converting.run(context.repository().runs.get(run_id))


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log one param of the active run, started when there is none; gives ``value`` back. Raises Invalid."""
    log_params({key: value})
    return value


def log_params(params: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None) -> None:
    """Log params; one that was logged keeps its value, so another raises Invalid."""
    repo, run = _running(run_id)
    repo.runs.log_params(run, params)


def log_metric(
    key: str,
    value: float,
    step: int | None = None,
    synchronous: bool | None = None,
    timestamp: int | None = None,
    run_id: str | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> None:
    """Log one value of a metric; ``timestamp`` in ms since the epoch. Raises Invalid for what is no number."""
    log_metrics({key: value}, step, synchronous, run_id, timestamp, model_id, dataset)


def log_metrics(
    metrics: Mapping[str, float],
    step: int | None = None,
    synchronous: bool | None = None,
    run_id: str | None = None,
    timestamp: int | None = None,
    model_id: str | None = None,
    dataset: Any = None,
) -> None:
    """Log values of several metrics at one step."""
    repo, run = _running(run_id)
    when = timestamp if timestamp is not None else now_ms()
    repo.runs.log_metrics(
        run,
        [
            Metric(
                key,
                value,
                step or 0,
                when,
                dataset_name=getattr(dataset, "name", None),
                dataset_digest=getattr(dataset, "digest", None),
                model_id=model_id,
            )
            for key, value in metrics.items()
        ],
    )


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> None:
    """Set one tag of the active run."""
    set_tags({key: value})


def set_tags(tags: Mapping[str, Any], synchronous: bool | None = None) -> None:
    """Set tags of the active run."""
    repo, run = _running(None)
    repo.runs.set_tags(run, tags)


def delete_tag(key: str) -> None:
    """Take a tag of the active run away. Raises Invalid when it has no such tag."""
    repo, run = _running(None)
    repo.runs.delete_tag(run, key)


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None, trace_location: Any = None
) -> Experiment:
    """Name the experiment that runs belong to from now on; it is made when it is missing."""
    global _experiment
    experiments = context.repository().runs.experiments
    if (experiment_name is None) == (experiment_id is None):
        raise Invalid("Must specify exactly one of: `experiment_id` or `experiment_name`.")
    if experiment_id is not None:
        found = experiments.get(experiment_id)
    else:
        found = experiments.by_name(str(experiment_name)) or experiments.create(str(experiment_name))
    _experiment = found.name
    return run_converting.experiment(found)


def _current_experiment() -> str:
    return _experiment or DEFAULT_EXPERIMENT


def _running(run_id: str | None) -> tuple[Repo, str]:
    if run_id is not None:
        return context.repository(), run_id
    if not _active.stack:
        start_run()
    return _active.stack[-1]


def _source_tags() -> dict[str, str]:
    script = sys.argv[0] if sys.argv and sys.argv[0] not in ("", "-c") else "python"
    return {"mlflow.source.name": script.rpartition("/")[2], "mlflow.source.type": "LOCAL"}


def _end_all() -> None:
    for run_id, (repo, pid) in list(_open.items()):
        if pid != os.getpid():
            # A forked child inherits the list, not the runs.
            continue
        try:
            repo.runs.end(run_id)
        except (GitModelsError, OSError):
            # The journal stays and the next command recovers it; nobody is left to read an error.
            continue


atexit.register(_end_all)
