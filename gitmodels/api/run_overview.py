"""What was logged, as plain documents: the one source of what ``git models runs`` prints and of its ``--json``.

This room finds runs and shapes what they say; it formats nothing for a terminal. Times are ISO-8601 in UTC, sizes
bytes. The keys are documented in ``docs/cli.md`` and stable: new ones may come, none goes.
"""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from gitmodels.api import run_searching, suggesting
from gitmodels.errors import GitModelsError, Invalid, NotFound, RunNotFound
from gitmodels.fields import format_time
from gitmodels.repo import Repo
from gitmodels.runs import layout, records

_SHORTEST = 4
_CANDIDATES = 4


def runs(
    repo: Repo, experiment: str | None = None, text: str | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """One document per run, newest first: of one experiment (by name) or of all, and only those the filter keeps.

    Raises Invalid that names the place in the filter, NotFound for an unknown experiment.
    """
    recover(repo)
    ids = None if experiment is None else [_experiment(repo, experiment)]
    found = run_searching.runs(repo, ids, text)
    yield from (_run(run) for run in found[:limit])


def run(run: records.Run) -> dict[str, Any]:
    """Everything about one run."""
    document = _run(run)
    document["points"] = {key: _points(run, key) for key in document["metrics"]}
    document["artifacts"] = [
        {"path": entry.path, "size": entry.size, "blake3": entry.blake3} for entry in run.artifacts
    ]
    document["datasets"] = [{"name": use.name, "digest": use.digest, "context": use.context} for use in run.datasets]
    document["used"] = list(run.used)
    return document


def metric(repo: Repo, run: records.Run, key: str) -> list[dict[str, Any]]:
    """Every value of a metric in the order of logging. Raises NotFound with the names there are."""
    known = sorted(run.latest())
    if key not in known:
        listed = f"it has {', '.join(known[:8])}" if known else "it logged no metric"
        hint = suggesting.meant(key, known) or listed
        raise NotFound(f"the run {run.name} has no metric {key[:80]!r}", hint=hint)
    return [
        {
            "step": point.step,
            "time": format_time(point.timestamp),
            "value": point.value,
            "dataset": point.dataset_name,
            "model_id": point.model_id,
        }
        for point in repo.runs.metric_history(run.id, key)
    ]


def find(repo: Repo, one: str) -> tuple[records.Run, int]:
    """The run that ``one`` names, and how many runs have that name: by id, by name (the newest), by the id's start.

    Raises RunNotFound with what may have been meant, Invalid when several ids start so.
    """
    recover(repo)
    if layout.is_run_id(one):
        return repo.runs.get(one), 1
    known = repo.runs.list(deleted=None)
    named = [run for run in known if run.name == one]
    alive = [run for run in named if not run.deleted] or named
    if alive:
        return repo.runs.get(alive[0].id), len(alive)
    started = [run for run in known if len(one) >= _SHORTEST and run.id.startswith(one.lower())]
    if len(started) > 1:
        shown = ", ".join(f"{run.id[:12]} ({run.name})" for run in started[:_CANDIDATES])
        raise Invalid(f"the ids of {len(started)} runs start with {one}", hint=shown)
    if not started:
        raise RunNotFound(f"no run is called {one[:80]!r}, and no run's id starts so", hint=_hint(one, known))
    return repo.runs.get(started[0].id), 1


def recover(repo: Repo) -> None:
    """Commit what killed processes left. Who may only read here reads all the same: the journals stay as they are."""
    with contextlib.suppress(OSError, GitModelsError):
        repo.runs.recover()


def _hint(one: str, known: Sequence[records.Run]) -> str:
    names = list(dict.fromkeys(run.name for run in known if not run.deleted))
    return suggesting.meant(one, names) or ("git models runs lists them" if known else "nothing was logged here yet")


def _experiment(repo: Repo, name: str) -> str:
    found = repo.runs.experiments.by_name(name)
    if found is not None and not found.deleted:
        return found.id
    known = [row.name for row in repo.runs.experiments.list() if not row.deleted]
    hint = suggesting.meant(name, known) or f"there are {', '.join(known[:8])}"
    raise NotFound(f"no experiment is called {name[:80]!r}", hint=hint)


def _run(run: records.Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "name": run.name,
        "experiment": run.experiment,
        "experiment_id": run.experiment_id,
        "status": run.status,
        "started": format_time(run.started),
        "ended": format_time(run.ended) if run.ended is not None else None,
        "user": run.user,
        "deleted": run.deleted,
        "metrics": {key: metric.value for key, metric in sorted(run.latest().items())},
        "params": dict(run.params),
        "tags": dict(run.tags),
        "models": [{"name": link.name, "model_id": link.model_id} for link in run.models],
        "code": {"commit": run.code.commit, "branch": run.code.branch, "dirty": run.code.dirty}
        if run.code.commit
        else {},
    }


def _points(run: records.Run, key: str) -> int:
    return sum(metric.points for metric in run.metrics if metric.key == key)
