"""A plain function as a model."""

import mlflow
import pandas as pd


def predict(model_input):
    return model_input["a"] * 2 + model_input["b"]


frame = pd.DataFrame({"a": [1, 2, 3], "b": [10.0, 20.0, 30.0]})
with mlflow.start_run():
    info = mlflow.pyfunc.log_model(name="linear", python_model=predict, input_example=frame)
model = mlflow.pyfunc.load_model(info.model_uri)
print(model.predict(frame).tolist())
print(info.signature)
print(model.predict(pd.DataFrame({"b": [0.5], "a": [1]})).tolist())
print(callable(model.predict), model.metadata.get_input_schema().required_input_names())
