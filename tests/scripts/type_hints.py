"""A custom model whose type hints are its signature."""

import mlflow


class Lengths(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[str]) -> list[int]:
        return [len(text) for text in model_input]


with mlflow.start_run():
    info = mlflow.pyfunc.log_model(name="lengths", python_model=Lengths(), input_example=["a", "bb"])
print(info.signature)
model = mlflow.pyfunc.load_model(info.model_uri)
print(model.predict(["one", "three"]))
try:
    model.predict([1, 2])
except mlflow.MlflowException as error:
    print(error.error_code)
