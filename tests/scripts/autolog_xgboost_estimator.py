"""Autologging of XGBoost's estimators: a run for each fit, in a pipeline the pipeline's, and scores computed later."""

import logging
from pprint import pprint

import mlflow
import xgboost as xgb
from mlflow import MlflowClient

logging.getLogger("mlflow").setLevel(logging.ERROR)
mlflow.xgboost.autolog(model_format="json", extra_tags={"team": "clinic"})

from sklearn import metrics  # noqa: E402
from sklearn.datasets import load_diabetes  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

X, y = load_diabetes(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=42)


def tell(run_id):
    """What was logged, as a user would look it up."""
    client = MlflowClient()
    data = client.get_run(run_id).data
    pprint({name: value for name, value in data.params.items() if value != "None"})
    pprint({name: round(value, 3) for name, value in data.metrics.items()})
    pprint({name: value for name, value in data.tags.items() if name in ("mlflow.autologging", "team")})
    pprint(sorted(file.path for file in client.list_artifacts(run_id) if file.path.startswith("feature")))


regressor = xgb.XGBRegressor(n_estimators=20, reg_lambda=1, gamma=0, max_depth=3)
with mlflow.start_run() as run:
    regressor.fit(X_train, y_train, eval_set=[(X_test, y_test)], verbose=False)
    predicted = regressor.predict(X_test)
    metrics.mean_squared_error(y_test, predicted)
    regressor.score(X_test, y_test)
tell(run.info.run_id)
loaded = mlflow.xgboost.load_model(f"runs:/{run.info.run_id}/model")
print(type(loaded).__name__, (loaded.predict(X_test) == predicted).all())
info = mlflow.models.get_model_info(f"runs:/{run.info.run_id}/model")
print(info.signature.outputs, info.flavors["xgboost"]["model_format"], info.flavors["xgboost"]["model_class"])

regressor.fit(X_train, y_train)
tell(mlflow.last_active_run().info.run_id)

mlflow.sklearn.autolog(log_models=False)
make_pipeline(StandardScaler(), xgb.XGBRegressor(n_estimators=3)).fit(X_train, y_train)
run = mlflow.last_active_run()
print(
    run.data.tags["mlflow.autologging"], run.data.tags["estimator_name"], run.data.params["xgbregressor__n_estimators"]
)
print(len(mlflow.search_runs(search_all_experiments=True)))
mlflow.xgboost.autolog(disable=True)
regressor.fit(X_train, y_train)
print(len(mlflow.search_runs(search_all_experiments=True)))
