"""The models of a run: their params, tags and metrics, added to from a later run."""

import mlflow
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet
from sklearn.metrics import mean_absolute_error

X, y = load_diabetes(return_X_y=True)
with mlflow.start_run() as training:
    model = ElasticNet(alpha=0.01).fit(X[:300], y[:300])
    info = mlflow.sklearn.log_model(
        model, name="elastic", params={"alpha": 0.01}, tags={"family": "linear"}, model_type="regressor"
    )
    mlflow.log_metric("mae", mean_absolute_error(y[:300], model.predict(X[:300])), model_id=info.model_id)

with mlflow.start_run():
    mlflow.log_metric("holdout_mae", mean_absolute_error(y[300:], model.predict(X[300:])), model_id=info.model_id)

mlflow.set_logged_model_tags(info.model_id, {"checked": "yes", "by": "ana"})
mlflow.delete_logged_model_tag(info.model_id, "by")
logged = mlflow.get_logged_model(info.model_id)
print(logged.name, logged.model_id == info.model_id, logged.source_run_id == training.info.run_id)
print(logged.params, logged.model_type, str(logged.status))
print(sorted((key, value) for key, value in logged.tags.items() if not key.startswith("mlflow.")))
print(sorted((metric.key, round(metric.value, 2), metric.step) for metric in logged.metrics))
print(mlflow.last_logged_model().model_id == info.model_id)
outputs = mlflow.get_run(training.info.run_id).outputs.model_outputs
print([output.model_id == info.model_id for output in outputs])
print(info.model_uri == f"models:/{info.model_id}", info.params)
