"""A params schema: defaults, overrides, and what is refused."""

import mlflow
import numpy as np
from mlflow.models import infer_signature


class Repeater(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        params = params or {}
        words = list(model_input["word"])
        return [f"{word * params['times']}{params['end']}" for word in words]


example = {"word": np.array(["ha", "ho"])}
signature = infer_signature({"word": "ha"}, "haha!", params={"times": 2, "end": "!"})
with mlflow.start_run():
    info = mlflow.pyfunc.log_model(name="repeat", python_model=Repeater(), signature=signature)

model = mlflow.pyfunc.load_model(info.model_uri)
print(model.metadata.get_params_schema())
data = [{"word": "ha"}, {"word": "ho"}]
print(model.predict(data))
print(model.predict(data, params={"times": 3}))
print(model.predict(data, params={"end": "?"}))
for wrong in ({"times": "many"}, "times"):
    try:
        model.predict(data, params=wrong)
    except mlflow.MlflowException as error:
        print(error.error_code)
