"""A script as MLflow's tutorials write it: the guide for people who come from MLflow shows it beside ours."""

import mlflow
import mlflow.sklearn
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True, as_frame=True)
mlflow.set_experiment("iris")

with mlflow.start_run():
    model = LogisticRegression(max_iter=200).fit(X, y)
    mlflow.log_params({"max_iter": 200})
    mlflow.log_metric("accuracy", round(model.score(X, y), 2))
    mlflow.sklearn.log_model(
        model,
        name="model",
        signature=infer_signature(X, model.predict(X)),
        registered_model_name="iris",
    )

client = MlflowClient()
client.set_registered_model_alias("iris", "champion", 1)
client.set_model_version_tag("iris", "1", "checked", "yes")

loaded = mlflow.pyfunc.load_model("models:/iris@champion")
print(loaded.predict(X.head(3)))

try:
    client.get_model_version("iris", "9")
except mlflow.MlflowException as error:
    print(error.error_code, error.message)
