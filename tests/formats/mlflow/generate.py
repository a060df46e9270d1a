"""Writes the model directories of this folder with the real MLflow: run ``python - < generate.py`` in it.

They prove that what MLflow saves loads here without MLflow. Places of the machine are replaced by ``/home/ana``.
"""

import logging
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import mlflow
import mlflow.pyfunc.utils.data_validation as checks
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

HERE = Path.cwd()
FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
ONE_COLUMN = infer_signature(FRAME, pd.Series([1.0]))
CODE = """import mlflow
from mlflow.pyfunc import PythonModel


class Next(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["a"] + 1


mlflow.models.set_model(Next())
"""
LOADER = """class Times:
    def __init__(self, factor):
        self.factor = factor

    def predict(self, frame):
        return frame["a"] * self.factor


def _load_pyfunc(path):
    with open(path) as stream:
        return Times(float(stream.read()))
"""


class Add(mlflow.pyfunc.PythonModel):
    def __init__(self, factor):
        self.factor = factor

    def load_context(self, context):
        with open(context.artifacts["offset"]) as stream:
            self.offset = float(stream.read())

    def predict(self, context, model_input, params=None):
        return (model_input["a"] * self.factor + self.offset).to_numpy()


class Upper(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[str]) -> list[str]:
        return [text.upper() for text in model_input]


def double(model_input):
    return model_input * 2


def main(work):
    checks.__file__ = "data_validation.py"
    (work / "offset.txt").write_text("10")
    (work / "next_model.py").write_text(CODE)
    (work / "fixture_loader.py").write_text(LOADER)
    (work / "factor.txt").write_text("7")
    needs = {"pip_requirements": ["pandas"]}
    example = {"signature": ONE_COLUMN, "input_example": FRAME}
    save = mlflow.pyfunc.save_model
    save(HERE / "instance", python_model=Add(3), artifacts={"offset": str(work / "offset.txt")}, **example, **needs)
    save(HERE / "hints", python_model=Upper(), input_example=["a"], **needs)
    save(HERE / "function", python_model=double, signature=infer_signature(FRAME, FRAME), input_example=FRAME, **needs)
    save(HERE / "code_file", python_model=str(work / "next_model.py"), **example, **needs)
    save(
        HERE / "loader",
        loader_module="fixture_loader",
        data_path=str(work / "factor.txt"),
        code_paths=[str(work / "fixture_loader.py")],
        **needs,
    )
    model = LogisticRegression().fit(FRAME, [0, 1, 1])
    needs = {"pip_requirements": ["scikit-learn"], "input_example": FRAME}
    mlflow.sklearn.save_model(model, HERE / "sklearn_skops", **needs)
    mlflow.sklearn.save_model(
        model,
        HERE / "sklearn_cloudpickle",
        serialization_format="cloudpickle",
        pyfunc_predict_fn="predict_proba",
        **needs,
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for old in HERE.glob("*/MLmodel"):
        shutil.rmtree(old.parent)
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
        installed = sys.prefix.encode()
        for pickled in HERE.glob("*/*.pkl"):
            # The same length, for the lengths that a pickle writes before its strings.
            pickled.write_bytes(pickled.read_bytes().replace(installed, b"/home/ana".ljust(len(installed), b"_")))
        for written in HERE.glob("*/MLmodel"):
            written.write_text(re.sub(re.escape(folder), "/home/ana", written.read_text()))
