"""A model's files on disk, in a folder of one's own choice."""

from pathlib import Path

import mlflow
from mlflow.models import Model, get_model_info
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import Perceptron

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
with mlflow.start_run():
    info = mlflow.sklearn.log_model(
        Perceptron(random_state=0).fit(X, y), name="p", input_example=X.head(2), registered_model_name="perceptron"
    )
mlflow.MlflowClient().set_registered_model_alias("perceptron", "champion", 1)

local = mlflow.artifacts.download_artifacts(artifact_uri="models:/perceptron@champion", dst_path="here")
files = sorted(path.name for path in Path(local).iterdir())
print([name for name in files if not name.startswith(("model.", "registered_model_meta", "requirements.lock"))])
model = Model.load(local)
print(model.signature == info.signature, sorted(model.flavors))
print(mlflow.pyfunc.load_model(local).predict(X.head(3)).tolist())
one = mlflow.artifacts.download_artifacts("models:/perceptron/1/requirements.txt")
print([line.split("==")[0] for line in Path(one).read_text().split() if line.startswith("scikit")])
seen = get_model_info("models:/perceptron/1")
print(seen.signature.outputs, sorted(seen.flavors), seen.saved_input_example_info["type"])
names = {Path(item.path).name for item in mlflow.artifacts.list_artifacts("models:/perceptron/1")}
print({"MLmodel", "conda.yaml", "requirements.txt"} <= names)
