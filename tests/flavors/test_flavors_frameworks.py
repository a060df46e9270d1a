"""What flavors tell about their frameworks: missing ones, other versions, classes and files that are none."""

import logging
import sys
from pathlib import Path

import pytest

from gitmodels import flavors
from gitmodels.errors import Invalid, InvalidModel, MissingDependency, Untrusted
from gitmodels.flavors import frameworks
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.loaders import load_native
from gitmodels.mlmodel.trust import Trust

NATIVE = ["catboost", "h2o", "lightgbm", "onnx", "pmdarima", "prophet", "spark", "statsmodels", "xgboost"]
OPTIONS = ["catboost", "h2o", "lightgbm", "onnx", "spark", "statsmodels", "xgboost"]


def _directory(folder: Path, flavor: str, **config: str) -> Path:
    (folder / "model.bin").write_bytes(b"x")
    entry = {"data": "model.bin", **config}
    (folder / "MLmodel").write_bytes(ModelFile(flavors={flavor: entry}).to_bytes())
    return folder


@pytest.mark.parametrize("name", NATIVE)
def test_a_missing_framework_is_told_with_the_exact_line_to_install_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, package = flavors.get(name).VERSION  # type: ignore[attr-defined]
    for module in [each for each in sys.modules if each == package or each.startswith(f"{package}.")]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, package, None)
    given = {key: "2.5.1", "model_type": "CatBoost", "save_format": "cbm", "model_data": "model.bin"}
    directory = _directory(tmp_path, name, **given)
    with pytest.raises(MissingDependency) as raised:
        load_native(directory, name, trust=Trust.all())
    assert raised.value.hint == f"pip install {package}==2.5.1"
    with pytest.raises(MissingDependency) as raised:
        flavors.get(name).save(object(), tmp_path, {})
    assert raised.value.hint == f"pip install {package}"


def test_a_framework_that_lacks_something_itself_is_another_story(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(MissingDependency, match="is not installed"):
        frameworks.framework("no_such_framework_at_all", "nothing", "not a version; rm -rf")
    (tmp_path / "broken_framework.py").write_text("import absent_below\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(MissingDependency, match="no module named absent_below") as raised:
        frameworks.framework("broken_framework", "broken-framework")
    assert raised.value.hint == "pip install absent_below"


def test_another_minor_version_is_told_once_and_the_same_is_not(caplog: pytest.LogCaptureFixture) -> None:
    import numpy

    with caplog.at_level(logging.WARNING, "gitmodels"):
        frameworks.tell_version(("v", "numpy"), {"v": numpy.__version__})
        frameworks.tell_version(("v", "numpy"), {})
        frameworks.tell_version(("v", "no_such_module"), {"v": "1.0"})
        frameworks.tell_version(("v", "numpy"), {"v": "$(reboot)"})
        assert caplog.messages == []
        frameworks.tell_version(("v", "numpy"), {"v": "1.26.4"})
    assert len(caplog.messages) == 1
    assert caplog.messages[0].endswith("pip install numpy==1.26.4")


def test_loading_an_estimator_of_another_version_warns(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("xgboost")
    _directory(tmp_path, "xgboost", xgb_version="1.0.0")
    with caplog.at_level(logging.WARNING, "gitmodels"), pytest.raises(InvalidModel, match="cannot be read"):
        load_native(tmp_path, "xgboost", trust=Trust.nothing())
    assert "the model was saved with xgboost 1.0.0" in caplog.text


@pytest.mark.parametrize("name", ["os.system", "subprocess.Popen", "gitmodels.errors.Invalid", "builtins.eval"])
def test_a_class_of_python_itself_is_never_imported(name: str, tmp_path: Path) -> None:
    directory = _directory(tmp_path, "xgboost", model_class=name)
    assert code_execution(directory) == "python-code"
    with pytest.raises(Untrusted):
        load_native(directory, "xgboost", trust=Trust.nothing())
    pytest.importorskip("xgboost")
    with pytest.raises(Untrusted, match="never imported"):
        load_native(directory, "xgboost", trust=Trust.all())


@pytest.mark.parametrize("name", ["", "xgboost", "xgboost..core", "xgboost.core.Booster()", "../x.y", 3, None])
def test_what_is_no_name_of_a_class_is_refused(name: object) -> None:
    assert not frameworks.is_within(name, ["xgboost"])
    with pytest.raises(InvalidModel):
        frameworks.class_named(name, object)


def test_a_class_of_the_framework_that_is_no_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    directory = _directory(tmp_path, "xgboost", model_class="xgboost.core.DMatrix")
    with pytest.raises(InvalidModel, match="not a class of such models"):
        load_native(directory, "xgboost", trust=Trust.nothing())
    with pytest.raises(MissingDependency, match="cannot be imported"):
        frameworks.class_named("xgboost.core.NoSuchThing", object)


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    pytest.importorskip(flavors.get(name).VERSION[1])  # type: ignore[attr-defined]
    with pytest.raises(Invalid, match="does not take colour"):
        flavors.get(name).save(object(), tmp_path, {"colour": "red"})


def test_formats_that_are_none_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("xgboost")
    pytest.importorskip("catboost")
    with pytest.raises(Invalid, match="does not write 'xgb'"):
        flavors.get("xgboost").save(object(), tmp_path, {"model_format": "xgb"})
    with pytest.raises(Invalid, match="does not write 'coreml'"):
        flavors.get("catboost").save(object(), tmp_path, {"format": "coreml"})
    with pytest.raises(Invalid, match="does not keep a object"):
        flavors.get("catboost").save(object(), tmp_path, {})
    with pytest.raises(InvalidModel, match="no catboost model: 'Popen'"):
        load_native(_directory(tmp_path, "catboost", model_type="Popen"), "catboost", trust=Trust.nothing())


def test_parameters_a_model_does_not_take_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    def predict(data: object, ntree: int = 1) -> None: ...

    with caplog.at_level(logging.WARNING, "gitmodels"):
        assert frameworks.accepted(predict, {"ntree": 2, "other": 3}, "spline") == {"ntree": 2}
    assert "params other are not accepted by the spline model" in caplog.text
    assert frameworks.accepted(lambda data, **rest: data, {"other": 3}, "spline") == {"other": 3}
