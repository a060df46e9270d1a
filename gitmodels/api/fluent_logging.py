"""The fluent verbs that log values into the active run: params, metrics, tags, data sets.

Thin: each takes the active run, started when there is none, or the one that is named, and passes on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gitmodels.api import dataset_uses, model_links
from gitmodels.api.fluent_runs import measured, running
from gitmodels.errors import Invalid
from gitmodels.runs.records import Metric
from gitmodels.runs.writer import now_ms


def log_param(key: str, value: Any, synchronous: bool | None = None) -> Any:
    """Log one param of the active run, started when there is none; gives ``value`` back. Raises Invalid."""
    log_params({key: value})
    return value


def log_params(params: Mapping[str, Any], synchronous: bool | None = None, run_id: str | None = None) -> None:
    """Log params; one that was logged keeps its value, so another raises Invalid."""
    repo, run = running(run_id)
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
    """Log values of several metrics at one step.

    Without ``model_id`` they count for the models that the run logs at that step, as in MLflow;
    ``dataset`` (of ``gitmodels.data``) says what they were measured on. Raises Invalid for what is no number.
    """
    repo, run = running(run_id)
    when = timestamp if timestamp is not None else now_ms()
    name = digest = None
    if dataset is not None:
        noted = dataset_uses.note(repo, run, dataset)
        name, digest = noted.name, noted.digest
    points = [Metric(key, value, step or 0, when, name, digest, model_id) for key, value in metrics.items()]
    repo.runs.log_metrics(run, points)
    if model_id is not None and run_id is not None:
        measured(repo, run)


def set_tag(key: str, value: Any, synchronous: bool | None = None) -> None:
    """Set one tag of the active run."""
    set_tags({key: value})


def set_tags(tags: Mapping[str, Any], synchronous: bool | None = None) -> None:
    """Set tags of the active run."""
    repo, run = running(None)
    repo.runs.set_tags(run, tags)


def delete_tag(key: str) -> None:
    """Take a tag of the active run away. Raises Invalid when it has no such tag."""
    repo, run = running(None)
    repo.runs.delete_tag(run, key)


def log_input(
    dataset: Any = None, context: str | None = None, tags: Mapping[str, str] | None = None, model: Any = None
) -> None:
    """Note that the active run read a data set (its name and digest only), or a model. Raises Invalid."""
    log_inputs(
        [dataset] if dataset is not None else None,
        [context] if dataset is not None else None,
        [tags] if dataset is not None else None,
        [model] if model is not None else None,
    )


def log_inputs(
    datasets: Sequence[Any] | None = None,
    contexts: Sequence[str | None] | None = None,
    tags_list: Sequence[Mapping[str, str] | None] | None = None,
    models: Sequence[Any] | None = None,
) -> None:
    """Note the data sets and models that the active run read. Raises Invalid when the lists differ in length."""
    given = datasets or []
    contexts, tags_list = contexts or [None] * len(given), tags_list or [None] * len(given)
    if not len(given) == len(contexts) == len(tags_list):
        raise Invalid("`datasets`, `contexts` and `tags_list` must have the same length")
    repo, run = running(None)
    uses = [dataset_uses.use(*row) for row in zip(given, contexts, tags_list, strict=True)]
    repo.runs.log_inputs(run, uses, model_links.ids_of(models))


def log_outputs(models: Sequence[Any] | None = None) -> None:
    """Note that the active run made models that are logged already, each a LoggedModelOutput. Raises ModelNotFound."""
    model_links.log_outputs(*running(None), models or ())
