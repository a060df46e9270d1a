"""What every flavor of the table promises: the contract, run over all of them."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gitmodels import flavors
from gitmodels.flavors.python_model import PythonModel
from gitmodels.mlmodel import package
from gitmodels.mlmodel.loaders import load_native
from gitmodels.mlmodel.package import PackageOptions
from gitmodels.mlmodel.predictor import load_predictor
from gitmodels.mlmodel.requirements import Overrides
from gitmodels.mlmodel.trust import CLASSES, Trust

FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [0.5, 0.25, 0.125, 4.0]})
TARGET = [0, 1, 1, 0]
OPTIONS = PackageOptions(overrides=Overrides(pip_requirements=["pandas"]))


class _Sum(PythonModel):
    def __init__(self, weights):
        self.weights = weights

    def predict(self, model_input, params=None):
        return (model_input * self.weights).sum(axis=1).to_numpy()


def _estimator():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(5, random_state=0).fit(FRAME, TARGET)


def _answer(model):
    return (model if callable(model) else model.predict)(FRAME)


def _double(model_input):
    return (model_input["a"] * 2).to_numpy()


# flavor -> (a model, the flavor's options); every flavor of the table is here, or the test below fails.
CASES = {
    "python_function": (lambda: _Sum({"a": 2.0, "b": 1.0}), {}),
    "sklearn": (_estimator, {}),
    "sklearn, cloudpickle": (_estimator, {"serialization_format": "cloudpickle"}),
    "python_function, function": (lambda: _double, {"model_config": {"k": 1}}),
}


def _case(name):
    make, options = CASES[name]
    return flavors.get(name.partition(",")[0]), make(), options


def test_every_flavor_has_a_case():
    assert {name.partition(",")[0] for name in CASES} == set(flavors.names())


@pytest.mark.parametrize("name", CASES)
def test_a_flavor_has_the_names_of_the_protocol(name):
    flavor, _, _ = _case(name)
    assert name.partition(",")[0] == flavor.NAME
    assert isinstance(flavor.PACKAGES, tuple)
    assert flavor.FORMATS
    assert set(flavor.FORMATS.values()) <= set(CLASSES)
    for function in ("save", "load", "predict", "code_execution"):
        assert callable(getattr(flavor, function))


@pytest.mark.parametrize("name", CASES)
def test_saved_and_loaded_it_predicts_the_same(name, tmp_path):
    flavor, model, options = _case(name)
    package.save(model, tmp_path / "m", flavor.NAME, OPTIONS, options)
    expected = _answer(model)
    loaded = load_predictor(tmp_path / "m", trust=Trust.all())
    assert np.array_equal(loaded.predict(FRAME), expected)
    native = load_native(tmp_path / "m", trust=Trust.all())
    assert np.array_equal(flavor.predict(native, FRAME, {}), expected)


@pytest.mark.parametrize("name", CASES)
def test_the_configuration_is_plain_and_says_what_runs(name, tmp_path):
    flavor, model, options = _case(name)
    saved = flavor.save(model, tmp_path, options)
    assert json.loads(json.dumps([saved.config, saved.pyfunc])) == [saved.config, saved.pyfunc]
    assert saved.code_execution in CLASSES
    config = saved.pyfunc if flavor.NAME == "python_function" else saved.config
    assert flavor.code_execution(tmp_path, config) == saved.code_execution
    assert saved.pyfunc["loader_module"].startswith("mlflow.")


@pytest.mark.parametrize("name", CASES)
def test_the_same_model_saved_again_is_the_same_bytes(name, tmp_path):
    flavor, model, options = _case(name)
    for place in ("one", "two"):
        package.save(model, tmp_path / place, flavor.NAME, OPTIONS, options)
    assert _contents(tmp_path / "one") == _contents(tmp_path / "two")
    assert not any(str(tmp_path).encode() in data for data in _contents(tmp_path / "one").values())


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_written_outside_the_directory(name, tmp_path, monkeypatch):
    flavor, model, options = _case(name)
    monkeypatch.chdir(tmp_path)
    package.save(model, tmp_path / "m", flavor.NAME, OPTIONS, options)
    load_predictor(tmp_path / "m", trust=Trust.all())
    assert os.listdir(tmp_path) == ["m"]


@pytest.mark.parametrize("name", CASES)
def test_loading_changes_nothing(name, tmp_path):
    flavor, model, options = _case(name)
    package.save(model, tmp_path / "m", flavor.NAME, OPTIONS, options)
    before = _contents(tmp_path / "m")
    load_predictor(tmp_path / "m", trust=Trust.all()).predict(FRAME)
    assert _contents(tmp_path / "m") == before


def _contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
