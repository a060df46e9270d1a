"""Registry records as MLflow's entities.

This room knows both shapes and translates one way; it reads a State and changes nothing.
"""

from gitmodels.api.registry_entities import ModelVersion, RegisteredModel
from gitmodels.api.run_entities import Metric
from gitmodels.fields import finite
from gitmodels.registry.state import State, Version


def model_version(state: State, version: Version, aliases: dict[str, int] | None = None) -> ModelVersion:
    """A version as MLflow's ModelVersion; ``aliases`` are the model's, read when they are not given.

    Lists give them. Only a version that is looked at alone tells its later evaluations, after its run's metrics.
    """
    record, meta = version.record, version.meta
    metrics = _metrics(record.run.get("metrics"), record.run_id, record.created)
    if aliases is None:
        metrics += _evaluated(state, version)
    known = state.aliases(version.name) if aliases is None else aliases
    return ModelVersion(
        name=version.name,
        version=version.number,
        creation_timestamp=record.created,
        last_updated_timestamp=version.updated,
        description=meta.description,
        user_id=record.author or None,
        current_stage=meta.stage,
        source=record.source or f"models:/{record.model_id}",
        run_id=record.run_id,
        tags=dict(meta.tags),
        run_link=record.run_link,
        aliases=[alias for alias, number in known.items() if number == version.number],
        model_id=record.model_id,
        params={key: str(value) for key, value in (record.run.get("params") or {}).items()} or None,
        metrics=metrics or None,
    )


def registered_model(state: State, name: str) -> RegisteredModel:
    """A registered model as MLflow's RegisteredModel. Raises ModelNotFound."""
    record = state.model(name)
    aliases = state.aliases(name)
    versions = state.versions(name)
    newest = {version.meta.stage: version for version in versions}
    times = [record.updated, *(v.record.created for v in versions[-1:]), *(v.updated for v in newest.values())]
    return RegisteredModel(
        name=record.name,
        creation_timestamp=record.created,
        last_updated_timestamp=max(times),
        description=record.description,
        latest_versions=[model_version(state, version, aliases) for version in newest.values()],
        tags=dict(record.tags),
        aliases=aliases,
    )


def _evaluated(state: State, version: Version) -> list[Metric]:
    from gitmodels.registry import evaluations

    return [
        Metric(
            key,
            value,
            one.created,
            model_id=version.record.model_id,
            dataset_name=None if one.dataset is None else one.dataset.name,
            dataset_digest=None if one.dataset is None else one.dataset.digest,
            run_id=one.run.get("id"),
        )
        for one in evaluations.of_version(state, version.name, version.number, version.record.manifest)
        for key, value in one.metrics.items()
    ]


def _metrics(rows: object, run_id: str | None, when: int) -> list[Metric]:
    found = []
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("key"), str) and finite(row.get("value")):
            dataset = row["dataset"] if isinstance(row.get("dataset"), dict) else {}
            found.append(
                Metric(
                    row["key"],
                    float(row["value"]),
                    when,
                    step=row["step"] if isinstance(row.get("step"), int) else 0,
                    dataset_name=dataset.get("name"),
                    dataset_digest=dataset.get("digest"),
                    run_id=run_id,
                )
            )
    return found
