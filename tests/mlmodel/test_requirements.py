import importlib
import logging
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from gitmodels.errors import FileMissing, Invalid
from gitmodels.mlmodel.distributions import Distribution, Installed, version
from gitmodels.mlmodel.requirements import Overrides, Requirements, capture, closure, prune

SKLEARN = f"scikit-learn=={version('scikit-learn')}"


def names(requirements: Requirements) -> list[str]:
    return [line.partition("==")[0] for line in requirements.pip]


def script(source: str, name: str) -> Any:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(source, namespace)
    return namespace[name]


def test_direct_needs_are_pinned_and_the_closure_locked(tmp_path: Path) -> None:
    found = capture(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), cache_dir=tmp_path)
    assert found.pip == (SKLEARN,)
    assert SKLEARN in found.lock
    assert any(line.startswith("numpy==") for line in found.lock)
    assert list(found.lock) == sorted(found.lock)
    assert found.local_modules == ()
    assert found.python == ".".join(map(str, sys.version_info[:3]))


def test_lazy_imports_count() -> None:
    model = script("class M:\n    def predict(self, x):\n        import pandas\n        import scipy.stats", "M")()
    assert {"pandas", "scipy"} <= set(names(capture(model)))
    assert "cloudpickle" in names(capture(model))


def test_a_flavors_packages_are_always_there() -> None:
    assert names(capture({}, packages=["scikit-learn", "numpy"])) == ["numpy", "scikit-learn"]
    assert capture({}, packages=["not-installed-anywhere"]).pip == ("not-installed-anywhere",)
    assert capture({}, packages=["not-installed-anywhere"]).lock == ()


def test_tools_of_the_trade_are_never_listed() -> None:
    model = script("def f():\n    import pytest, pip, setuptools, gitmodels, numpy", "f")
    assert set(names(capture(model))) == {"cloudpickle", "numpy"}


def test_an_unpicklable_model_falls_back_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = capture(threading.Lock(), packages=["scikit-learn"])
    assert found.pip == (SKLEARN,)
    assert len(caplog.records) == 1
    assert "TypeError" in caplog.text


@pytest.fixture
def local_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    package = tmp_path / "project" / "my_features"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from my_features.steps import double\n")
    (package / "steps.py").write_text("import joblib\n\ndef double(x):\n    import pandas\n    return x\n")
    monkeypatch.syspath_prepend(str(package.parent))
    yield importlib.import_module("my_features.steps")
    for name in [name for name in sys.modules if name.startswith("my_features")]:
        del sys.modules[name]


def test_local_modules_are_reported_and_searched(local_module: Any, tmp_path: Path) -> None:
    model = make_pipeline(FunctionTransformer(local_module.double))
    found = capture(model)
    assert found.local_modules == ("my_features.steps",)
    assert {"pandas", "scikit-learn"} <= set(names(found))
    shipped = capture(model, sources=[tmp_path / "project" / "my_features"])
    assert shipped.local_modules == ()
    assert "pandas" in names(shipped)


