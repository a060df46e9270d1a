"""What only MLflow has: the name is there, and says what to do instead."""

import importlib
import pickle
import subprocess
import sys

import pytest

import gitmodels
from gitmodels.api import modules, unsupported
from gitmodels.errors import MissingDependency, NotSupported

NAMED = [(module, name) for module, names in unsupported.NAMES.items() for name in names]
ENDING = "; use MLflow itself with `pip install gitmodels[mlflow]` and `mlflow.set_registry_uri('gitmodels:///path')`"


@pytest.mark.parametrize(("module", "name"), NAMED)
def test_a_name_of_the_table_is_there_and_raises_with_the_one_text(module: str, name: str) -> None:
    if module == "gitmodels.MlflowClient":
        absent = getattr(gitmodels.MlflowClient(), name)
    elif module in modules.MODULES or module == "gitmodels":
        absent = getattr(importlib.import_module(module), name)
    else:
        pytest.fail(f"{module} is not public")
    with pytest.raises(gitmodels.MlflowException) as raised:
        absent("models:/fraud/1", key=1)
    shown = f"{module.removeprefix('gitmodels').removeprefix('.')}.{name}".removeprefix(".")
    assert raised.value.message == f"gitmodels does not have {shown}{ENDING}"
    assert (raised.value.error_code, raised.value.get_http_status_code()) == ("NOT_IMPLEMENTED", 501)
    assert isinstance(raised.value, NotSupported)


def test_a_name_of_the_table_is_not_public_too() -> None:
    for module, names in unsupported.NAMES.items():
        if module != "gitmodels.MlflowClient":
            assert set(names) & set(importlib.import_module(module).__all__) == set()
    assert set(unsupported.NAMES["gitmodels.MlflowClient"]) & set(vars(gitmodels.MlflowClient)) == set()
    assert {f"gitmodels.{name}" for name in unsupported.MODULES} & set(modules.MODULES) == set()


@pytest.mark.parametrize("name", unsupported.MODULES)
def test_a_module_of_the_table_imports_and_each_of_its_names_raises(name: str) -> None:
    module = importlib.import_module(f"gitmodels.{name}")
    assert importlib.import_module(f"gitmodels.{name}.deeper").__name__ == f"gitmodels.{name}.deeper"
    with pytest.raises(NotSupported, match=rf"does not have {name}\.anything; use MLflow itself"):
        _ = module.anything
    with pytest.raises(AttributeError):
        _ = module.__wrapped__


def test_modules_answer_as_attributes_too() -> None:
    with pytest.raises(NotSupported, match=r"does not have genai\.evaluate"):
        gitmodels.genai.evaluate()
    with pytest.raises(NotSupported, match=r"does not have models\.resources\.DatabricksServingEndpoint"):
        _ = gitmodels.models.resources.DatabricksServingEndpoint


@pytest.mark.parametrize("name", unsupported.FLAVORS)
def test_a_flavor_that_is_not_shipped_is_an_import_error_with_the_ways_on(name: str) -> None:
    if f"gitmodels.{name}" in modules.MODULES:
        pytest.skip(f"{name} is shipped")
    with pytest.raises(ImportError) as raised:
        importlib.import_module(f"gitmodels.{name}")
    assert raised.value.name == f"gitmodels.{name}"
    assert isinstance(raised.value, MissingDependency)
    for way in ("PythonModel", "entry-point group gitmodels.flavors", "set_registry_uri('gitmodels:///path')"):
        assert way in str(raised.value)
    with pytest.raises(MissingDependency, match=f"does not have the flavor {name}"):
        getattr(gitmodels, name)


def test_from_import_of_a_flavor_says_the_same() -> None:
    with pytest.raises(ImportError, match="does not have the flavor paddle"):
        exec("from gitmodels import paddle")
    with pytest.raises(ImportError, match="does not have the flavor paddle"):
        exec("import gitmodels.paddle.inner")


def test_subclassing_decorating_and_asking_what_is_absent() -> None:
    from gitmodels.pyfunc import ChatModel  # type: ignore[attr-defined]

    with pytest.raises(NotSupported, match=r"pyfunc\.ChatModel"):
        type.__call__(type, "Mine", *_resolved(ChatModel))
    with pytest.raises(NotSupported, match="does not have trace;"):
        gitmodels.trace(lambda: 1)
    with pytest.raises(NotSupported, match=r"does not have ActiveModel\.from_id;"):
        _ = gitmodels.ActiveModel.from_id
    assert not isinstance(1, gitmodels.entities.Trace)
    assert repr(gitmodels.login) == "<not in gitmodels: login>"
    assert not hasattr(gitmodels.login, "__wrapped__")


def _resolved(base: object) -> tuple[tuple[type, ...], dict[str, object]]:
    import types

    return types.resolve_bases((base,)), {}


def test_what_nobody_has_stays_pythons_own_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'gitmodels.models' has no attribute 'nonsense'"):
        _ = gitmodels.models.nonsense
    with pytest.raises(AttributeError, match="'MlflowClient' object has no attribute 'nonsense'"):
        _ = gitmodels.MlflowClient().nonsense
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("gitmodels.models.nonsense")


def test_the_refusals_survive_a_pickle() -> None:
    error = pickle.loads(pickle.dumps(NotSupported.only_in_mlflow("evaluate")))
    assert (error.message, error.error_code) == (f"gitmodels does not have evaluate{ENDING}", "NOT_IMPLEMENTED")


def test_the_table_is_not_loaded_before_it_is_asked() -> None:
    program = (
        "import sys, gitmodels, gitmodels.errors; assert 'gitmodels.api.unsupported' not in sys.modules\n"
        "assert not hasattr(gitmodels, '__nonsense__'); assert 'gitmodels.api.unsupported' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
