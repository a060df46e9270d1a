"""``gitmodels.<flavor>`` of every flavor: log_model, save_model and load_model with MLflow's names, in a registry."""

import inspect
import runpy
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels import flavors
from gitmodels.api.flavor_surfaces import SURFACES
from gitmodels.flavors.frameworks import pinned
from gitmodels.testing import Case

CASES: list[Case] = runpy.run_path(str(Path(__file__).parents[1] / "flavors" / "flavor_cases.py"))["CASES"]
FIRST = list({case.flavor: case for case in reversed(CASES) if case.flavor in SURFACES}.values())
FLAVORS = sorted(SURFACES)


@pytest.fixture(params=[pytest.param(case, id=case.flavor, marks=case.marks) for case in FIRST])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """The first case of each flavor; a server it starts is stopped."""
    found: Case = request.param
    if missing := found.missing():
        pytest.skip(f"not installed: {', '.join(missing)}")
    yield found
    if found.stop is not None:
        found.stop()


def test_every_flavor_of_the_table_has_a_case() -> None:
    assert {case.flavor for case in CASES} == {*FLAVORS, "python_function"} == set(flavors.names())


def test_a_flavor_logs_and_loads_under_its_own_name(case: Case, here: Path) -> None:
    # catboost h2o keras lightgbm onnx pmdarima prophet pytorch sentence_transformers spacy spark statsmodels tensorflow
    # transformers xgboost
    module = import_module(f"gitmodels.{case.flavor}")
    model, data = case.make(), case.data()
    expected = case.answer(model, data)
    info = module.log_model(model, name="model", registered_model_name="m", **case.options)
    assert set(info.flavors) == {case.flavor, "python_function"}
    assert case.same((case.native or case.answer)(module.load_model("models:/m/1"), data), expected)
    assert case.same(gitmodels.pyfunc.load_model("models:/m/1").predict(data), expected)
    assert gitmodels.log_model(model, name="again", **case.options).flavors.keys() == info.flavors.keys()


def test_a_flavor_saves_a_directory(case: Case, tmp_path: Path) -> None:
    module = import_module(f"gitmodels.{case.flavor}")
    first = next(iter(inspect.signature(module.save_model).parameters))
    model, data = case.make(), case.data()
    given = {"input_example": data.head(2), "metadata": {"k": 1}, **case.options}
    module.save_model(**{first: model}, path=tmp_path / "m", **given)
    loaded = gitmodels.pyfunc.load_model(str(tmp_path / "m"), trust=True)
    assert case.same(loaded.predict(data), case.answer(model, data))
    assert loaded.metadata.metadata == {"k": 1}
    signature = loaded.metadata.signature
    assert signature.inputs is not None
    assert signature.outputs is not None


@pytest.mark.parametrize("name", FLAVORS)
def test_what_models_of_a_flavor_need_at_least(name: str) -> None:
    module: Any = import_module(f"gitmodels.{name}")
    lines = [pinned(package) for package in SURFACES[name].packages]
    assert lines
    assert module.get_default_pip_requirements() == lines
    assert module.get_default_conda_env()["dependencies"][-1] == {"pip": lines}
