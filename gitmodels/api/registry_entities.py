"""MLflow's registry entities: RegisteredModel, ModelVersion and what hangs on them. Values; they ask nobody.

Attribute names and types are MLflow's (mlflow/entities/model_registry, 3.17): times in ms since the epoch, versions
int, tags dict.
"""

from dataclasses import dataclass, field

from gitmodels.api.entity import Entity
from gitmodels.api.run_entities import Metric

__all__ = ["ModelVersion", "ModelVersionTag", "RegisteredModel", "RegisteredModelAlias", "RegisteredModelTag"]


@dataclass(frozen=True, slots=True, repr=False)
class ModelVersion(Entity):
    """One version of a registered model."""

    name: str
    version: int
    creation_timestamp: int
    last_updated_timestamp: int | None = None
    description: str | None = None
    user_id: str | None = None
    current_stage: str | None = "None"
    source: str | None = None
    run_id: str | None = None
    status: str = "READY"
    status_message: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    run_link: str | None = None
    aliases: list[str] = field(default_factory=list)
    model_id: str | None = None
    params: dict[str, str] | None = None
    metrics: list[Metric] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class RegisteredModel(Entity):
    """A registered model; ``latest_versions`` holds the newest version per stage, ``aliases`` name → version."""

    name: str
    creation_timestamp: int | None = None
    last_updated_timestamp: int | None = None
    description: str | None = None
    latest_versions: list[ModelVersion] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class RegisteredModelTag(Entity):
    """A tag of a registered model."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, repr=False)
class ModelVersionTag(Entity):
    """A tag of a version."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, repr=False)
class RegisteredModelAlias(Entity):
    """An alias of a registered model and the version it points at."""

    alias: str
    version: int
