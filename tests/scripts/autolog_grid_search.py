"""Autologging of a search: the best params and score in its run, a child run for each of the best trials."""

import logging

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

logging.getLogger("mlflow").setLevel(logging.ERROR)
mlflow.sklearn.autolog(max_tuning_runs=3)
X, y = load_iris(return_X_y=True)
search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3, 5]}, cv=3)
with mlflow.start_run(run_name="search") as parent:
    search.fit(X, y)

client = MlflowClient()
data = client.get_run(parent.info.run_id).data
print(sorted((name, value) for name, value in data.params.items() if name.startswith("best_") or name == "cv"))
print({name: round(value, 6) for name, value in sorted(data.metrics.items())})
print(sorted((name, value) for name, value in data.tags.items() if not name.startswith("mlflow.")))
children = client.search_runs(
    [parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'", order_by=["params.max_depth"]
)
for child in children:
    measured = {name: round(value, 6) for name, value in sorted(child.data.metrics.items()) if "time" not in name}
    print(child.data.params["max_depth"], child.data.params["random_state"], child.info.status, measured)
    print(sorted(child.data.metrics), child.data.tags["estimator_name"])
print("cv_results.csv" in [file.path for file in client.list_artifacts(parent.info.run_id)])
rows = mlflow.artifacts.load_text(f"runs:/{parent.info.run_id}/cv_results.csv").splitlines()
print(len(rows), rows[0].split(",")[4:6])
best = mlflow.sklearn.load_model(f"runs:/{parent.info.run_id}/best_estimator")
print(best.get_depth(), (best.predict(X) == search.predict(X)).all())
mlflow.sklearn.autolog(disable=True)
