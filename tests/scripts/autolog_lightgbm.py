"""Autologging of LightGBM: the booster's training, and an estimator's."""

import logging

import lightgbm as lgb
import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

logging.getLogger("mlflow").setLevel(logging.ERROR)
mlflow.lightgbm.autolog()
X, y = load_iris(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
train, valid = lgb.Dataset(X_train, label=y_train), lgb.Dataset(X_test, label=y_test)
client = MlflowClient()


def tell(run_id):
    """What was logged, as a user would look it up."""
    run = client.get_run(run_id)
    print(sorted(run.data.params.items()))
    print({name: round(value, 4) for name, value in sorted(run.data.metrics.items())})
    used = [(each.dataset.name, each.dataset.digest, each.tags[0].value) for each in run.inputs.dataset_inputs]
    print(sorted(used))
    print(sorted(file.path for file in client.list_artifacts(run_id) if file.path.startswith("feature")))
    print(mlflow.artifacts.load_dict(f"runs:/{run_id}/feature_importance_split.json"))


params = {
    "objective": "multiclass",
    "num_class": 3,
    "learning_rate": 0.2,
    "seed": 42,
    "verbosity": -1,
    "num_threads": 1,
}
with mlflow.start_run() as run:
    booster = lgb.train(
        params,
        train,
        num_boost_round=12,
        valid_sets=[train, valid],
        valid_names=["train", "valid"],
        callbacks=[lgb.early_stopping(3, verbose=False)],
    )
tell(run.info.run_id)
history = client.get_metric_history(run.info.run_id, "valid-multi_logloss")
print([(point.step, round(point.value, 4)) for point in sorted(history, key=lambda point: point.step)])
model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
print(model.metadata.signature, np.allclose(model.predict(X_test), booster.predict(X_test)))

lgb.LGBMClassifier(n_estimators=4, num_leaves=7, verbosity=-1, random_state=0, n_jobs=1).fit(X_train, y_train)
run = mlflow.last_active_run()
print(run.data.tags["mlflow.autologging"], run.info.status)
tell(run.info.run_id)
print(mlflow.models.get_model_info(f"runs:/{run.info.run_id}/model").flavors["lightgbm"]["model_class"])
mlflow.lightgbm.autolog(disable=True)
