"""ModelInfo: what logging or looking up a model answers, with MLflow's attributes (mlflow/models/model.py, 3.17)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gitmodels import html
from gitmodels.api.entity import Entity
from gitmodels.values import field, frozen

if TYPE_CHECKING:
    from gitmodels.mlmodel.file import ModelFile
    from gitmodels.mlmodel.signature import ModelSignature


@frozen
class ModelInfo(Entity):
    """A logged model. ``model_uri`` is ``models:/<model id>``; ``registered_model_version`` None unless registered."""

    artifact_path: str
    flavors: Mapping[str, Any]
    model_uri: str
    model_uuid: str
    run_id: str | None = None
    saved_input_example_info: Mapping[str, Any] | None = None
    signature: "ModelSignature | None" = None
    utc_time_created: str = ""
    mlflow_version: str | None = None
    metadata: Mapping[str, Any] | None = None
    registered_model_version: int | None = None
    env_vars: list[str] | None = None
    prompts: list[str] | None = None
    model_id: str | None = None
    name: str | None = None
    creation_timestamp: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: list[Any] = field(default_factory=list)
    tags: Mapping[str, str] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        sides = self.signature.to_dict() if self.signature is not None else {}
        rows = {
            "model_uri": self.model_uri,
            "run_id": self.run_id,
            "registered as version": self.registered_model_version,
            "flavors": sorted(self.flavors),
            "inputs": sides.get("inputs"),
            "outputs": sides.get("outputs"),
            "created": self.utc_time_created,
            "params": self.params,
            "tags": self.tags,
        }
        return html.table(f"Model {self.name}", rows)

    @property
    def signature_dict(self) -> dict[str, Any] | None:
        """The signature as MLmodel holds it."""
        return None if self.signature is None else self.signature.to_dict()


def of_file(file: "ModelFile", model_uri: str, name: str, **known: Any) -> ModelInfo:
    """The info of a model from its MLmodel file and what its record knows."""
    return ModelInfo(
        artifact_path=name,
        flavors=file.flavors,
        model_uri=model_uri,
        model_uuid=file.model_uuid or "",
        run_id=file.run_id,
        saved_input_example_info=file.saved_input_example_info,
        signature=file.signature,
        utc_time_created=file.utc_time_created or "",
        mlflow_version=file.mlflow_version,
        metadata=file.metadata,
        model_id=file.model_id,
        name=name,
        **known,
    )
