"""Autologging logs params, metrics and tags of a training into the run that is active."""

from pprint import pprint

import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.linear_model import LinearRegression

mlflow.sklearn.autolog()
X = np.array([[1, 1], [1, 2], [2, 2], [2, 3]])
y = np.dot(X, np.array([1, 2])) + 3

with mlflow.start_run() as run:
    LinearRegression().fit(X, y)

data = MlflowClient().get_run(run.info.run_id).data
pprint(data.params)
pprint({name: round(value, 6) for name, value in data.metrics.items()})
pprint({name: value for name, value in data.tags.items() if not name.startswith("mlflow.")})
loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
print(loaded.predict(X).round(6), loaded.metadata.signature)
print([dataset.dataset.digest for dataset in mlflow.get_run(run.info.run_id).inputs.dataset_inputs])
print(mlflow.active_run(), mlflow.last_active_run().info.run_id == run.info.run_id)
mlflow.sklearn.autolog(disable=True)
LinearRegression().fit(X, y)
print(mlflow.last_active_run().info.run_id == run.info.run_id)
