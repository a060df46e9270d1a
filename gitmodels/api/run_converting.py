"""Run records as MLflow's entities. This room knows both shapes and translates one way."""

from collections.abc import Iterable, Sequence

from gitmodels.api import run_entities
from gitmodels.api.dataset_uses import CONTEXT
from gitmodels.api.run_entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModel,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    RunData,
    RunInfo,
    RunInputs,
    RunOutputs,
)
from gitmodels.runs import records, search


def run(record: records.Run) -> run_entities.Run:
    """A run as MLflow's Run, with the tags MLflow would have set."""
    return run_entities.Run(
        RunInfo(
            run_id=record.id,
            run_name=record.name,
            experiment_id=record.experiment_id,
            user_id=record.user,
            status=record.status,
            start_time=record.started,
            end_time=record.ended,
            lifecycle_stage="deleted" if record.deleted else "active",
            artifact_uri=f"runs:/{record.id}",
        ),
        RunData(
            metrics={key: metric.value for key, metric in sorted(record.latest().items())},
            params=dict(record.params),
            tags=search.tags_of(record),
        ),
        inputs=RunInputs(
            [_dataset_input(use) for use in record.datasets], [LoggedModelInput(one) for one in _measured(record)]
        ),
        outputs=RunOutputs([LoggedModelOutput(link.model_id, link.step) for link in record.models]),
    )


def experiment(record: records.Experiment) -> run_entities.Experiment:
    """An experiment as MLflow's Experiment."""
    return run_entities.Experiment(
        experiment_id=record.id,
        name=record.name,
        lifecycle_stage="deleted" if record.deleted else "active",
        tags=dict(record.tags),
        creation_time=record.created,
        last_update_time=record.updated,
    )


def metric(record: records.Metric, run_id: str | None = None) -> Metric:
    """One value of a metric as MLflow's Metric."""
    return Metric(
        key=record.key,
        value=record.value,
        timestamp=record.timestamp,
        step=record.step,
        model_id=record.model_id,
        dataset_name=record.dataset_name,
        dataset_digest=record.dataset_digest,
        run_id=run_id,
    )


def metric_history(points: Iterable[records.Metric]) -> list[Metric]:
    """All values of a metric in a run, each once: one that was noted for several models is one value of the run."""
    found: dict[tuple[int, int, str], Metric] = {}
    for point in points:
        found.setdefault((point.step, point.timestamp, repr(point.value)), metric(point))
    return list(found.values())


def logged_model(loggings: Sequence[records.LoggedModel], metrics: Iterable[tuple[str, records.Metric]]) -> LoggedModel:
    """A content that was logged, once or several times (the latest last), with what any run measured for it."""
    latest = loggings[-1]
    return LoggedModel(
        model_id=latest.model_id,
        name=latest.name,
        experiment_id=records.experiment_id(latest.experiment),
        artifact_location=f"models:/{latest.model_id}",
        creation_timestamp=latest.time,
        last_updated_timestamp=max(latest.updated, latest.time),
        model_type=latest.model_type,
        source_run_id=latest.run_id,
        tags=dict(latest.tags),
        params=dict(latest.params),
        metrics=[metric(one, run_id) for run_id, one in metrics],
    )


def _dataset_input(use: records.DatasetUse) -> DatasetInput:
    tags = [InputTag(key, value) for key, value in sorted(use.tags.items())]
    return DatasetInput(Dataset(use.name, use.digest), tags + ([InputTag(CONTEXT, use.context)] if use.context else []))


def _measured(record: records.Run) -> list[str]:
    """The models that a run read or measured and did not log."""
    made = {link.model_id for link in record.models}
    return sorted({*record.used, *(one.model_id for one in record.metrics if one.model_id)} - made)
