"""What MLflow's tracking store knows of a new version: its run, its logged model, their parameters and metrics.

This room asks MLflow's client and translates; what it found is kept with the version, so that nothing reviewed later
depends on the tracking server.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from gitmodels.fields import finite, present
from gitmodels.mlmodel.redaction import is_secret, redact_urls
from gitmodels.values import field, frozen

_COMMIT = "mlflow.source.git.commit"
_BRANCH = "mlflow.source.git.branch"


@frozen
class Lineage:
    """Where a model comes from. ``roots`` are the artifact locations that belong to it, ``location`` that of its own.

    ``run`` is the snapshot that a version record keeps, ``code`` what was checked out.
    """

    run_id: str | None = None
    location: str | None = None
    roots: tuple[str, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)
    code: Mapping[str, Any] = field(default_factory=dict)


class Tracking:
    """The tracking store at ``uri``, or the one in force."""

    def __init__(self, uri: str | None) -> None:
        self.uri = uri

    @cached_property
    def _client(self) -> Any:
        """MLflow's client, made when it is asked: only opening a tracking store makes one where there is none."""
        from mlflow.tracking import MlflowClient

        return MlflowClient(tracking_uri=self.uri)

    def of_model(self, model_id: str, run_id: str | None) -> Lineage:
        """What is known of a logged model. Raises MlflowException."""
        model = self._client.get_logged_model(model_id)
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
        run = self._client.get_run(run_id)
        rows = [_Row(key, value) for key, value in run.data.metrics.items()]
        tags = {key: value for key, value in run.data.tags.items() if not key.startswith("mlflow.")}
        head = _snapshot(run_id, run.data.params, rows, tags) | present({"name": run.info.run_name})
        return Lineage(run_id, None, (run.info.artifact_uri,), head, _code(run.data.tags))


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
