"""Tags of registered models and versions: set, overwrite, clear; values become text."""

import mlflow
from mlflow.tracking import MlflowClient
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

X, y = load_diabetes(return_X_y=True)
mlflow.sklearn.log_model(Ridge().fit(X, y), name="ridge", registered_model_name="diabetes")

client = MlflowClient()
client.set_registered_model_tag("diabetes", "task", "regression")
client.set_model_version_tag("diabetes", "1", "validation_status", "pending")
client.set_model_version_tag("diabetes", 1, "validation_status", "approved")
client.set_model_version_tag(name="diabetes", version=1, key="rows", value=len(X))
mlflow.set_model_version_tag("diabetes", 1, "owner", "ana")
version = client.get_model_version("diabetes", 1)
print(sorted(version.tags.items()))
client.delete_model_version_tag("diabetes", 1, "rows")
print(sorted(client.get_model_version("diabetes", 1).tags))
print(client.get_registered_model("diabetes").tags)
print(client.get_registered_model("diabetes").latest_versions[0].tags["owner"])
