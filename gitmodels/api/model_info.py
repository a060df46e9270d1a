"""ModelInfo: what logging or looking up a model answers, with MLflow's attributes (mlflow/models/model.py, 3.17)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitmodels.api.entity import Entity

if TYPE_CHECKING:
    from gitmodels.mlmodel.file import ModelFile
    from gitmodels.mlmodel.signature import ModelSignature


@dataclass(frozen=True, slots=True, repr=False)
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
