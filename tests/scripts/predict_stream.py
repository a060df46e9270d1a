"""A model that answers piece by piece."""

import mlflow


class Words(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [text.upper() for text in model_input]

    def predict_stream(self, context, model_input, params=None):
        yield from model_input[0].split()


mlflow.pyfunc.save_model("words", python_model=Words(), streamable=True)
model = mlflow.pyfunc.load_model("words")
print(model.predict(["a b", "c"]))
print(list(model.predict_stream(["a b c"])))
