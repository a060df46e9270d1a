"""Runs as a DataFrame: filters over metrics, params, tags and attributes, ordered."""

import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
mlflow.set_experiment("neighbours")
for k in (1, 3, 5, 9):
    with mlflow.start_run(run_name=f"k{k}", tags={"kind": "odd", "big": str(k > 4)}):
        mlflow.log_param("k", k)
        mlflow.log_metric("accuracy", KNeighborsClassifier(k).fit(X_train, y_train).score(X_test, y_test))

runs = mlflow.search_runs(experiment_names=["neighbours"])
print(len(runs), sorted(column for column in runs.columns if not column.startswith("tags.mlflow.")))
print(runs["status"].unique().tolist())


def names(**arguments):
    found = mlflow.search_runs(experiment_names=["neighbours"], **arguments)
    return found["tags.mlflow.runName"].tolist() if len(found) else []


print(names(order_by=["metrics.accuracy DESC", "params.k ASC"]))
print(names(filter_string="metrics.accuracy > 0.93", order_by=["params.k ASC"]))
print(names(filter_string="params.k = '3'"))
print(names(filter_string="tags.big = 'True' and metrics.accuracy > 0.5", order_by=["attributes.run_name ASC"]))
print(names(filter_string="attributes.run_name LIKE 'k%'", order_by=["run_name DESC"]))
print(names(filter_string="attributes.status = 'FAILED'"))
print(names(max_results=1, order_by=["start_time ASC"]))
best = mlflow.search_runs(experiment_names=["neighbours"], order_by=["metrics.accuracy DESC"], max_results=1)
print(round(best.iloc[0]["metrics.accuracy"], 3))
