import mlflow
from mlflow.pyfunc import PythonModel


class Next(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["a"] + 1


mlflow.models.set_model(Next())
