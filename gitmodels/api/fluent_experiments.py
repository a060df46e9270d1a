"""The fluent verbs for experiments, and searching runs: ``create_experiment``, ``search_runs`` and their kin.

Thin: what an experiment is stands in ``gitmodels.runs``; what a search looks at in ``run_searching``.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from gitmodels.api import context, fluent_runs, run_converting, run_searching
from gitmodels.api.run_entities import Experiment, Run, ViewType
from gitmodels.errors import Invalid
from gitmodels.repo import Repo


def create_experiment(
    name: str,
    artifact_location: str | None = None,
    tags: Mapping[str, Any] | None = None,
    trace_location: Any = None,
) -> str:
    """A new experiment; gives its id. Raises AlreadyExists, Invalid for a bad name or tag."""
    return create(context.repository(), name, artifact_location, tags)


def create(repo: Repo, name: str, artifact_location: str | None, tags: Mapping[str, Any] | None) -> str:
    """As ``create_experiment``, in a repository that is named."""
    if artifact_location is not None:
        warnings.warn(
            "artifact_location is ignored: artifacts go to the object store of the repository",
            UserWarning,
            stacklevel=3,
        )
    return repo.runs.experiments.create(name, tags).id


def get_experiment(experiment_id: str) -> Experiment:
    """One experiment, a deleted one too. Raises NotFound."""
    return run_converting.experiment(context.repository().runs.experiments.get(str(experiment_id)))


def get_experiment_by_name(name: str) -> Experiment | None:
    """The experiment of that name, a deleted one too; None when there is none."""
    found = context.repository().runs.experiments.by_name(name)
    return None if found is None else run_converting.experiment(found)


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: Sequence[str] | None = None,
) -> list[Experiment]:
    """The experiments that the filter keeps, the newest first unless ``order_by`` says otherwise. Raises Invalid."""
    return run_searching.experiments(context.repository(), view_type, filter_string, order_by)[:max_results]


def delete_experiment(experiment_id: str) -> None:
    """Mark an experiment, and its runs with it, as deleted. Raises NotFound; Invalid for Default."""
    context.repository().runs.experiments.set_deleted(str(experiment_id), True)


def restore_experiment(experiment_id: str) -> None:
    """Bring a deleted experiment back. Raises NotFound."""
    context.repository().runs.experiments.set_deleted(str(experiment_id), False)


def set_experiment_tag(key: str, value: Any) -> None:
    """Set one tag of the experiment that runs belong to now."""
    set_experiment_tags({key: value})


def set_experiment_tags(tags: Mapping[str, Any]) -> None:
    """Set tags of the experiment that runs belong to now."""
    context.repository().runs.experiments.set_tags(fluent_runs.existing_experiment_id(), tags)


def delete_experiment_tag(key: str) -> None:
    """Take a tag of the experiment that runs belong to now away. Raises NotFound when it has no such tag."""
    context.repository().runs.experiments.set_tags(fluent_runs.existing_experiment_id(), {}, delete=(key,))


def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = 100_000,
    order_by: Sequence[str] | None = None,
    output_format: str = "pandas",
    search_all_experiments: bool = False,
    experiment_names: Sequence[str] | None = None,
) -> Any:
    """The runs that the filter keeps, the newest first, as a DataFrame or (``output_format="list"``) a list of Run.

    Looks at the experiments that are named, or at that of the active run and ``set_experiment``, or at all. A filter
    joins comparisons by AND: ``metrics.auc > 0.9 AND params.depth = '4' AND tags.team LIKE 'r%'``. Raises Invalid.
    """
    if output_format not in ("pandas", "list"):
        raise Invalid(f"Unsupported output format: {output_format}. Supported string values are 'pandas' or 'list'")
    repo = context.repository()
    ids = _looked_at(repo, experiment_ids, experiment_names, search_all_experiments)
    found = run_searching.runs(repo, ids, filter_string, run_view_type, order_by)
    runs: list[Run] = [run_converting.run(run) for run in found[: None if max_results is None else max(max_results, 0)]]
    return runs if output_format == "list" else run_searching.table(runs)


def _looked_at(
    repo: Repo, ids: Sequence[str] | None, names: Sequence[str] | None, everywhere: bool
) -> Sequence[str] | None:
    if ids and names:
        raise Invalid("Only experiment_ids or experiment_names can be used, but not both")
    if names:
        return run_searching.ids_of(repo, names)
    if ids:
        if isinstance(ids, str):
            raise Invalid("experiment_ids is a list of ids, not one text", hint=f"experiment_ids=[{ids[:40]!r}]")
        return ids
    return None if everywhere else [fluent_runs.experiment_id()]
