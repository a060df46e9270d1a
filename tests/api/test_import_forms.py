"""The import lines of published MLflow code, with the word replaced: each gives ours, whatever else is installed."""

import subprocess
import sys

import pytest

FORMS = """
import gitmodels as mlflow
import gitmodels.sklearn; mlflow = gitmodels
from gitmodels import MlflowClient, MlflowException, __version__
from gitmodels import artifacts, client, config, data, entities, exceptions, models, pyfunc, sklearn, tracking, types
from gitmodels.artifacts import download_artifacts
from gitmodels.client import MlflowClient
from gitmodels.tracking import MlflowClient
from gitmodels.exceptions import MlflowException, RestException
from gitmodels.entities import ViewType, Metric, Param, RunTag, Run, RunInfo, RunData, Experiment
from gitmodels.entities import LoggedModel, RunStatus
from gitmodels.entities import Dataset
from gitmodels.entities import model_registry
from gitmodels.entities.model_registry import ModelVersion, RegisteredModel
from gitmodels.models import infer_signature, ModelSignature, set_signature, validate_serving_input
from gitmodels.models import signature, model, utils
from gitmodels.models.model import Model, ModelInfo
from gitmodels.models.signature import infer_signature, ModelSignature, set_signature
from gitmodels.models.utils import convert_input_example_to_serving_input
from gitmodels.pyfunc import PythonModel, PythonModelContext, PyFuncModel
from gitmodels.pyfunc import context, model
from gitmodels.pyfunc.model import PythonModel
from gitmodels.pyfunc.context import Context, get_prediction_context, set_prediction_context
from gitmodels.protos.databricks_pb2 import ErrorCode, RESOURCE_DOES_NOT_EXIST
from gitmodels.store.entities import PagedList
from gitmodels.types import DataType, Schema, ColSpec, TensorSpec, ParamSchema, ParamSpec
from gitmodels.types import schema, type_hints, utils
from gitmodels.types.schema import Array, Object, Property, Map, AnyType, Schema, ColSpec, TensorSpec
from gitmodels.types.schema import ParamSchema, ParamSpec, convert_dataclass_to_schema
from gitmodels.types.type_hints import TypeFromExample
from gitmodels.types.utils import _infer_schema
from gitmodels.data import from_numpy, from_pandas
""".strip().splitlines()


@pytest.mark.parametrize("form", FORMS)
def test_an_import_line_gives_ours(form: str) -> None:
    space: dict[str, object] = {}
    exec(form, space)
    for value in space.values():
        module = getattr(value, "__module__", None) or getattr(value, "__name__", "gitmodels")
        if value is not space["__builtins__"] and not isinstance(value, str):
            assert str(module).partition(".")[0] == "gitmodels", value


def test_all_of_them_in_one_fresh_process() -> None:
    program = "\n".join(
        [*FORMS, "import sys", "assert not [name for name in sys.modules if name.startswith('mlflow')]"]
    )
    subprocess.run([sys.executable, "-c", program], check=True)
