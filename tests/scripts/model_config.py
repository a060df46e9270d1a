"""A model with a configuration that can be overridden when it is loaded."""

import mlflow


class Classifier(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.threshold = context.model_config["threshold"]

    def predict(self, context, model_input, params=None):
        labels = context.model_config["labels"]
        return [labels[int(value > self.threshold)] for value in model_input["score"]]


import pandas as pd  # noqa: E402

frame = pd.DataFrame({"score": [0.1, 0.5, 0.9]})
with mlflow.start_run():
    info = mlflow.pyfunc.log_model(
        name="classifier", python_model=Classifier(), model_config={"threshold": 0.4, "labels": ["no", "yes"]}
    )
model = mlflow.pyfunc.load_model(info.model_uri)
print(model.predict(frame), sorted(model.model_config.items()))
strict = mlflow.pyfunc.load_model(info.model_uri, model_config={"threshold": 0.8})
print(strict.predict(frame), sorted(strict.model_config.items()))
