"""Set, read, move and clear aliases, and load what one points at."""

import mlflow
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

client = MlflowClient()
X, y = load_iris(return_X_y=True)
for depth in (1, 2, 3):
    mlflow.sklearn.log_model(
        DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X, y),
        name="tree",
        serialization_format="cloudpickle",
        registered_model_name="iris",
    )

client.set_registered_model_alias("iris", "champion", 1)
client.set_registered_model_alias("iris", "challenger", "3")
print(client.get_registered_model("iris").aliases)
print(client.get_model_version_by_alias("iris", "champion").version)
print(mlflow.sklearn.load_model("models:/iris@champion").max_depth)

client.set_registered_model_alias("iris", "champion", 2)
print(mlflow.sklearn.load_model("models:/iris@champion").max_depth)
print(client.get_model_version("iris", 2).aliases, client.get_model_version("iris", 1).aliases)

client.delete_registered_model_alias("iris", "champion")
client.delete_registered_model_alias("iris", "never-set")
print(client.get_registered_model("iris").aliases)
try:
    client.get_model_version_by_alias("iris", "champion")
except mlflow.MlflowException as error:
    print(error.error_code, error.message)
