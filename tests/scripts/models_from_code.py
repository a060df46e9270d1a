"""A model kept as its source: the file says set_model, and is logged by its path."""

from pathlib import Path

import mlflow

SOURCE = """
import mlflow
from mlflow.models import set_model


class Greeter(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [f"Hello {name}!" for name in model_input]


set_model(Greeter())
"""
Path("greeter.py").write_text(SOURCE)

with mlflow.start_run():
    info = mlflow.pyfunc.log_model(
        name="greeter", python_model="greeter.py", input_example=["Ana"], registered_model_name="greeter"
    )
loaded = mlflow.pyfunc.load_model("models:/greeter/1")
print(loaded.predict(["Bob", "Eve"]))
print(info.signature)
print(type(loaded.unwrap_python_model()).__name__)
print("model_code_path" in loaded.metadata.flavors["python_function"])
