"""Tensor signatures: shapes with a free first dimension, enforced at predict."""

import mlflow
import numpy as np
from mlflow.models import ModelSignature
from mlflow.types.schema import Schema, TensorSpec
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

digits = load_digits()
model = LogisticRegression(max_iter=2000).fit(digits.data, digits.target)
signature = ModelSignature(
    inputs=Schema([TensorSpec(np.dtype(np.float64), (-1, 64))]), outputs=Schema([TensorSpec(np.dtype(np.int64), (-1,))])
)
print(signature)
mlflow.sklearn.save_model(model, "digits", signature=signature)
loaded = mlflow.pyfunc.load_model("digits")
print(loaded.predict(digits.data[:5]).tolist())
print(loaded.metadata.get_input_schema().is_tensor_spec(), loaded.metadata.get_input_schema().numpy_types())
for wrong in (digits.data[:2, :60], digits.data[:2].astype(np.float32), [1, 2]):
    try:
        print(loaded.predict(wrong).tolist())
    except mlflow.MlflowException as error:
        print(error.error_code)
