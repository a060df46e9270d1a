"""A custom model: AddN, saved with its class and loaded anywhere."""

import mlflow.pyfunc
import pandas as pd


class AddN(mlflow.pyfunc.PythonModel):
    """Adds n to every number."""

    def __init__(self, n):
        self.n = n

    def predict(self, context, model_input, params=None):
        return model_input.apply(lambda column: column + self.n)


mlflow.pyfunc.save_model(path="add_n_model", python_model=AddN(n=5))
loaded_model = mlflow.pyfunc.load_model("add_n_model")
model_input = pd.DataFrame([range(10)])
model_output = loaded_model.predict(model_input)
print(model_output.equals(pd.DataFrame([range(5, 15)])))
unwrapped = loaded_model.unwrap_python_model()
print(type(unwrapped).__name__, unwrapped.n)
print(loaded_model.metadata.flavors["python_function"]["loader_module"].partition(".")[2])
