"""A custom model that brings files: an estimator and a table, through the context."""

import json

import joblib
import mlflow
from sklearn.datasets import load_iris
from sklearn.svm import SVC

iris = load_iris(as_frame=True)
joblib.dump(SVC(C=1.5, random_state=0).fit(iris.data, iris.target), "svc.joblib")
with open("names.json", "w") as stream:
    json.dump(iris.target_names.tolist(), stream)


class Named(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        import joblib

        self.model = joblib.load(context.artifacts["model"])
        with open(context.artifacts["names"]) as stream:
            self.names = json.load(stream)

    def predict(self, context, model_input, params=None):
        return [self.names[index] for index in self.model.predict(model_input)]


with mlflow.start_run() as run:
    mlflow.pyfunc.log_model(
        name="named",
        python_model=Named(),
        artifacts={"model": "svc.joblib", "names": "names.json"},
        input_example=iris.data.head(3),
        registered_model_name="iris-named",
    )
loaded = mlflow.pyfunc.load_model("models:/iris-named/1")
print(loaded.predict(iris.data[::50]))
print(sorted(loaded.unwrap_python_model().names))
print(loaded.metadata.signature.outputs)
print(sorted(loaded.metadata.flavors["python_function"]["artifacts"]))
