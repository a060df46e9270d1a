"""What MLflow's tracking store knows of a new version: its run, its logged model, their parameters and metrics.

This room asks MLflow's client and translates; what it found is kept with the version, so that nothing reviewed later
depends on the tracking server.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from gitmodels.fields import finite, present
from gitmodels.mlmodel.redaction import is_secret, redact_urls
from gitmodels.patterns import pattern
from gitmodels.values import field, frozen, replace

_COMMIT = "mlflow.source.git.commit"
_BRANCH = "mlflow.source.git.branch"
_ID = pattern(r"[0-9A-Za-z_-]{1,64}")
# So many runs are asked for at once.
_MANY = 100


@frozen
class Lineage:
    """Where a model comes from. ``roots`` are the artifact locations that belong to it, ``location`` that of its own.

    ``run`` is the snapshot that a version record keeps, ``user`` who ran it, ``code`` what was checked out.
    """

    run_id: str | None = None
    location: str | None = None
    roots: tuple[str, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, Any] = field(default_factory=dict)
    user: str | None = None


class Tracking:
    """The tracking store at ``uri``, or the one in force."""

    def __init__(self, uri: str | None) -> None:
        self.uri = uri
        self._runs: dict[str, Any] = {}
        self._models: dict[str, Any] = {}

    @cached_property
    def _client(self) -> Any:
        """MLflow's client, made when it is asked: only opening a tracking store makes one where there is none."""
        from mlflow.tracking import MlflowClient

        return MlflowClient(tracking_uri=self.uri)

    def of_model(self, model_id: str, run_id: str | None) -> Lineage:
        """What is known of a logged model. Raises MlflowException."""
        model = self._models.get(model_id) or self._client.get_logged_model(model_id)
        run_id = run_id or model.source_run_id
        return Lineage(
            run_id,
            model.artifact_location,
            (model.artifact_location,),
            _snapshot(run_id, model.params or {}, model.metrics or (), {}),
            _code(model.tags or {}),
        )

    def of_run(self, run_id: str) -> Lineage:
        """What is known of a run. Raises MlflowException."""
        run = self._runs.get(run_id) or self._client.get_run(run_id)
        rows = [_Row(key, value) for key, value in run.data.metrics.items()]
        tags = {key: value for key, value in run.data.tags.items() if not key.startswith("mlflow.")}
        head = _snapshot(run_id, run.data.params, rows, tags) | present({"name": run.info.run_name})
        return Lineage(run_id, None, (run.info.artifact_uri,), head, _code(run.data.tags), run.info.user_id or None)

    def of_both(self, model_id: str, run_id: str | None) -> Lineage:
        """What is known of a logged model and of the run that it came from, deleted or gone. Raises MlflowException."""
        own = self.of_model(model_id, run_id)
        if own.run_id is None:
            return own
        run = self.of_run(own.run_id)
        rows = list(own.run.get("metrics", ()))
        # What was measured of the model itself says on which data, too.
        known = {row["key"] for row in rows}
        rows += [row for row in run.run.get("metrics", ()) if row["key"] not in known]
        told = {"params": {**run.run.get("params", {}), **own.run.get("params", {})}, "metrics": rows}
        snapshot = {**run.run, **present(told)}
        return replace(run, location=own.location, roots=own.roots + run.roots, run=snapshot, code=run.code or own.code)

    def look_up(self, runs: Iterable[str], models: Iterable[str]) -> None:
        """Ask for many at once, so that they are not asked for one by one. Raises MlflowException."""
        from mlflow.entities import ViewType

        wanted = [sorted(set(each)) for each in (runs, models)]
        if not any(wanted):
            return
        found = _pages(self._client.search_experiments, view_type=ViewType.ALL)
        experiments = [experiment.experiment_id for experiment in found]
        options = {"run_view_type": ViewType.ALL, "experiment_ids": experiments}
        for ids in _several(wanted[0]):
            asked = f"attributes.run_id IN ({', '.join(repr(each) for each in ids)})"
            for run in _pages(self._client.search_runs, filter_string=asked, **options):
                self._runs[run.info.run_id] = run
        # There is no filter by their ids; where only a few are wanted they are asked for one by one.
        if len(wanted[1]) > _MANY and experiments:
            for model in _pages(self._client.search_logged_models, experiment_ids=experiments):
                self._models[model.model_id] = model


def _pages(search: Any, **options: Any) -> Iterator[Any]:
    token = None
    while True:
        page = search(page_token=token, **options)
        yield from page
        token = page.token
        if not token:
            return


def _several(ids: list[str]) -> Iterator[list[str]]:
    plain = [each for each in ids if _ID.fullmatch(each)]
    for start in range(0, len(plain), _MANY):
        yield plain[start : start + _MANY]


@frozen
class _Row:
    key: str
    value: float
    dataset_name: str | None = None
    dataset_digest: str | None = None


def _snapshot(run_id: str | None, params: Mapping[str, str], rows: Any, tags: Mapping[str, str]) -> dict[str, Any]:
    if not run_id:
        return {}
    metrics = [
        {"key": row.key, "value": float(row.value)}
        | present({"dataset": present({"name": row.dataset_name, "digest": row.dataset_digest})})
        for row in rows
        if finite(row.value)
    ]
    told = {"params": _shareable(params), "metrics": metrics, "tags": _shareable(tags)}
    return {"id": run_id} | present(told)


def _shareable(values: Mapping[str, str]) -> dict[str, str]:
    return {key: redact_urls(str(text)) for key, text in sorted(values.items()) if not is_secret(key, str(text))}


def _code(tags: Mapping[str, str]) -> dict[str, Any]:
    commit = tags.get(_COMMIT)
    return {"commit": commit} | present({"branch": tags.get(_BRANCH)}) if commit else {}
