"""Input examples: saved with the model, read back, and what the model says to them."""

import mlflow
from mlflow.models import Model
from sklearn.datasets import load_wine
from sklearn.neighbors import KNeighborsRegressor

wine = load_wine(as_frame=True)
X, y = wine.data[["alcohol", "ash", "hue"]], wine.data["proline"]
model = KNeighborsRegressor(3).fit(X, y)
with mlflow.start_run():
    info = mlflow.sklearn.log_model(model, name="knn", serialization_format="cloudpickle", input_example=X.head(3))

print(info.signature)
print(info.saved_input_example_info["type"], info.saved_input_example_info["artifact_path"])
loaded = mlflow.pyfunc.load_model(info.model_uri)
print(loaded.input_example.to_dict("list"))
print(loaded.predict(loaded.input_example).round(2).tolist())
path = mlflow.artifacts.download_artifacts(info.model_uri)
saved = Model.load(path)
print(saved.load_input_example(path).equals(X.head(3)))
print(saved.get_input_schema().input_names())
