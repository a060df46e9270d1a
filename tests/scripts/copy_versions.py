"""Promote across models: copy a version, tags and all, into the production name."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso

X, y = load_diabetes(return_X_y=True)
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(Lasso(alpha=0.1).fit(X, y), name="lasso", registered_model_name="dev.lasso")

client = MlflowClient()
client.set_model_version_tag("dev.lasso", 1, "checked", "true")
client.set_registered_model_alias("dev.lasso", "candidate", 1)
copied = client.copy_model_version(src_model_uri="models:/dev.lasso@candidate", dst_name="prod.lasso")
print(copied.name, copied.version, copied.tags, copied.source)
again = client.copy_model_version("models:/dev.lasso/1", "prod.lasso")
print(again.name, again.version, again.run_id == run.info.run_id)
print(mlflow.sklearn.load_model("models:/prod.lasso/1").alpha)
print([model.name for model in client.search_registered_models()])
try:
    client.copy_model_version("models:/dev.lasso/9", "prod.lasso")
except mlflow.MlflowException as error:
    print(error.error_code, error.message)
