"""Search versions over all models: by name, run, tag; ordered."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True)
client = MlflowClient()
runs = {}
for name, trees in (("forest", 2), ("forest", 4), ("forest", 6), ("linear", 0)):
    with mlflow.start_run() as run:
        model = RandomForestClassifier(trees, random_state=0) if trees else LogisticRegression(max_iter=500)
        info = mlflow.sklearn.log_model(
            model.fit(X, y), name=name, registered_model_name=name, serialization_format="cloudpickle"
        )
        runs[name, info.registered_model_version] = run.info.run_id
client.set_model_version_tag("forest", 2, "validated", "yes")
client.set_model_version_tag("linear", 1, "validated", "yes")


def shown(versions):
    return [(version.name, int(version.version)) for version in versions]


print(shown(client.search_model_versions("name='forest'")))
print(shown(client.search_model_versions("name='forest'", order_by=["version_number ASC"])))
print(shown(client.search_model_versions(f"run_id='{runs['forest', 3]}'")))
print(shown(client.search_model_versions("tags.validated = 'yes'", order_by=["name ASC"])))
print(shown(client.search_model_versions("name LIKE 'for%' and tags.validated = 'yes'")))
print(shown(client.search_model_versions("version_number > 1", order_by=["version_number ASC"])))
print(len(client.search_model_versions(max_results=2)))
print(len(mlflow.search_model_versions()))
