"""What a run measured of registered models becomes evaluations beside their versions when the run ends.

Of a model that was registered before, all that the run measured for its id; of one that the run logged and registered
itself, what the version's snapshot of the run does not hold yet. One evaluation per version and data set. This room
never keeps a run from ending: what cannot be noted is logged as a warning, and stays in the run.
"""

import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any

from gitmodels import digest
from gitmodels.api import content
from gitmodels.errors import GitModelsError
from gitmodels.registry import by_content
from gitmodels.registry.changes import evaluations
from gitmodels.registry.evaluations import Evaluation, Measured
from gitmodels.registry.state import State, Version
from gitmodels.repo import Repo
from gitmodels.runs.records import Metric, Run

_log = logging.getLogger("gitmodels")
# So many of the newest operations are looked through for what the run itself registered.
_LOOKED_BACK = 1000
# One series of a metric's values: its data set by name and digest.
_Data = tuple[str | None, str | None]


def note(repo: Repo, run: Run) -> None:
    """Note what ``run``, which has ended, measured of registered versions. Asked twice, it is noted once."""
    if not run.metrics or not (run.models or any(metric.model_id for metric in run.metrics)):
        return
    try:
        state = repo.registry.state()
        if state.commit is None:
            return
        for version in _measured(repo, state, run):
            for data, metrics in _by_data(version, run, _metrics(repo, version, run)).items():
                _commit(repo, version, run, data, metrics)
    except (GitModelsError, OSError) as error:
        _log.warning("what the run %s measured was not noted beside registered versions: %s", run.name, error)


def _measured(repo: Repo, state: State, run: Run) -> Iterator[Version]:
    logged = {link.model_id for link in run.models}
    earlier = {metric.model_id for metric in run.metrics if metric.model_id} - logged
    yield from by_content.versions(state, earlier)
    if logged:
        yield from _registered_by(repo, state, run, logged)


def _registered_by(repo: Repo, state: State, run: Run, logged: set[str]) -> Iterator[Version]:
    """The versions that were registered from the run while it went on."""
    from gitmodels.git.history import History

    names = set()
    for commit in History(repo.git).log(str(state.commit), limit=_LOOKED_BACK):
        if commit.when_ms and commit.when_ms // 1000 < run.started // 1000:
            break
        if commit.trailers.get("Gitmodels-Kind") == "register":
            names.add(commit.trailers.get("Gitmodels-Model"))
    for name in sorted(filter(None, names)):
        if state.find_model(name) is not None:
            for version in state.versions(name):
                if version.record.model_id in logged and version.record.run_id == run.id:
                    yield version


def _metrics(repo: Repo, version: Version, run: Run) -> Iterable[Metric]:
    """What the run measured of the version's content: for its id; and where it logged no other model, for no id too."""
    logged = {link.model_id for link in run.models}
    if version.record.run_id == run.id and logged == {version.record.model_id}:
        return repo.runs.models.measured(run, version.record.model_id)
    return [metric for metric in run.metrics if metric.model_id == version.record.model_id]


def _by_data(version: Version, run: Run, metrics: Iterable[Metric]) -> dict[_Data, dict[str, float]]:
    """The metrics by data set, but for what the version says already."""
    told = _told(version.record.run) if version.record.run_id == run.id else set()
    found: dict[_Data, dict[str, float]] = {}
    for metric in sorted(metrics, key=lambda metric: metric.order):
        data = metric.dataset_name, metric.dataset_digest
        if _row(metric.key, *data, metric.value) not in told:
            found.setdefault(data, {})[metric.key] = metric.value
    return found


def _told(snapshot: dict[str, Any]) -> set[str]:
    rows = snapshot.get("metrics")
    known = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    data = [row["dataset"] if isinstance(row.get("dataset"), dict) else {} for row in known]
    return {
        _row(row.get("key"), one.get("name"), one.get("digest"), row.get("value"))
        for row, one in zip(known, data, strict=True)
    }


def _row(key: Any, name: Any, digest: Any, value: Any) -> str:
    # As text: a metric that is NaN is equal to itself there.
    return json.dumps([key, name, digest, value])


def _commit(repo: Repo, version: Version, run: Run, data: _Data, metrics: dict[str, float]) -> None:
    name, fingerprint = data
    new = Evaluation(
        manifest=version.record.manifest,
        metrics=metrics,
        dataset=None if name is None else Measured(name, fingerprint),
        run={"id": run.id, "name": run.name},
        code=content.code_of(run.code),
    )
    # The same ending of the same run is the same operation, however often it is told.
    told = json.dumps([run.id, version.name, version.number, version.record.manifest, data, sorted(metrics.items())])
    op = digest.of_bytes(told.encode())[:32]
    repo.registry.apply(lambda state, at: evaluations.add(state, version.name, version.number, new, at), op=op)