def test_a_model_written_as_code_needs_what_its_file_imports(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("import gitmodels\nimport scipy\nimport never_installed_xyz\n")
    assert names(capture(None, sources=[path])) == ["scipy"]


def test_pip_requirements_replace_everything(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("numpy\n-c constraints.in\n")
    (tmp_path / "constraints.in").write_text("scipy<99\n")
    model = LogisticRegression()
    assert capture(model, overrides=Overrides(pip_requirements=["numpy", "x==1"])).pip == ("numpy", "x==1")
    found = capture(model, overrides=Overrides(pip_requirements=str(file)))
    assert (found.pip, found.constraints, found.lock) == (("numpy",), ("scipy<99",), ())
    assert capture(model, packages=["scikit-learn"], overrides=Overrides(pip_requirements=[])).pip == ()


def test_extra_requirements_are_added() -> None:
    found = capture(LogisticRegression(), overrides=Overrides(extra_pip_requirements=["pandas>1", "scikit-learn"]))
    assert found.pip == (SKLEARN, "pandas>1")
    with pytest.raises(Invalid, match="incompatible"):
        capture(LogisticRegression(), overrides=Overrides(extra_pip_requirements=["scikit-learn<0.1"]))


def test_a_conda_environment_is_taken_over(tmp_path: Path) -> None:
    given = {
        "channels": ["https://u:p@conda.example.org/x"],
        "dependencies": ["python=3.10.4", "cmake", {"pip": ["numpy==1.0", "--index-url https://t@h/s"]}],
    }
    found = capture(None, overrides=Overrides(conda_env=given))
    assert found.python == "3.10.4"
    assert found.pip == ("numpy==1.0", "--index-url https://h/s")
    assert found.conda is not None
    assert found.conda["channels"] == ["https://conda.example.org/x"]
    file = tmp_path / "conda.yaml"
    file.write_text("dependencies:\n- python=3.9\n- pip:\n  - x\n")
    assert capture(None, overrides=Overrides(conda_env=file)).pip == ("x",)


@pytest.mark.parametrize("wrong", [3, {"dependencies": "x"}, {"dependencies": [{"conda": []}]}, ["x"]])
def test_a_wrong_conda_environment_is_refused(wrong: Any) -> None:
    with pytest.raises(Invalid):
        capture(None, overrides=Overrides(conda_env=wrong))


def test_only_one_override_is_taken() -> None:
    text = "Only one of `conda_env`, `pip_requirements`, and `extra_pip_requirements` can be specified"
    with pytest.raises(Invalid, match=re.escape(text)):
        capture(None, overrides=Overrides(pip_requirements=[], extra_pip_requirements=[]))
    with pytest.raises(FileMissing):
        capture(None, overrides=Overrides(conda_env="/absent/conda.yaml"))


def test_prune_keeps_one_of_a_circle_and_what_must_stay() -> None:
    rows = {
        "a": Distribution("a", "1", {"": ("b",)}),
        "b": Distribution("b", "1", {"": ("a", "c")}),
        "c": Distribution("c", "1"),
    }
    known = Installed({}, rows)
    assert prune(["a", "b", "c"], known) == {"a"}
    assert prune(["a"], known, keep=["c"]) == {"a", "c"}
    assert closure(["a"], known) == ("a==1", "b==1", "c==1")
    assert closure(["a>2"], known) == ()
    assert closure(["a ; python_version < '3'"], known) == ()


def test_capture_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", lambda *a, **k: pytest.fail("a process was started"))
    capture(LogisticRegression())


def test_modules_of_gitmodels_are_never_a_need_of_a_model() -> None:
    from gitmodels.flavors.python_model import PythonModel

    class Model(PythonModel):
        def predict(self, context: Any, model_input: Any) -> Any:
            return model_input

    captured = capture(Model())
    assert not any(module.startswith("gitmodels") for module in captured.local_modules)
    assert not any(line.startswith(("gitmodels", "mlflow")) for line in captured.pip)


LOCK = """version = 1
[[package]]
name = "mine"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "upper" }, { name = "beside" }]
[package.dev-dependencies]
dev = [{ name = "lower" }]
[[package]]
name = "upper"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "lower" }]
[[package]]
name = "lower"
version = "1.0+cpu"
source = { registry = "https://pypi.org/simple" }
[[package]]
name = "beside"
version = "1"
source = { editable = "beside" }
"""


def test_a_lock_file_says_the_requirements_and_all_they_pull_in(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "uv.lock").write_text(LOCK)
    found = capture(None, overrides=Overrides(pip_requirements=tmp_path / "uv.lock"))
    assert (found.pip, found.lock) == (("upper==2.0",), ("lower==1.0", "upper==2.0"))
    assert "packages in folders of the project are not required: beside" in caplog.text
    assert capture(None, overrides=Overrides(uv_project=tmp_path)) == found


def test_groups_and_extra_requirements_come_on_top_of_a_uv_project(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(LOCK)
    assert capture(None, overrides=Overrides(uv_project=tmp_path, uv_groups=["dev"])).pip == (
        "upper==2.0",
        "lower==1.0",
    )
    both = capture(None, overrides=Overrides(uv_project=tmp_path, extra_pip_requirements=["click"]))
    assert both.pip == ("upper==2.0", "click")
    assert both.constraints == ("lower==1.0", "upper==2.0")


def test_a_uv_project_beside_other_requirements_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="says the requirements already"):
        capture(None, overrides=Overrides(uv_project=tmp_path, pip_requirements=["click"]))
    with pytest.raises(Invalid, match="belong to a project"):
        capture(None, overrides=Overrides(uv_groups=["dev"]))
    with pytest.raises(FileMissing):
        capture(None, overrides=Overrides(uv_project=tmp_path))
