"""Models from code that import mlflow load where it is not installed: our public modules answer for the time."""

import sys
from pathlib import Path

import pytest

import gitmodels
from gitmodels.flavors import pickling

CODE = """
import mlflow
import mlflow.artifacts
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature, infer_signature, set_model
from mlflow.pyfunc import PythonModel
from mlflow.types.schema import ColSpec, Schema

WANTED = Schema([ColSpec("double", "a")])
assert ModelSignature(inputs=WANTED).inputs.input_names() == ["a"]
assert callable(mlflow.artifacts.download_artifacts) and issubclass(MlflowException, Exception)


class Next(PythonModel):
    def predict(self, context, model_input, params=None):
        return [value + 1 for value in model_input["a"]]


set_model(Next())
"""


@pytest.mark.skipif(pickling.mlflow_answered(), reason="something answers for mlflow in this process")
def test_a_code_file_finds_mlflows_public_names_while_it_loads(here: Path) -> None:
    import pandas as pd

    (here / "model.py").write_text(CODE)
    info = gitmodels.pyfunc.log_model("m", python_model="model.py")
    loaded = gitmodels.pyfunc.load_model(info.model_uri)
    assert loaded.predict(pd.DataFrame({"a": [1.0]})) == [2.0]
    assert [name for name in sys.modules if name.partition(".")[0] == "mlflow"] == []


@pytest.mark.skipif(pickling.mlflow_answered(), reason="something answers for mlflow in this process")
def test_what_is_not_there_is_said(here: Path) -> None:
    (here / "model.py").write_text("import mlflow\nmlflow.nonsense\n")
    info = gitmodels.pyfunc.log_model("m", python_model="model.py")
    with pytest.raises(AttributeError, match="only MLflow has"):
        gitmodels.pyfunc.load_model(info.model_uri)
