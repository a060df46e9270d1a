"""Registry records as MLflow's entities.

This room knows both shapes and translates one way; it reads a State and changes nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from gitmodels.api.registry_entities import ModelVersion, RegisteredModel
from gitmodels.api.run_entities import Metric
from gitmodels.registry import deleted
from gitmodels.registry.search import Models
from gitmodels.registry.search_index.rows import SHOWN, ModelRow, Shown, run_metrics
from gitmodels.registry.state import State, Version


def model_version(state: State, version: Version, aliases: dict[str, int] | None = None) -> ModelVersion:
    """A version as MLflow's ModelVersion; ``aliases`` are the model's, read when they are not given.

    Lists give them. Only a version that is looked at alone tells its later evaluations, after its run's metrics.
    """
    record, meta = version.record, version.meta
    metrics = _metrics(run_metrics(record), record.run_id, record.created)
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
        params=_params(record.run.get("params")) or None,
        metrics=metrics or None,
    )


def registered_model(state: State, name: str) -> RegisteredModel:
    """A registered model as MLflow's RegisteredModel. Raises ModelNotFound."""
    record = state.model(name)
    aliases = state.aliases(name)
    versions = state.versions(name)
    newest = sorted({v.meta.stage: v for v in versions}.values(), key=lambda v: v.number)
    times = [version.model_updated for version in (*versions, *deleted.versions(state, name))]
    return RegisteredModel(
        name=record.name,
        creation_timestamp=record.created,
        last_updated_timestamp=max([record.updated, *times]),
        description=record.description,
        latest_versions=[model_version(state, version, aliases) for version in newest],
        tags=dict(record.tags),
        aliases=aliases,
    )


def found_versions(rows: Sequence[Shown], aliases: Mapping[tuple[str, int], list[str]]) -> list[ModelVersion]:
    """Versions as a search found them: what ``model_version`` tells of a version in a list."""
    if not rows:
        return []
    # Column by column: of thousands of versions each step is one loop, and none of them ours.
    columns = dict(zip(SHOWN, zip(*rows, strict=True), strict=True))
    names, numbers, runs, created = (columns[key] for key in ("name", "number", "run_id", "created"))
    metrics = map(_found_metrics, _decoded(columns["metrics"]), runs, created)
    given = {
        "name": names,
        "version": numbers,
        "creation_timestamp": created,
        "last_updated_timestamp": columns["updated"],
        "description": columns["description"],
        "user_id": [author or None for author in columns["author"]],
        "current_stage": columns["stage"],
        "source": columns["source"],
        "run_id": runs,
        "status": repeat("READY"),
        "status_message": repeat(None),
        "tags": _decoded(columns["tags"]),
        "run_link": columns["run_link"],
        "aliases": [list(aliases.get(key, ())) for key in zip(names, numbers, strict=True)],
        "model_id": columns["model_id"],
        "params": _decoded(columns["params"]),
        "metrics": metrics,
    }
    return list(map(ModelVersion, *(given[field] for field in ModelVersion.__match_args__)))


def found_model(found: Models, row: ModelRow) -> RegisteredModel:
    """A model as a search found it: what ``registered_model`` tells."""
    return RegisteredModel(
        name=row.name,
        creation_timestamp=row.created,
        last_updated_timestamp=row.updated,
        description=row.description,
        latest_versions=found_versions(found.newest.get(row.name, []), found.aliases),
        tags=dict(row.tag_pairs()),
        aliases=dict(row.alias_pairs()),
    )


def _decoded(texts: Sequence[str | None]) -> list[Any]:
    """The values of many JSON texts, each its own; equal texts, of which there are many, are read once."""
    different = {*texts}
    if 2 * len(different) > len(texts):
        read: list[Any] = json.loads(f"[{','.join([text or 'null' for text in texts])}]")
        return read
    known = {text: json.loads(text or "null") for text in different}
    return [value and value.copy() for value in map(known.__getitem__, texts)]


def _found_metrics(rows: Sequence[Any] | None, run_id: str | None, when: int) -> list[Metric] | None:
    return _metrics(rows, run_id, when) if rows else None


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


def _params(told: object) -> dict[str, str]:
    return {key: str(value) for key, value in told.items()} if isinstance(told, dict) else {}


def _metrics(rows: Iterable[Sequence[Any]], run_id: str | None, when: int) -> list[Metric]:
    return [Metric(key, value, when, step, None, name, digest, run_id) for key, value, step, name, digest in rows]
