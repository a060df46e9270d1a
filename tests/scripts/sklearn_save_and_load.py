"""Save a pipeline to a folder, without any run, and load it back both ways."""

import os

import mlflow
import mlflow.sklearn
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
mlflow.sklearn.save_model(pipeline, "saved", input_example=X.head(2))

print(
    [
        name
        for name in ("MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt")
        if os.path.exists(f"saved/{name}")
    ]
)
native = mlflow.sklearn.load_model("saved")
print([step for step, _ in native.steps])
pyfunc = mlflow.pyfunc.load_model("saved")
print(pyfunc.predict(X.head(5)).tolist())
print(pyfunc.metadata.get_input_schema().input_names()[:3], len(pyfunc.metadata.get_input_schema()))
print(pyfunc.metadata.flavors["sklearn"]["pickled_model"].split(".")[0])
try:
    mlflow.sklearn.save_model(pipeline, "saved")
except mlflow.MlflowException as error:
    print("refused:", isinstance(error, mlflow.exceptions.MlflowException))
