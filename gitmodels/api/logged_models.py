"""Logged models, whether or not a name was registered for them: looked up, tagged, searched.

A logged model is a content: every run that logged the same bytes shares its id. What is told is merged: the latest
logging gives name, run, tags and params, every run gives what it measured.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gitmodels import filters
from gitmodels.api import run_converting
from gitmodels.api.run_entities import LoggedModel, Metric
from gitmodels.errors import Invalid, ModelNotFound
from gitmodels.filters import LISTS, ORDERED, SIMPLE, Field, Grammar
from gitmodels.repo import Repo
from gitmodels.runs import records

_NUMBER = Field(ORDERED, numeric=True, whole=False)
_TEXT = Field(SIMPLE | LISTS)
GRAMMAR = Grammar(
    attributes={
        "name": _TEXT,
        "model_id": _TEXT,
        "model_type": _TEXT,
        "status": _TEXT,
        "source_run_id": _TEXT,
        "creation_timestamp": _NUMBER,
        "last_updated_timestamp": _NUMBER,
    },
    kinds={"metrics": _NUMBER, "params": _TEXT, "tags": _TEXT},
    prefixes={name: name for name in ("metrics", "params", "tags")},
    aliases={"creation_time": "creation_timestamp", "last_updated_time": "last_updated_timestamp"},
    strict=True,
)
Datasets = Sequence[Mapping[str, Any]] | None


def get(repo: Repo, model_id: str) -> LoggedModel:
    """A logged model. Raises ModelNotFound."""
    try:
        loggings = repo.runs.models.find(model_id)
    except Invalid:
        loggings = []
    if not loggings:
        raise ModelNotFound(f"Logged model with ID '{str(model_id)[:80]}' not found.", model_id=model_id)
    return run_converting.logged_model(loggings, repo.runs.models.metrics(model_id))


def search(
    repo: Repo,
    experiment_ids: Sequence[str],
    text: str | None = None,
    datasets: Datasets = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
) -> list[LoggedModel]:
    """The models logged in these experiments that the filter keeps, the newest first unless ``order_by`` says else.

    ``datasets`` (``dataset_name`` and perhaps ``dataset_digest``) narrow what metrics are looked at; an order names
    ``field_name`` and perhaps ``ascending`` and a data set. Raises Invalid.
    """
    wanted, orders = filters.parse(text, GRAMMAR), [_order(clause) for clause in order_by or ()]
    chosen = [_checked(dataset) for dataset in datasets or ()]
    if chosen and not any(one.kind == "metrics" for one in wanted):
        found = [model for model in _models(repo, experiment_ids) if _on(model.metrics, chosen)]
    else:
        found = list(_models(repo, experiment_ids))
    kept = [model for model in found if all(_holds(model, one, chosen) for one in wanted)]
    kept.sort(key=lambda model: (-model.creation_timestamp, model.model_id))
    for field, descending, dataset in reversed(orders):
        kept = filters.ordered(kept, lambda model, f=field, d=dataset: _sorted_by(model, f, d), descending=descending)  # type: ignore[misc]
    return kept


def _models(repo: Repo, experiment_ids: Sequence[str]) -> Iterable[LoggedModel]:
    wanted = set(map(str, experiment_ids))
    loggings: dict[str, list[records.LoggedModel]] = {}
    for logged in repo.runs.models.all():
        if records.experiment_id(logged.experiment) in wanted:
            loggings.setdefault(logged.model_id, []).append(logged)
    for model_id, found in loggings.items():
        found.sort(key=lambda logged: (logged.time, logged.logging_id))
        yield run_converting.logged_model(found, repo.runs.models.metrics(model_id))


def _holds(model: LoggedModel, one: filters.Comparison, datasets: Sequence[Mapping[str, Any]]) -> bool:
    if one.kind == "metrics":
        points = [metric for metric in model.metrics if metric.key == one.key]
        return any(one.accepts(metric.value) for metric in (_on(points, datasets) if datasets else points))
    known: Mapping[str, str] = getattr(model, one.kind, {})
    return one.accepts(getattr(model, one.key) if one.kind == filters.ATTRIBUTE else known.get(one.key))


def _on(metrics: Iterable[Metric], datasets: Sequence[Mapping[str, Any]]) -> list[Metric]:
    return [
        metric
        for metric in metrics
        if any(
            metric.dataset_name == dataset.get("dataset_name")
            and dataset.get("dataset_digest") in (None, metric.dataset_digest)
            for dataset in datasets
        )
    ]


def _order(clause: Any) -> tuple[str, bool, Mapping[str, Any] | None]:
    if not isinstance(clause, Mapping):
        raise Invalid("`order_by` must be a list of dictionaries.", hint='order_by=[{"field_name": "metrics.auc"}]')
    name = clause.get("field_name")
    if not isinstance(name, str):
        raise Invalid("`field_name` in the `order_by` clause must be specified.")
    name = GRAMMAR.aliases.get(name.strip(), name.strip())
    if not name.startswith("metrics.") and name not in GRAMMAR.attributes:
        raise Invalid(f"Invalid order by field name: {name[:80]}.")
    ascending = clause.get("ascending", True)
    if not isinstance(ascending, bool):
        raise Invalid("Value of `ascending` in the `order_by` clause must be a boolean")
    if clause.get("dataset_digest") and not clause.get("dataset_name"):
        raise Invalid("`dataset_digest` can only be specified if `dataset_name` is also specified.")
    return name, not ascending, clause if clause.get("dataset_name") else None


def _sorted_by(model: LoggedModel, field: str, dataset: Mapping[str, Any] | None) -> Any:
    if not field.startswith("metrics."):
        return getattr(model, field)
    points = [metric for metric in model.metrics if metric.key == field.removeprefix("metrics.")]
    points = _on(points, [dataset]) if dataset is not None else points
    return max(points, key=lambda metric: metric.timestamp).value if points else None


def _checked(dataset: Any) -> Mapping[str, Any]:
    if not isinstance(dataset, Mapping) or not dataset.get("dataset_name"):
        raise Invalid("`dataset_name` in the `datasets` clause must be specified.")
    return dataset


def table(models: Iterable[LoggedModel]) -> Any:
    """Logged models as a DataFrame, one row each."""
    import pandas as pd

    return pd.DataFrame([model.to_dictionary() for model in models])
