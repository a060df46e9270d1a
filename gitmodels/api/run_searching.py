"""Searching runs and experiments, as entities or as a table; tables of several runs put together.

This room knows which runs a search looks at and how MLflow shows them; what a filter means is known by
``gitmodels.runs.search``.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from gitmodels import filters
from gitmodels.api import run_converting
from gitmodels.api.paging import PagedList
from gitmodels.api.run_entities import Experiment, Run, ViewType
from gitmodels.errors import Invalid, NotFound
from gitmodels.repo import Repo
from gitmodels.runs import records, search

MAX_RUNS = 50_000
MAX_EXPERIMENTS = 50_000
_DELETED: Mapping[int, bool | None] = {ViewType.ACTIVE_ONLY: False, ViewType.DELETED_ONLY: True, ViewType.ALL: None}
_log = logging.getLogger("gitmodels")


def runs(
    repo: Repo,
    experiment_ids: Sequence[str] | None,
    text: str | None = None,
    view_type: int = ViewType.ACTIVE_ONLY,
    order_by: Sequence[str] | None = None,
) -> list[records.Run]:
    """The runs of these experiments (None: of all that are not deleted) that the filter keeps, in order."""
    deleted = _deleted(view_type)
    repo.runs.recover()
    wanted = {row.id for row in repo.runs.experiments.list() if not row.deleted}
    gone = {row.id for row in repo.runs.experiments.list() if row.deleted}
    if experiment_ids is not None:
        wanted = set(map(str, experiment_ids))
    # The runs of a deleted experiment count as deleted with it.
    chosen = [
        run
        for run in repo.runs.list(deleted=None)
        if run.experiment_id in wanted and deleted in (None, run.deleted or run.experiment_id in gone)
    ]
    return search.search_runs(chosen, text, order_by)


def run_page(found: Sequence[records.Run], max_results: int, page_token: str | None) -> PagedList[Run]:
    """One page of what was found, as entities."""
    shown, token = filters.page(found, max_results, page_token, MAX_RUNS)
    return PagedList([run_converting.run(run) for run in shown], token)


def experiments(
    repo: Repo,
    view_type: int = ViewType.ACTIVE_ONLY,
    text: str | None = None,
    order_by: Sequence[str] | None = None,
) -> list[Experiment]:
    """The experiments that the filter keeps, in order; by default the newest first."""
    deleted = _deleted(view_type)
    chosen = [row for row in repo.runs.experiments.list() if deleted is None or row.deleted == deleted]
    return [run_converting.experiment(row) for row in search.search_experiments(chosen, text, order_by)]


def ids_of(repo: Repo, names: Sequence[str]) -> list[str]:
    """The ids of experiments by name; a name that is not there is told and left out."""
    found = []
    for name in names:
        row = repo.runs.experiments.by_name(name)
        if row is None:
            _log.warning("Cannot retrieve experiment by name %s", name)
        else:
            found.append(row.id)
    return found


def table(rows: Sequence[Run]) -> Any:
    """Runs as a DataFrame with MLflow's columns: what a run lacks is NaN (metrics) or None."""
    import numpy as np
    import pandas as pd

    columns: dict[str, list[Any]] = {
        "run_id": [run.info.run_id for run in rows],
        "experiment_id": [run.info.experiment_id for run in rows],
        "status": [run.info.status for run in rows],
        "artifact_uri": [run.info.artifact_uri for run in rows],
        "start_time": _moments([run.info.start_time for run in rows]),
        "end_time": _moments([run.info.end_time for run in rows]),
    }
    for part, missing in (("metrics", np.nan), ("params", None), ("tags", None)):
        values = [getattr(run.data, part) for run in rows]
        for key in dict.fromkeys(key for known in values for key in known):
            columns[f"{part}.{key}"] = [known.get(key, missing) for known in values]
    return pd.DataFrame(columns)


def load_tables(
    repo: Repo,
    experiment_ids: Sequence[str],
    artifact_file: str,
    run_ids: Sequence[str] | None = None,
    extra_columns: Sequence[str] | None = None,
) -> Any:
    """The table ``artifact_file`` of every run that logged it, one below the other. Raises NotFound when none did."""
    import pandas as pd

    from gitmodels.api import artifact_writing

    found = [
        run_converting.run(run)
        for run in runs(repo, experiment_ids)
        if artifact_file in artifact_writing.tables(run.tags) and (run_ids is None or run.id in run_ids)
    ]
    if run_ids and len(found) != len(run_ids):
        _log.warning("Not all runs have the specified table artifact. Some runs will be skipped.")
    if not found:
        raise NotFound("No runs found with the corresponding table artifact.")
    frames = []
    known = table(found)
    for place, run in enumerate(found):
        frame = artifact_writing.load_table(repo, run.info.run_id, artifact_file)
        for column in extra_columns or ():
            if column not in known:
                raise Invalid(f"no such column of search_runs: {column!r}", hint=", ".join(known.columns[:6]))
            frame[f"{column}_" if column in frame else column] = known[column].iloc[place]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _moments(times: list[Any]) -> Any:
    import pandas as pd

    return pd.to_datetime(pd.Series(times, dtype="Int64"), unit="ms", utc=True)


def _deleted(view_type: int) -> bool | None:
    if view_type not in _DELETED:
        raise Invalid(f"not a view type: {view_type!r}", hint="ViewType.ACTIVE_ONLY, DELETED_ONLY or ALL")
    return _DELETED[view_type]
