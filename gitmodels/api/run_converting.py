"""Run records as MLflow's entities. This room knows both shapes and translates one way."""

from gitmodels.api import run_entities
from gitmodels.api.run_entities import LoggedModelOutput, RunData, RunInfo, RunOutputs
from gitmodels.runs import records


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
            tags=_system_tags(record) | dict(record.tags),
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


def _system_tags(record: records.Run) -> dict[str, str]:
    tags = {"mlflow.user": record.user, "mlflow.runName": record.name}
    if record.code.commit:
        tags["mlflow.source.git.commit"] = record.code.commit
    return tags
