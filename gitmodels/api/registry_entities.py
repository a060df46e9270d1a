"""MLflow's registry entities: RegisteredModel, ModelVersion and what hangs on them. Values; they ask nobody.

Attribute names and types are MLflow's (mlflow/entities/model_registry, 3.17): times in ms since the epoch, versions
int, tags dict.
"""

from gitmodels import html
from gitmodels.api.entity import Entity
from gitmodels.api.run_entities import Metric
from gitmodels.fields import format_time
from gitmodels.values import field, frozen

__all__ = ["ModelVersion", "ModelVersionTag", "RegisteredModel", "RegisteredModelAlias", "RegisteredModelTag"]


@frozen
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

    def _repr_html_(self) -> str:
        rows = {
            "model_id": self.model_id,
            "created": format_time(self.creation_timestamp),
            "by": self.user_id,
            "description": self.description,
            "stage": None if self.current_stage == "None" else self.current_stage,
            "aliases": self.aliases,
            "tags": self.tags,
            "run_id": self.run_id,
            "source": self.source,
            "params": self.params,
            "metrics": {metric.key: metric.value for metric in self.metrics or ()},
        }
        return html.table(f"{self.name} v{self.version}", rows)


@frozen
class RegisteredModel(Entity):
    """A registered model; ``latest_versions`` holds the newest version per stage, ``aliases`` name → version."""

    name: str
    creation_timestamp: int | None = None
    last_updated_timestamp: int | None = None
    description: str | None = None
    latest_versions: list[ModelVersion] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        rows = {
            "description": self.description,
            "created": format_time(self.creation_timestamp) if self.creation_timestamp else None,
            "latest": [f"v{version.version}" for version in self.latest_versions],
            "aliases": {alias: f"v{number}" for alias, number in self.aliases.items()},
            "tags": self.tags,
        }
        return html.table(f"Model {self.name}", rows)


@frozen
class RegisteredModelTag(Entity):
    """A tag of a registered model."""

    key: str
    value: str


@frozen
class ModelVersionTag(Entity):
    """A tag of a version."""

    key: str
    value: str


@frozen
class RegisteredModelAlias(Entity):
    """An alias of a registered model and the version it points at."""

    alias: str
    version: int
