"""The older spelling: the second positional argument is the path, and the model is loaded by its run."""

import mlflow.sklearn
from sklearn.datasets import load_diabetes
from sklearn.tree import DecisionTreeRegressor

X, y = load_diabetes(return_X_y=True)

with mlflow.start_run() as run:
    model = DecisionTreeRegressor(max_depth=3, random_state=0).fit(X, y)
    mlflow.sklearn.log_model(model, "model", serialization_format="cloudpickle")

loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
print(type(loaded).__name__, loaded.get_depth())
print(loaded.predict(X[:3]).round(2).tolist() == model.predict(X[:3]).round(2).tolist())
pyfunc = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
print(pyfunc.predict(X[:3]).round(2).tolist())
print(pyfunc.metadata.run_id == run.info.run_id)
print(sorted(pyfunc.metadata.flavors))
