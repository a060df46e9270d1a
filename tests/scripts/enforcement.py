"""What a column signature lets through, converts and refuses."""

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema


class Echo(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [f"{name}:{kind}" for name, kind in model_input.dtypes.items()]


inputs = Schema(
    [
        ColSpec(DataType.long, "count"),
        ColSpec(DataType.double, "amount"),
        ColSpec(DataType.string, "country"),
        ColSpec(DataType.boolean, "vip", required=False),
    ]
)
print(inputs)
mlflow.pyfunc.save_model("echo", python_model=Echo(), signature=ModelSignature(inputs=inputs))
model = mlflow.pyfunc.load_model("echo")
good = pd.DataFrame({"count": [1], "amount": [2.5], "country": ["IT"]})


def attempt(title, frame):
    try:
        print(title, [entry for entry in model.predict(frame) if "country" not in entry])
    except mlflow.MlflowException as error:
        print(title, error.error_code)


attempt("as is", good)
attempt("with the optional column", good.assign(vip=[True]))
attempt("a column more", good.assign(extra=[1]))
attempt("another order", good[["country", "amount", "count"]])
attempt("int32", good.astype({"count": np.int32}))
attempt("float32", good.astype({"amount": np.float32}))
attempt("whole numbers for double", good.assign(amount=[3]))
attempt("real numbers for long", good.assign(count=[1.5]))
attempt("text for long", good.assign(count=["1"]))
attempt("a missing column", good.drop(columns="amount"))
attempt("one row as a dict", {"count": 1, "amount": 2.5, "country": "IT"})
