"""Entities as pairs, and as text: what scripts print when they look around."""

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from sklearn.datasets import load_iris
from sklearn.tree import ExtraTreeClassifier

X, y = load_iris(return_X_y=True)
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(
        ExtraTreeClassifier(random_state=0).fit(X, y),
        name="m",
        serialization_format="pickle",
        registered_model_name="iris",
    )
client = MlflowClient()
client.set_registered_model_tag("iris", "task", "classification")
client.set_registered_model_alias("iris", "champion", 1)
version = client.get_model_version("iris", 1)
model = client.get_registered_model("iris")
print(isinstance(version, ModelVersion), isinstance(model, RegisteredModel))
print(
    {key: value for key, value in version if key in ("name", "version", "tags", "status", "current_stage", "run_link")}
)
pairs = dict(model)
print({key: pairs[key] for key in ("name", "description", "tags", "aliases")})
print(repr(version).startswith("<ModelVersion: aliases="), repr(model).startswith("<RegisteredModel: aliases="))
for latest in model.latest_versions:
    print(latest.name, latest.version, latest.current_stage, latest.creation_timestamp > 1_600_000_000_000)
print(sorted(run.to_dictionary()))
print(sorted(run.to_dictionary()["info"])[:4], run.info.status)
print(type(version.last_updated_timestamp).__name__, version.version == 1)
