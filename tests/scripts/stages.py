"""MLflow's older stages: move versions, archive what stood there, load by stage."""

import warnings

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.tree import DecisionTreeClassifier

warnings.simplefilter("ignore")
X, y = load_breast_cancer(return_X_y=True)
for depth in (1, 2, 3):
    mlflow.sklearn.log_model(
        DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X, y),
        name="tree",
        serialization_format="cloudpickle",
        registered_model_name="cancer",
    )
client = MlflowClient()
moved = client.transition_model_version_stage(name="cancer", version=1, stage="Production")
print(moved.version, moved.current_stage)
client.transition_model_version_stage("cancer", 2, "Staging")
print(mlflow.sklearn.load_model("models:/cancer/Production").max_depth)
print(mlflow.sklearn.load_model("models:/cancer/staging").max_depth)
client.transition_model_version_stage("cancer", 2, "Production", archive_existing_versions=True)
print(sorted((int(v.version), v.current_stage) for v in client.search_model_versions("name='cancer'")))
print([(int(v.version), v.current_stage) for v in client.get_latest_versions("cancer", stages=["Production"])])
print(sorted(int(v.version) for v in client.get_latest_versions("cancer")))
print(client.get_model_version_stages("cancer", 1))
try:
    client.transition_model_version_stage("cancer", 3, "Live")
except mlflow.MlflowException as error:
    print(error.error_code)
