"""Metadata and requirements that go with a model."""

from pathlib import Path

import mlflow
from sklearn.datasets import load_iris
from sklearn.linear_model import RidgeClassifier

X, y = load_iris(return_X_y=True)
model = RidgeClassifier().fit(X, y)
with mlflow.start_run():
    info = mlflow.sklearn.log_model(
        model,
        name="ridge",
        metadata={"purpose": "demo", "limits": {"rows": 100}},
        extra_pip_requirements=["tabulate==0.9.0"],
    )
    exact = mlflow.sklearn.log_model(model, name="exact", pip_requirements=["scikit-learn", "tabulate>=0.8"])

print(sorted(info.metadata), mlflow.pyfunc.load_model(info.model_uri).metadata.metadata == info.metadata)
lines = Path(mlflow.pyfunc.get_model_dependencies(info.model_uri)).read_text().split()
print([line for line in lines if line.startswith("tabulate")], any(line.startswith("scikit-learn==") for line in lines))
exact_lines = Path(mlflow.pyfunc.get_model_dependencies(exact.model_uri)).read_text().split()
print([line for line in exact_lines if "mlflow" not in line])
