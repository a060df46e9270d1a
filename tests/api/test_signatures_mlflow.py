"""Every call that scripts share with MLflow takes the same arguments in the same order with the same defaults."""

import inspect
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import modules

CALLS: dict[str, list[str]] = json.loads(
    (Path(__file__).parents[1] / "formats" / "mlflow" / "surface.json").read_text(encoding="utf-8")
)["calls"]
# name -> why its arguments are not MLflow's
OWN = {
    "models.model.ModelInfo": "made here only: scripts read it",
    "models.Model.load": "takes a path or a URI",
    "pyfunc.PyFuncModel": "made by load_model only",
    "exceptions.MlflowException": "error codes are text; MLflow takes its numbers",
    "MlflowException": "error codes are text; MLflow takes its numbers",
    "exceptions.ExecutionException": "error codes are text; there is no SQL state",
    "exceptions.InvalidUrlException": "error codes are text; there is no SQL state",
    "exceptions.MissingConfigException": "error codes are text; there is no SQL state",
    "spark.log_model": "the path is optional, as in the other flavors",
    "exceptions.MlflowException.invalid_parameter_value": "any further field is taken; there is no SQL state",
}
# name -> arguments of MLflow's that are not taken, or not in that place, with the reason
_GENAI = {"*_called_from_genai_evaluate": "private, and there is no genai"}
_CONNECT = {"is_spark_connect_model": "its models are not read"}
WITHOUT: dict[str, dict[str, str]] = {
    "spark.get_default_conda_env": _CONNECT,
    "spark.get_default_pip_requirements": _CONNECT,
    "spark.load_model": {"dfs_tmpdir": "the session is a local one"},
    "evaluate": _GENAI,
    "models.evaluate": _GENAI,
    "MlflowClient": {"workspace_store_uri": "there are no workspaces"},
    "models.Model.get_model_info": {"logged_model": "the file knows its id"},
    "keras.load_model": {
        "custom_objects": "the file names its classes, and trust decides",
        "load_model_kwargs": "a file is read in safe mode",
    },
    "tensorflow.get_default_pip_requirements": {"include_cloudpickle": "custom objects are not pickled"},
    "tensorflow.load_model": {
        "saved_model_kwargs": "a folder is read as it is",
        "keras_model_kwargs": "a file is read in safe mode",
    },
    "transformers.load_model": {
        "return_type": "a pipeline comes back; it has its components",
        "device": "pipelines move by themselves",
        "base_model_path": "models keep their weights",
    },
}


def _resolve(name: str) -> Any:
    found: Any = gitmodels
    public = "gitmodels"
    for part in name.split("."):
        public = f"{public}.{part}"
        found = import_module(public) if public in modules.MODULES else getattr(found, part)
    return found


def _spelled(each: inspect.Parameter) -> str:
    stars = {each.KEYWORD_ONLY: "*", each.VAR_POSITIONAL: "*args:", each.VAR_KEYWORD: "**"}.get(each.kind, "")
    if each.default is each.empty:
        return f"{stars}{each.name}"
    return f"{stars}{each.name}={json.dumps(each.default, default=lambda value: type(value).__name__)}"


def differences(wanted: list[str], ours: list[str]) -> list[str]:
    """What a caller of MLflow's signature would stumble over in ours."""
    positional = [each for each in wanted if not each.startswith("*")]
    found = [f"{a} is {b}" for a, b in zip(positional, ours, strict=False) if a != b]
    found += [f"{each} is missing" for each in positional[len(ours) :]]
    named = {each.lstrip("*").partition("=")[0] for each in ours}
    for each in wanted:
        name = each.lstrip("*").partition("=")[0]
        if each.startswith("*") and not each.startswith(("**", "*args:")) and name not in named:
            found.append(f"{each} is missing")
    # What we add must not be asked of a caller.
    extra = ours[len(positional) :]
    found += [f"{each} is required" for each in extra if not each.startswith(("*args:", "**")) and "=" not in each]
    return found


@pytest.mark.parametrize("name", sorted(set(CALLS) - set(OWN)))
def test_arguments_are_mlflows(name: str) -> None:
    called = _resolve(name)
    ours = [
        _spelled(each) for each in inspect.signature(called).parameters.values() if each.name not in ("self", "cls")
    ]
    wanted = [each for each in CALLS[name] if each.partition("=")[0] not in WITHOUT.get(name, {})]
    assert differences(wanted, ours) == []


def test_the_comparison_sees_what_it_should() -> None:
    assert differences(["a", "b=1"], ["a", "b=1", "*c=2", "**rest"]) == []
    assert differences(["a", "b=1"], ["b=1", "a"]) == ["a is b=1", "b=1 is a"]
    assert differences(["a", "b=1"], ["a"]) == ["b=1 is missing"]
    assert differences(["a", "*k=1"], ["a"]) == ["*k=1 is missing"]
    assert differences(["a"], ["a", "b"]) == ["b is required"]


def test_every_exception_is_needed_and_says_why() -> None:
    assert set(OWN) <= set(CALLS)
    assert set(WITHOUT) <= set(CALLS)
    for reason in OWN.values():
        assert len(reason.split()) >= 4
