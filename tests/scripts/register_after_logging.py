"""Register what a run logged, later, with tags; the version remembers its run."""

from pprint import pprint

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True)
with mlflow.start_run() as run:
    mlflow.sklearn.log_model(LogisticRegression(max_iter=500).fit(X, y), name="linear")

result = mlflow.register_model(f"runs:/{run.info.run_id}/linear", "iris-linear", tags={"stage": "candidate"})
print(result.name, result.version, result.tags)

client = MlflowClient()
version = client.get_model_version("iris-linear", result.version)
print(version.run_id == run.info.run_id, version.status, version.current_stage)
pprint(
    {key: value for key, value in dict(version).items() if key in ("name", "version", "tags", "status", "description")}
)
same = client.get_model_version("iris-linear", "1")
print(same.name, same.version, same.tags)
print(mlflow.pyfunc.load_model("models:/iris-linear/1").predict(X[::50]).tolist())
