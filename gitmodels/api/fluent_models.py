"""The fluent verbs for logged models: looking them up, tagging and searching them.

Thin: what a logged model is stands in ``logged_models``; which one was logged last is known by ``model_links``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gitmodels.api import context, fluent_runs, logged_models, model_links
from gitmodels.api.run_entities import LoggedModel
from gitmodels.errors import Invalid


def get_logged_model(model_id: str) -> LoggedModel:
    """A logged model by its id: the latest logging of that content, with the metrics of all runs.

    Raises ModelNotFound.
    """
    return logged_models.get(context.repository(), model_id)


def last_logged_model() -> LoggedModel | None:
    """The model that this thread logged last; None when it logged none."""
    found = model_links.last()
    return None if found is None else logged_models.get(*found)


def set_logged_model_tags(model_id: str, tags: Mapping[str, Any]) -> None:
    """Set tags of a logged model. Raises ModelNotFound, Invalid."""
    context.repository().runs.models.set_tags(model_id, tags)


def delete_logged_model_tag(model_id: str, key: str) -> None:
    """Take a tag of a logged model away. Raises NotFound when the model or the tag is not there."""
    context.repository().runs.models.set_tags(model_id, {}, delete=[key])


def log_model_params(params: Mapping[str, Any], model_id: str | None = None) -> None:
    """Add params to a logged model; one that is there keeps its value, so another raises Invalid."""
    if not model_id:
        raise Invalid(
            f"`model_id` must be a non-empty string, but got {model_id!r}", hint="last_logged_model().model_id"
        )
    context.repository().runs.models.log_params(model_id, params)


def search_logged_models(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str | None = None,
    datasets: Sequence[Mapping[str, Any]] | None = None,
    max_results: int | None = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
    output_format: str = "pandas",
) -> Any:
    """The logged models that the filter keeps, the newest first, as a DataFrame or a list of LoggedModel.

    Looks at the experiments that are named, or at the current one. Raises Invalid.
    """
    if output_format not in ("pandas", "list"):
        raise Invalid(f"Unsupported output format: {output_format!r}. Supported string values are 'pandas' or 'list'")
    ids = experiment_ids or [fluent_runs.experiment_id()]
    found = logged_models.search(context.repository(), ids, filter_string, datasets, order_by)[:max_results]
    return found if output_format == "list" else logged_models.table(found)


def get_active_model_id() -> None:
    """None: gitmodels has no active model; a model is what was logged."""
    return None
