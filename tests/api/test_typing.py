"""mypy checks a user's script against our stubs: what is right passes, what is wrong is named."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import gitmodels
import gitmodels as mlflow
import gitmodels.pyfunc
import gitmodels.sklearn
from gitmodels import MlflowClient, MlflowException
from gitmodels.artifacts import download_artifacts
from gitmodels.client import MlflowClient as Again
from gitmodels.config import enable_async_logging
from gitmodels.entities import Metric, Run, ViewType
from gitmodels.entities.model_registry import ModelVersion
from gitmodels.models import Model, ModelSignature, infer_signature, set_signature
from gitmodels.models.model import ModelInfo
from gitmodels.models.signature import infer_signature as infer
from gitmodels.models.utils import validate_schema
from gitmodels.pyfunc import PyFuncModel, PythonModel
from gitmodels.pyfunc.context import Context
from gitmodels.pyfunc.model import PythonModelContext
from gitmodels.store.entities import PagedList
from gitmodels.tracking import set_tracking_uri
from gitmodels.types.schema import ColSpec, Schema

signature: ModelSignature = infer_signature([1.0], [2.0])
with mlflow.start_run(run_name="a") as run:
    mlflow.log_metric("auc", 0.9, step=1)
    info: ModelInfo = mlflow.sklearn.log_model(object(), "model", signature=signature)
run_id: str = run.info.run_id
version: ModelVersion = mlflow.register_model(info.model_uri, "fraud", tags={"a": "b"})
number: int = version.version
client: Again = MlflowClient()
page: PagedList[ModelVersion] = client.search_model_versions("name = 'fraud'")
loaded: PyFuncModel = mlflow.pyfunc.load_model("models:/fraud@champion")
path: str = download_artifacts("models:/fraud/1")
file: Model = Model.load("models:/fraud/1")
schema: Schema = Schema([ColSpec("double", "a")])
mlflow.autolog(disable=True)
gitmodels.promote("fraud", 1, "champion", reason="better")
try:
    client.get_model_version("fraud", 1)
except MlflowException as error:
    code: str = error.error_code
"""
WRONG = {
    "mlflow.log_metric('auc')": 'Missing positional argument "value"',
    "mlflow.log_metric('auc', 'high')": "incompatible type",
    "text: str = version.version": "Incompatible types in assignment",
    "client.nonsense_of_mine()": "nonsense_of_mine",
    "mlflow.nonsense_of_mine()": "nonsense_of_mine",
    "mlflow.login()": "login",
    "from gitmodels.models import nonsense_of_mine": "nonsense_of_mine",
}


def _mypy(folder: Path, text: str) -> str:
    (folder / "script.py").write_text(text, encoding="utf-8")
    (folder / "mypy.ini").write_text("[mypy]\nstrict = true\nfollow_imports = silent\n")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            "mypy.ini",
            "--cache-dir",
            str(ROOT / ".mypy_cache"),
            "script.py",
        ],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_users_script_is_checked(tmp_path: Path) -> None:
    right = SCRIPT.lstrip().count("\n")
    answer = _mypy(tmp_path, SCRIPT.lstrip() + "\n".join(WRONG) + "\n")
    told = {int(line.split(":")[1]): line for line in answer.splitlines() if line.startswith("script.py:")}
    assert [line for number, line in sorted(told.items()) if number <= right] == []
    missed = {
        wrong: told.get(number)
        for number, (wrong, said) in enumerate(WRONG.items(), start=right + 1)
        if said not in told.get(number, "")
    }
    assert missed == {}, answer
