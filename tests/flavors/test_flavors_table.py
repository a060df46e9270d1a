"""The flavor table: found by class, imported when used, ways out when nothing fits."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from gitmodels import flavors
from gitmodels.errors import FlavorNotFound
from gitmodels.flavors import python_function
from gitmodels.flavors.python_model import PythonModel


class _Own(PythonModel):
    def predict(self, model_input, params=None):
        return model_input


class _Entry:
    def __init__(self, name, module):
        self.name, self._module = name, module

    def load(self):
        return self._module


def test_knowing_the_table_imports_no_framework_and_no_flavor():
    code = "import sys, gitmodels.flavors as f; f.names(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"sklearn", "numpy", "pandas", "cloudpickle", "gitmodels.flavors.python_function"}


def test_a_module_is_found_by_its_name():
    assert flavors.get("python_function") is python_function
    assert flavors.FLAVORS["python_function"] is python_function
    assert set(flavors.FLAVORS) == set(flavors.names())


@pytest.mark.parametrize("model", [_Own(), lambda model_input: model_input, "model.py", Path("x/model.py")])
def test_python_models_are_detected(model):
    assert flavors.detect(model) == "python_function"


def test_an_estimator_is_detected_and_so_is_a_class_derived_from_one():
    from sklearn.linear_model import LinearRegression

    class Mine(LinearRegression):
        pass

    assert flavors.detect(LinearRegression()) == "sklearn"
    assert flavors.detect(Mine()) == "sklearn"


@pytest.mark.parametrize("model", [object(), 3, {"a": 1}, LookupError, "text", Path("x"), b"a.py"])
def test_what_no_flavor_keeps_is_refused_with_ways_out(model):
    with pytest.raises(FlavorNotFound) as caught:
        flavors.detect(model)
    assert "PythonModel" in caught.value.hint


def test_a_third_party_flavor_is_found_on_a_miss(monkeypatch):
    theirs = SimpleNamespace(NAME="paddle", ROOTS=("collections",))
    monkeypatch.setattr(flavors, "_entry_points", lambda: [_Entry("paddle", theirs)])
    from collections import Counter

    assert flavors.detect(Counter()) == "paddle"
    assert flavors.get("paddle") is theirs
    assert flavors.behind("mlflow.paddle") == "paddle"


def test_a_third_party_flavor_cannot_take_a_name_of_ours(monkeypatch):
    theirs = SimpleNamespace(NAME="python_function")
    monkeypatch.setattr(flavors, "_entry_points", lambda: [_Entry("python_function", theirs)])
    assert flavors.get("python_function") is python_function


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(FlavorNotFound, match=r"there are catboost, h2o, .*, xgboost$"):
        flavors.get("paddle")
