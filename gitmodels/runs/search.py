"""Searching runs and experiments by MLflow's filters: ``metrics.auc > 0.9 AND params.depth = '4'``.

This room knows what of a run and of an experiment can be asked for; the grammar is that of ``gitmodels.filters``. It
is given the records and reads none itself.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from gitmodels import filters
from gitmodels.errors import Invalid
from gitmodels.filters import ATTRIBUTE, LISTS, NULLS, ORDERED, SIMPLE, Comparison, Field, Grammar
from gitmodels.runs import checks
from gitmodels.runs.records import Experiment, Run

_NUMBER = Field(ORDERED, numeric=True, whole=False)
_METRICS, _PARAMS, _TAGS, _DATASETS = "metrics", "params", "tags", "datasets"
_DATASET_KEYS = ("name", "digest", "context")

RUNS = Grammar(
    attributes={
        "run_id": Field(SIMPLE | LISTS),
        "run_name": Field(SIMPLE),
        "status": Field(SIMPLE),
        "user_id": Field(SIMPLE),
        "artifact_uri": Field(SIMPLE),
        "start_time": _NUMBER,
        "end_time": _NUMBER,
    },
    kinds={
        _METRICS: _NUMBER,
        _PARAMS: Field(SIMPLE | NULLS),
        _TAGS: Field(SIMPLE | NULLS),
        _DATASETS: Field(SIMPLE | LISTS),
    },
    prefixes={
        "metric": _METRICS,
        "metrics": _METRICS,
        "param": _PARAMS,
        "params": _PARAMS,
        "parameter": _PARAMS,
        "parameters": _PARAMS,
        "tag": _TAGS,
        "tags": _TAGS,
        "dataset": _DATASETS,
        "datasets": _DATASETS,
    },
    aliases={
        "created": "start_time",
        "Created": "start_time",
        "run name": "run_name",
        "Run name": "run_name",
        "Run Name": "run_name",
    },
    strict=True,
)
EXPERIMENTS = Grammar(
    attributes={
        "name": Field(SIMPLE),
        "experiment_id": Field(SIMPLE | LISTS),
        "creation_time": _NUMBER,
        "last_update_time": _NUMBER,
    },
    kinds={_TAGS: Field(SIMPLE | NULLS)},
    prefixes={"tag": _TAGS, "tags": _TAGS},
    strict=True,
)


def search_runs(runs: Iterable[Run], text: str | None = None, order_by: Sequence[str] | None = None) -> list[Run]:
    """The runs for which every comparison of ``text`` holds, in order; by default the newest first.

    Raises Invalid that names the place in the filter or the order.
    """
    wanted, orders = filters.parse(text, RUNS), filters.parse_orders(order_by, RUNS)
    for one in wanted:
        if one.kind == _DATASETS and one.key not in _DATASET_KEYS:
            raise Invalid(f"Invalid dataset key '{one.key}' specified. Valid keys are {list(_DATASET_KEYS)}")
    found = sorted((run for run in runs if _holds(run, wanted)), key=lambda run: (-run.started, run.id))
    return _in_order(found, orders, lambda run, kind, key: _of_run(run, kind, key))


def search_experiments(
    experiments: Iterable[Experiment], text: str | None = None, order_by: Sequence[str] | None = None
) -> list[Experiment]:
    """The experiments for which every comparison of ``text`` holds; by default the newest first. Raises Invalid."""
    wanted, orders = filters.parse(text, EXPERIMENTS), filters.parse_orders(order_by, EXPERIMENTS)
    found = [row for row in experiments if all(one.accepts(_of_experiment(row, one.kind, one.key)) for one in wanted)]
    found.sort(key=lambda row: (-row.created, row.id))
    return _in_order(found, orders, _of_experiment)


def tags_of(run: Run) -> dict[str, str]:
    """The tags of a run, with those that MLflow sets itself."""
    tags = {"mlflow.user": run.user}
    if run.code.commit:
        tags["mlflow.source.git.commit"] = run.code.commit
    return tags | dict(run.tags) | {checks.RUN_NAME: run.name}


def _holds(run: Run, wanted: Sequence[Comparison]) -> bool:
    for one in wanted:
        if one.kind == _DATASETS:
            if not any(one.accepts(getattr(use, one.key)) for use in run.datasets):
                return False
        elif not one.accepts(_of_run(run, one.kind, one.key)):
            return False
    return True


def _of_run(run: Run, kind: str, key: str) -> Any:
    if kind == _METRICS:
        metric = run.latest().get(key)
        return metric.value if metric is not None else None
    if kind == _PARAMS:
        return run.params.get(key)
    if kind == _TAGS:
        return tags_of(run).get(key)
    if kind == _DATASETS:
        return min((str(getattr(use, key, "") or "") for use in run.datasets), default=None)
    return _ATTRIBUTES[key](run)


_ATTRIBUTES: dict[str, Callable[[Run], Any]] = {
    "run_id": lambda run: run.id,
    "run_name": lambda run: run.name,
    "status": lambda run: run.status,
    "user_id": lambda run: run.user,
    "artifact_uri": lambda run: f"runs:/{run.id}",
    "start_time": lambda run: run.started,
    "end_time": lambda run: run.ended,
}


def _of_experiment(row: Experiment, kind: str, key: str) -> Any:
    if kind != ATTRIBUTE:
        return row.tags.get(key)
    known = {"name": row.name, "experiment_id": row.id, "creation_time": row.created, "last_update_time": row.updated}
    return known[key]


def _in_order(
    items: list[Any], orders: Sequence[tuple[str, str, bool]], value: Callable[[Any, str, str], Any]
) -> list[Any]:
    for kind, key, descending in reversed(orders):
        items = filters.ordered(items, lambda item, k=kind, n=key: value(item, k, n), descending=descending)  # type: ignore[misc]
    return items
