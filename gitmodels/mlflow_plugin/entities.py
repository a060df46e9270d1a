"""Records of the registry as MLflow's entities, field by field as its SQL store fills them.

This room translates one way and asks nobody. Versions are ints, times ms since the epoch. ``user_id``, which that store
leaves empty, names who registered the version.
"""

from collections.abc import Iterable

from mlflow.entities.model_registry import (
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)

from gitmodels.mlflow_plugin.shelf import Shelf
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


def registered_model(shelf: Shelf) -> RegisteredModel:
    """A registered model with the newest version of each stage."""
    record = shelf.record
    return RegisteredModel(
        name=record.name,
        creation_timestamp=record.created,
        last_updated_timestamp=shelf.updated,
        description=record.description,
        latest_versions=[model_version(version) for version in shelf.latest],
        tags=[RegisteredModelTag(key, value) for key, value in record.tags.items()],
        aliases=[RegisteredModelAlias(alias, number) for alias, number in shelf.aliases.items()],
    )
