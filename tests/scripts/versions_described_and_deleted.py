"""Describe and delete versions; a number is never given twice."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_wine
from sklearn.naive_bayes import GaussianNB

X, y = load_wine(return_X_y=True)
client = MlflowClient()
client.create_registered_model("wine-nb", description="Naive Bayes on the wine data")
for smoothing in (1e-9, 1e-3):
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(GaussianNB(var_smoothing=smoothing).fit(X, y), name="nb")
    version = client.create_model_version("wine-nb", info.model_uri, run.info.run_id, description=f"{smoothing:g}")
    print(version.version, version.description, version.run_id == run.info.run_id)

updated = client.update_model_version("wine-nb", 1, description="the first")
print(updated.version, updated.description)
client.delete_model_version("wine-nb", 2)
try:
    client.get_model_version("wine-nb", 2)
except mlflow.exceptions.MlflowException as error:
    print(error.error_code, error.message)
print([version.version for version in client.search_model_versions("name='wine-nb'")])
print(client.search_model_versions("name='no-such-model'"))
third = mlflow.register_model(info.model_uri, "wine-nb")
print(third.version > 1, third.description)
