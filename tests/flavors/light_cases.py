"""Models of the flavors whose frameworks are light to install, for the conformance suite; frameworks import late."""

from typing import Any

from gitmodels.flavors.python_model import PythonModel
from gitmodels.testing import Case


def frame() -> Any:
    """Forty rows of three numbers."""
    import numpy as np
    import pandas as pd

    return pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=["a", "b", "c"])


def classes() -> Any:
    """What a classifier learns from the frame."""
    return (frame().sum(axis=1) > 0).astype(int).to_numpy()


def numbers() -> Any:
    """What a regressor learns from the frame."""
    return (frame() * [1.0, 2.0, 3.0]).sum(axis=1).to_numpy()


def near(one: Any, other: Any) -> bool:
    """Whether two answers are the same but for the last digits, which text formats do not keep."""
    import numpy as np

    return np.shape(one) == np.shape(other) and np.allclose(one, other, rtol=1e-9)


def _xgb_booster() -> Any:
    import xgboost

    return xgboost.train({"max_depth": 2, "nthread": 1}, xgboost.DMatrix(frame(), numbers()), 5)


def _xgb_booster_answer(model: Any, data: Any) -> Any:
    import xgboost

    return model.predict(xgboost.DMatrix(data))


def _xgb_classifier() -> Any:
    import xgboost

    return xgboost.XGBClassifier(n_estimators=5, max_depth=2, n_jobs=1).fit(frame(), classes())


def _lgb_booster() -> Any:
    import lightgbm

    settings = {"num_leaves": 4, "min_data_in_leaf": 2, "verbose": -1, "num_threads": 1}
    return lightgbm.train(settings, lightgbm.Dataset(frame(), numbers()), 5)


def _lgb_classifier() -> Any:
    import lightgbm
    import numpy as np

    model = lightgbm.LGBMClassifier(n_estimators=5, num_leaves=4, min_child_samples=2, verbose=-1, n_jobs=1)
    return model.fit(frame(), np.array(["no", "yes"])[classes()])


def _cat(kind: str) -> Any:
    import catboost

    made = getattr(catboost, kind)(iterations=5, depth=2, verbose=False, thread_count=1, allow_writing_files=False)
    return made.fit(frame(), classes())


BOOSTERS = [
    Case("xgboost", _xgb_booster, frame, "booster", answer=_xgb_booster_answer, needs=("xgboost",)),
    Case("xgboost", _xgb_booster, frame, "json", {"model_format": "json"}, _xgb_booster_answer, needs=("xgboost",)),
    Case("xgboost", _xgb_classifier, frame, "classifier", needs=("xgboost",)),
    Case("lightgbm", _lgb_booster, frame, "booster", needs=("lightgbm",)),
    Case("lightgbm", _lgb_classifier, frame, "classifier", needs=("lightgbm",)),
    Case(
        "lightgbm",
        _lgb_classifier,
        frame,
        "cloudpickle",
        {"serialization_format": "cloudpickle"},
        needs=("lightgbm",),
    ),
    Case("catboost", lambda: _cat("CatBoostClassifier"), frame, "classifier", needs=("catboost",)),
    Case(
        "catboost",
        lambda: _cat("CatBoostRegressor"),
        frame,
        "json",
        {"format": "json"},
        same=near,
        needs=("catboost",),
    ),
]


class Weighted(PythonModel):
    """A sum of columns with weights."""

    def __init__(self, weights: dict[str, float]) -> None:
        self.weights = weights

    def predict(self, model_input: Any, params: Any = None) -> Any:
        """The weighted sum of each row."""
        return (model_input[list(self.weights)] * self.weights).sum(axis=1).to_numpy()


def double(model_input: Any) -> Any:
    """A function as a model."""
    return (model_input["a"] * 2).to_numpy()


def _forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(5, random_state=0).fit(frame(), classes())


def _called(model: Any, data: Any) -> Any:
    return model.call("predict", data, {})


PYTHON = [
    Case("python_function", lambda: Weighted({"a": 2.0, "b": 1.0}), frame, "class", native=_called),
    Case(
        "python_function",
        lambda: double,
        frame,
        "function",
        {"model_config": {"k": 1}},
        answer=lambda model, data: model(data),
        native=_called,
    ),
    Case("sklearn", _forest, frame, needs=("sklearn",)),
    Case("sklearn", _forest, frame, "cloudpickle", {"serialization_format": "cloudpickle"}, needs=("sklearn",)),
]


def narrow() -> Any:
    """The frame in numbers of 32 bits, as networks take it."""
    return frame().astype("float32")


def _onnx() -> Any:
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.array([[1.0], [2.0], [3.0]], np.float32), "W")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["X", "W"], ["Y"])],
        "weighted",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["rows", 3])],
        [helper.make_tensor_value_info("Y", TensorProto.FLOAT, ["rows", 1])],
        [weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _onnx_answer(model: Any, data: Any) -> Any:
    import onnxruntime
    import pandas as pd

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return pd.DataFrame({"Y": session.run(None, {"X": data.to_numpy("float32")})[0].reshape(-1)})


def _least_squares() -> Any:
    import statsmodels.api as sm

    return sm.OLS(numbers(), frame()).fit()


def _series() -> Any:
    from statsmodels.tsa.ar_model import AutoReg

    return AutoReg(numbers(), lags=1).fit()


def _span() -> Any:
    import pandas as pd

    return pd.DataFrame({"start": [40], "end": [44]})


LIGHT = [
    Case("onnx", _onnx, narrow, answer=_onnx_answer, same=near, needs=("onnx", "onnxruntime")),
    Case("statsmodels", _least_squares, frame, "least squares", needs=("statsmodels",)),
    Case(
        "statsmodels",
        _series,
        _span,
        "time series",
        answer=lambda model, data: model.predict(40, 44),
        needs=("statsmodels",),
    ),
]
