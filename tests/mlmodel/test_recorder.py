import sys
import threading
import tracemalloc
import types
from typing import Any

import numpy as np
import pytest
import scipy.special
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from gitmodels.mlmodel.recorder import imports_in, is_standard, record, resolve


def made(source: str, name: str, **names: Any) -> Any:
    """A function of a script: it pickles by value, as from a notebook."""
    namespace: dict[str, Any] = {"__name__": "__main__", "__package__": names.pop("package", ""), **names}
    exec(source, namespace)
    return namespace[name]


def test_a_fitted_pipeline_names_its_framework() -> None:
    model = make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()).fit([[1.0], [2.0]], [0, 1])
    found = record(model)
    assert "sklearn.linear_model._logistic" in found.modules
    assert "numpy" in found.modules
    assert not found.by_value
    assert not found.failure


def test_lazy_imports_of_functions_by_value_are_seen() -> None:
    predict = made("def predict(x):\n    import pandas as pd\n    from json import loads\n    return pd", "predict")
    found = record({"predict": predict})
    assert found.by_value
    assert {"pandas", "json", "json.loads"} <= found.modules


def test_classes_by_value_have_their_methods_searched() -> None:
    model = made("class M:\n    def f(self):\n        def g():\n            import joblib\n        return g", "M")()
    assert "joblib" in record(model).modules


def test_globals_and_closures_of_functions_are_seen() -> None:
    inner = made("def inner():\n    import skops.io", "inner")
    outer = made("def outer(x):\n    return np.sum(x) + inner()", "outer", np=np, inner=inner)
    assert {"numpy", "skops.io"} <= record(outer).modules


def test_a_ufunc_is_traced_to_its_module() -> None:
    assert any(name.startswith("scipy.special") for name in record(FunctionTransformer(scipy.special.expit)).modules)


def test_imports_by_name_are_seen() -> None:
    load = made("def load():\n    import importlib\n    return importlib.import_module('pandas.api')", "load")
    assert "pandas.api" in record(load).modules


def test_relative_imports_are_resolved_by_the_package() -> None:
    function = made("def f():\n    from ..deep import x\n    from . import y", "f", package="top.mid")
    assert {"top.deep", "top.deep.x", "top.mid", "top.mid.y"} <= record(function).modules
    assert resolve("a", 3, "top") == ""
    assert resolve("a", 1, "") == ""


def test_what_cannot_be_pickled_is_named_without_its_text() -> None:
    class Secretive:
        def __reduce__(self) -> Any:
            raise RuntimeError("customer 4711")

    found = record([LogisticRegression(), Secretive()])
    assert found.failure == "RuntimeError"
    assert "sklearn.linear_model._logistic" in found.modules
    assert record(threading.Lock()).failure == "TypeError"


def test_no_method_of_the_model_runs() -> None:
    ran: list[str] = []

    class Model:
        def predict(self, data: Any) -> Any:
            ran.append("predict")

        def __call__(self) -> None:
            ran.append("call")

    assert record(Model()).by_value
    assert ran == []


def test_large_arrays_are_not_copied() -> None:
    array = np.zeros(50_000_000, dtype=np.int8)
    tracemalloc.start()
    record({"weights": array})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_an_unpicklable_module_object_is_still_named() -> None:
    assert "json" in record(types.SimpleNamespace(module=__import__("json"))).modules


def test_code_without_imports_gives_none() -> None:
    assert imports_in(compile("x = 1", "", "exec")) == frozenset()
    assert is_standard("__mp_main__")


def test_weights_of_frameworks_are_passed_over_but_their_classes_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = types.ModuleType("torch")
    exec(
        "class Tensor:\n    def __reduce_ex__(self, protocol):\n        raise AssertionError('copied')", torch.__dict__
    )
    torch.Tensor.__module__ = "torch"
    monkeypatch.setitem(sys.modules, "torch", torch)
    source = "class Mine(Tensor):\n    def f(self):\n        import joblib"
    mine = made(source, "Mine", Tensor=torch.Tensor)
    found = record({"a": torch.Tensor(), "b": mine()})
    assert {"torch", "joblib"} <= found.modules
    assert not found.failure
