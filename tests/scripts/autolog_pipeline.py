"""Autologging starts a run where none is active, and logs the metrics that are computed later."""

import mlflow

mlflow.sklearn.autolog(log_input_examples=True, registered_model_name="flowers", extra_tags={"team": "botany"})

from sklearn import metrics  # noqa: E402
from sklearn.datasets import load_iris  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import cross_val_score, train_test_split  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

X, y = load_iris(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
model.fit(X_train, y_train)
predicted = model.predict(X_test)
print(round(metrics.accuracy_score(y_test, predicted), 4), round(model.score(X_test, y_test), 4))
metrics.f1_score(y_test, predicted, average="macro")
metrics.accuracy_score(y_test, predicted)
metrics.confusion_matrix(y_test, predicted)

run = mlflow.last_active_run()
print(run.info.status, run.data.tags["mlflow.autologging"], run.data.tags["team"], run.data.tags["estimator_class"])
for name, value in sorted(mlflow.get_run(run.info.run_id).data.metrics.items()):
    print(name, round(value, 6))
print({name: run.data.params[name] for name in ("logisticregression__C", "standardscaler__with_mean", "verbose")})
info = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/metric_info.json")
print(sorted(info.items()))
version = mlflow.MlflowClient().get_model_version("flowers", 1)
print(version.name, int(version.version), version.run_id == run.info.run_id)
example = mlflow.pyfunc.load_model("models:/flowers/1").input_example
print(example.shape, list(example.columns))
cross_val_score(LogisticRegression(max_iter=300), X, y)
print(len(mlflow.search_runs(search_all_experiments=True, filter_string="tags.team = 'botany'")))
mlflow.sklearn.autolog(disable=True)
