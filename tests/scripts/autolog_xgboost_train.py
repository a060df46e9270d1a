"""Autologging of XGBoost's own API: params, metrics of each round, importance of the features and the booster."""

import mlflow
import numpy as np
import xgboost as xgb
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split

mlflow.xgboost.autolog(importance_types=["weight", "gain"])
X, y = load_iris(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
dtrain, dtest = xgb.DMatrix(X_train, label=y_train), xgb.DMatrix(X_test, label=y_test)

with mlflow.start_run() as run:
    params = {
        "objective": "multi:softprob",
        "num_class": 3,
        "learning_rate": 0.3,
        "eval_metric": "mlogloss",
        "seed": 42,
    }
    booster = xgb.train(
        params, dtrain, 30, evals=[(dtrain, "train"), (dtest, "test")], early_stopping_rounds=4, verbose_eval=False
    )
    chances = booster.predict(dtest)
    found = {"log_loss": log_loss(y_test, chances), "accuracy": accuracy_score(y_test, chances.argmax(axis=1))}
    mlflow.log_metrics(found)

client = MlflowClient()
logged = client.get_run(run.info.run_id)
print(sorted(logged.data.params.items()))
print({name: round(value, 4) for name, value in sorted(logged.data.metrics.items())})
print({name: value for name, value in logged.data.tags.items() if not name.startswith("mlflow.")})
history = client.get_metric_history(run.info.run_id, "test-mlogloss")
print([(point.step, round(point.value, 4)) for point in sorted(history, key=lambda point: point.step)])
used = [(each.dataset.name, each.dataset.digest, each.tags[0].value) for each in logged.inputs.dataset_inputs]
print(sorted(used))
print(sorted(file.path for file in client.list_artifacts(run.info.run_id) if file.path != "model"))
gains = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/feature_importance_gain.json")
print({name: round(value, 4) for name, value in gains.items()})
model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
print(model.metadata.signature, np.allclose(model.predict(X_test), chances))
print(type(mlflow.xgboost.load_model(f"runs:/{run.info.run_id}/model")).__name__)
print(sorted(metric.key for metric in mlflow.get_logged_model(model.metadata.model_id).metrics)[:2])
mlflow.xgboost.autolog(disable=True)
