"""What infer_signature says of frames, series, arrays, dicts, lists and params."""

import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.models.signature import ModelSignature
from sklearn.datasets import load_iris

iris = load_iris(as_frame=True)
signature = infer_signature(iris.data, iris.target)
print(signature)
print(signature.inputs.input_names())
print(signature.inputs.input_types())

frame = pd.DataFrame(
    {
        "whole": [1, 2],
        "small": np.array([1, 2], dtype=np.int32),
        "real": [0.5, 1.5],
        "float": np.array([0.5, 1], dtype=np.float32),
        "truth": [True, False],
        "text": ["a", "b"],
        "when": pd.to_datetime(["2026-01-01", "2026-01-02"]),
        "bytes": [b"a", b"b"],
    }
)
print(infer_signature(frame).inputs)
print(infer_signature(np.zeros((3, 2), dtype=np.float32), np.zeros(3, dtype=np.int64)))
print(infer_signature({"image": np.zeros((2, 4, 4)), "mask": np.zeros((2, 4), dtype=bool)}).inputs)
print(infer_signature({"question": "why", "tags": ["a", "b"], "nested": {"n": 1}}).inputs)
print(infer_signature(["one", "two"], ["ONE", "TWO"]))
print(infer_signature(frame[["real"]], params={"top_k": 3, "mode": "fast", "weights": [0.1, 0.9]}).params)
again = ModelSignature.from_dict(signature.to_dict())
print(again == signature)
