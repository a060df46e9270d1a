"""The fluent half of runs: ``start_run``, ``end_run`` and the experiment that runs belong to.

One stack of active runs per thread, as in MLflow; whatever is still active when the process ends is ended then. This
room keeps the stack; what a run is, and where it is written, is known by ``gitmodels.runs``.
"""

import atexit
import os
import sys
import threading
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from gitmodels.api import context, run_converting
from gitmodels.api.run_entities import Experiment, Run
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.repo import Repo
from gitmodels.runs import records
from gitmodels.runs.log import NewRun
from gitmodels.runs.records import DEFAULT_EXPERIMENT, ENDED, FAILED, FINISHED

_PARENT = "mlflow.parentRunId"
_NOTE = "mlflow.note.content"


class _Active(threading.local):
    """The active runs of one thread, innermost last, each with the repository it is logged to."""

    def __init__(self) -> None:
        self.stack: list[tuple[Repo, str]] = []
        self.last: tuple[Repo, str] | None = None


_active = _Active()
_experiment: str | None = None
# Runs that the environment named and that were taken up.
_taken_up: set[str] = set()
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

    Raises Invalid when a run is active and ``nested`` was not asked for, when run, parent or experiment are deleted,
    and RunNotFound.
    """
    if _active.stack and not nested:
        raise Invalid(
            f"Run with UUID {_active.stack[-1][1]} is already active. To start a new run, first end the current run "
            "with gitmodels.end_run(). To start a nested run, call start_run with nested=True"
        )
    if log_system_metrics:
        warnings.warn("system metrics are not logged by gitmodels", UserWarning, stacklevel=2)
    repo = context.repository()
    repo.runs.recover()
    given = _given(tags, description)
    going_on = run_id or _run_of_environment()
    if going_on is not None:
        run = _resumed(repo, going_on, run_name, given)
    else:
        parent = _parent(repo, parent_run_id)
        given |= {_PARENT: parent} if parent else {}
        run = repo.runs.start(
            NewRun(
                experiment=experiment_for(repo, experiment_id),
                name=run_name or given.get("mlflow.runName"),
                tags=_source_tags() | given,
            )
        )
    _active.stack.append((repo, run.id))
    _open[run.id] = (repo, os.getpid())
    return _entity(repo, run.id)


def end_run(status: str = FINISHED) -> None:
    """End the active run; nothing happens when there is none. Raises Invalid for an unknown status."""
    if not _active.stack:
        return
    repo, run_id = _active.stack.pop()
    _active.last = (repo, run_id)
    _open.pop(run_id, None)
    end(repo, run_id, status)


def end(repo: Repo, run_id: str, status: str = FINISHED, ended: int | None = None) -> None:
    """End a run in a repository that is named; what it measured of registered versions is noted beside them."""
    _note(repo, repo.runs.end(run_id, status, ended))


def measured(repo: Repo, run_id: str) -> None:
    """Note what an ended run measured of registered versions; of one that goes on, that is done when it ends."""
    if not repo.runs.is_held(run_id):
        _note(repo, repo.runs.get(run_id))


def _note(repo: Repo, run: records.Run) -> None:
    if run.metrics and run.status in ENDED:
        from gitmodels.api import run_evaluations

        run_evaluations.note(repo, run)


def active_run() -> ActiveRun | None:
    """The run that is active in this thread, as it started; None when there is none."""
    if not _active.stack:
        return None
    return _entity(*_active.stack[-1])


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
    return run_of(context.repository(), run_id)


def run_of(repo: Repo, run_id: str) -> Run:
    """As ``get_run``, in a repository that is named; what a killed process left is recovered first."""
    repo.runs.recover()
    return run_converting.run(repo.runs.get(run_id))


def get_parent_run(run_id: str) -> Run | None:
    """The run that ``run_id`` is nested in; None when it is in none. Raises RunNotFound."""
    return parent_of(context.repository(), run_id)


def parent_of(repo: Repo, run_id: str) -> Run | None:
    """As ``get_parent_run``, in a repository that is named."""
    parent = repo.runs.get(run_id).tags.get(_PARENT)
    return None if parent is None else run_converting.run(repo.runs.get(parent))


def delete_run(run_id: str) -> None:
    """Mark a run as deleted. Nothing is removed; ``restore_run`` brings it back. Raises RunNotFound."""
    context.repository().runs.set_deleted(run_id, True)


def restore_run(run_id: str) -> None:
    """Bring a deleted run back. Raises RunNotFound."""
    context.repository().runs.set_deleted(run_id, False)


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None, trace_location: Any = None
) -> Experiment:
    """Name the experiment that runs belong to from now on; it is made when it is missing.

    Raises Invalid for a bad name or a deleted experiment, NotFound for an id that is not there.
    """
    global _experiment
    if (experiment_name is None) == (experiment_id is None):
        raise Invalid("Must specify exactly one of: `experiment_id` or `experiment_name`.")
    experiments = context.repository().runs.experiments
    if experiment_id is not None:
        found = experiments.get(str(experiment_id))
    else:
        found = experiments.by_name(str(experiment_name)) or experiments.create(str(experiment_name))
    if found.deleted:
        raise Invalid(
            f"Cannot set a deleted experiment {found.name!r} as the active experiment.",
            hint="restore_experiment brings it back",
        )
    _experiment = found.name
    return run_converting.experiment(found)


def experiment_id() -> str:
    """The id of the experiment that runs belong to now."""
    return records.experiment_id(_current_experiment(context.repository()))


def existing_experiment_id() -> str:
    """As ``experiment_id``; an experiment that the environment only named is made."""
    repo = context.repository()
    name = _current_experiment(repo)
    return (repo.runs.experiments.by_name(name) or repo.runs.experiments.create(name)).id


def running(run_id: str | None) -> tuple[Repo, str]:
    """Where to log to: the run that is named, else the active one, started when there is none."""
    if run_id is not None:
        return next((pair for pair in _active.stack if pair[1] == run_id), None) or (context.repository(), run_id)
    if not _active.stack:
        start_run()
    return _active.stack[-1]


def _entity(repo: Repo, run_id: str) -> ActiveRun:
    entity = run_converting.run(repo.runs.get(run_id))
    return ActiveRun(entity.info, entity.data, entity.inputs, entity.outputs)


def _given(tags: Mapping[str, Any] | None, description: str | None) -> dict[str, str]:
    given = {str(key): str(value) for key, value in (tags or {}).items()}
    if description and _NOTE in given:
        raise Invalid(f"Description is already set via the tag {_NOTE} in tags.", hint="leave one of them out")
    return given | ({_NOTE: description} if description else {})


def _run_of_environment() -> str | None:
    """The run that the environment names, for the first run that this process starts; as MLflow, once."""
    named = context.settings().run_id
    if named is None or named in _taken_up:
        return None
    _taken_up.add(named)
    return named


def _resumed(repo: Repo, run_id: str, name: str | None, tags: Mapping[str, str]) -> records.Run:
    known = repo.runs.get(run_id)
    if known.deleted:
        raise GitModelsError(f"Cannot start run with ID {run_id} because it is in the deleted state.")
    if _experiment is not None and known.experiment != _experiment:
        raise Invalid(
            f"Cannot start run with ID {run_id} because active experiment ID does not match environment run ID.",
            hint=f"set_experiment({known.experiment!r})",
        )
    run = repo.runs.resume(run_id)
    if name:
        repo.runs.rename(run_id, name)
    if tags:
        repo.runs.set_tags(run_id, tags)
    return run


def _parent(repo: Repo, parent_run_id: str | None) -> str | None:
    current = active_run_id()
    if parent_run_id is None:
        return current
    if current is not None and current != parent_run_id:
        raise Invalid(
            f"Current run with UUID {current} does not match the specified parent_run_id {parent_run_id}.",
            hint="end the current run first, with end_run()",
        )
    if repo.runs.get(parent_run_id).deleted:
        raise GitModelsError(
            f"Cannot start run under parent run with ID {parent_run_id} because it is in the deleted state."
        )
    return parent_run_id


def experiment_for(repo: Repo, experiment_id: str | None) -> str:
    """The name of the experiment of a new run: the one named by id, or the current one. Raises Invalid, NotFound."""
    experiments = repo.runs.experiments
    if experiment_id is not None:
        found = experiments.get(str(experiment_id))
    else:
        name = _current_experiment(repo)
        found = experiments.by_name(name) or records.Experiment(name)
    if found.deleted:
        raise Invalid(
            f"The experiment {found.id} must be in the 'active' state. Current state is deleted.",
            hint="restore_experiment brings it back",
        )
    return found.name


def _current_experiment(repo: Repo) -> str:
    """What ``set_experiment`` said, else what the environment says, else Default."""
    now = context.settings()
    if _experiment is not None:
        return _experiment
    if now.experiment_name is not None:
        return now.experiment_name
    if now.experiment_id is not None:
        return repo.runs.experiments.get(now.experiment_id).name
    return DEFAULT_EXPERIMENT


def _source_tags() -> dict[str, str]:
    script = sys.argv[0] if sys.argv and sys.argv[0] not in ("", "-c") else "python"
    return {"mlflow.source.name": script.rpartition("/")[2], "mlflow.source.type": "LOCAL"}


def _end_all() -> None:
    for run_id, (repo, pid) in list(_open.items()):
        if pid != os.getpid():
            # A forked child inherits the list, not the runs.
            continue
        try:
            end(repo, run_id)
        except (GitModelsError, OSError):
            # The journal stays and the next command recovers it; nobody is left to read an error.
            continue


atexit.register(_end_all)
