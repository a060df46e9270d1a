"""Public modules are the private ones under MLflow's names."""

import importlib
import subprocess
import sys
import types

import pytest

import gitmodels
from gitmodels.api import modules


@pytest.mark.parametrize("name", sorted(modules.MODULES))
def test_each_module_of_the_table_is_importable_and_one_object(name: str) -> None:
    module = importlib.import_module(name)
    assert module is modules.implementing(name) or ":" in modules.MODULES[name]
    assert sys.modules[name] is module
    parent, _, child = name.rpartition(".")
    assert getattr(importlib.import_module(parent), child) is module


@pytest.mark.parametrize("name", sorted(modules.NAMES))
def test_each_name_of_the_table_is_what_its_module_holds(name: str) -> None:
    assert getattr(gitmodels, name) is getattr(importlib.import_module(modules.NAMES[name]), name)


def test_the_private_module_keeps_its_own_spec() -> None:
    module = importlib.import_module("gitmodels.exceptions")
    assert module.__spec__ is not None
    assert (module.__name__, module.__spec__.name) == ("gitmodels.api.exceptions", "gitmodels.api.exceptions")


def test_a_public_name_imports_first_in_a_fresh_process() -> None:
    program = (
        "from gitmodels.exceptions import MlflowException\n"
        "import gitmodels.exceptions, gitmodels.api.exceptions\n"
        "assert gitmodels.exceptions is gitmodels.api.exceptions\n"
        "assert gitmodels.MlflowException is MlflowException\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_nested_and_built_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = types.ModuleType("implementation_plain")
    factory = types.ModuleType("implementation_factory")
    built = types.ModuleType("implementation_built")
    factory.build = lambda argument: built if argument == "it" else None  # type: ignore[attr-defined]
    table = {
        **modules.MODULES,
        "gitmodels.plain": plain.__name__,
        "gitmodels.plain.inner": f"{factory.__name__}:it",
    }
    monkeypatch.setattr(modules, "MODULES", table)
    for module in (plain, factory):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    try:
        assert importlib.import_module("gitmodels.plain.inner") is built
        assert importlib.import_module("gitmodels.plain") is plain
        assert plain.inner is built  # type: ignore[attr-defined]
    finally:
        for name in ("gitmodels.plain", "gitmodels.plain.inner"):
            sys.modules.pop(name, None)
        vars(gitmodels).pop("plain", None)


def test_what_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'gitmodels' has no attribute 'nonsense'"):
        _ = gitmodels.nonsense  # type: ignore[attr-defined]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("gitmodels.nonsense")


def test_the_finder_is_there_once() -> None:
    modules.install()
    assert sum(isinstance(finder, modules.PublicModules) for finder in sys.meta_path) == 1


def test_an_import_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "MODULES", {"gitmodels.broken": "gitmodels.api.not_written"})
    with pytest.raises(ModuleNotFoundError, match="not_written"):
        importlib.import_module("gitmodels.broken")
    assert "gitmodels.broken" not in sys.modules
