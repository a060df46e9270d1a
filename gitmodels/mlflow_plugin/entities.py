"""Records of the registry as MLflow's entities, field by field as its SQL store fills them.

This room translates one way and asks nobody. Versions are ints, times ms since the epoch. ``user_id``, which that store
leaves empty, names who registered the version.
"""

import json
from collections.abc import Iterable, Sequence

from mlflow.entities.model_registry import (
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)

from gitmodels.mlflow_plugin.shelf import Shelf
from gitmodels.registry.search_index.rows import ModelRow, Shown
from gitmodels.registry.state import Version


def model_version(version: Version, aliases: Iterable[str] = ()) -> ModelVersion:
    """A version, with the aliases that point at it."""
    record, meta = version.record, version.meta
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
        tags=[ModelVersionTag(key, value) for key, value in meta.tags.items()],
        run_link=record.run_link,
        aliases=list(aliases),
    )


def found_version(row: Shown) -> ModelVersion:
    """A version as a search found it. As in MLflow's SQL store its aliases are not told."""
    name, number, created, updated, description, author, stage, source, run_id, run_link, _, tags, _, _ = row
    return ModelVersion(
        name=name,
        version=number,
        creation_timestamp=created,
        last_updated_timestamp=updated,
        description=description,
        user_id=author or None,
        current_stage=stage,
        source=source,
        run_id=run_id,
        tags=[ModelVersionTag(key, value) for key, value in json.loads(tags).items()],
        run_link=run_link,
        aliases=[],
    )


def registered_model(shelf: Shelf) -> RegisteredModel:
    """A registered model with the newest version of each stage."""
    record = shelf.record
    return RegisteredModel(
        name=record.name,
        creation_timestamp=record.created,
        last_updated_timestamp=shelf.updated,
        description=record.description,
        latest_versions=[model_version(version) for version in shelf.contents.latest],
        tags=[RegisteredModelTag(key, value) for key, value in record.tags.items()],
        aliases=[RegisteredModelAlias(alias, number) for alias, number in shelf.aliases.items()],
    )


def found_model(row: ModelRow, newest: Sequence[Shown]) -> RegisteredModel:
    """A registered model as a search found it, with the ``newest`` version of each stage."""
    return RegisteredModel(
        name=row.name,
        creation_timestamp=row.created,
        last_updated_timestamp=row.updated,
        description=row.description,
        latest_versions=[found_version(version) for version in newest],
        tags=[RegisteredModelTag(key, value) for key, value in row.tag_pairs()],
        aliases=[RegisteredModelAlias(alias, number) for alias, number in row.alias_pairs()],
    )
