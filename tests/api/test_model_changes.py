"""Changing the signature and the requirements of a model that exists."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import context
from gitmodels.errors import FileMissing, Invalid, InvalidModel, ObjectNotFound
from gitmodels.models import (
    Model,
    ModelSignature,
    get_model_info,
    infer_signature,
    set_signature,
    update_model_requirements,
)


def _signature() -> ModelSignature:
    import pandas as pd

    return infer_signature(pd.DataFrame({"anything": [1.0]}))


@pytest.fixture
def logged(here: Path, classifier: Any) -> Any:
    with gitmodels.start_run() as run:
        info = gitmodels.sklearn.log_model(classifier, name="model")
    return f"runs:/{run.info.run_id}/model", info


def test_a_run_is_pointed_at_a_new_model_with_the_signature(logged: Any) -> None:
    uri, before = logged
    assert before.signature is None
    set_signature(uri, _signature())
    after = get_model_info(uri)
    assert after.signature == _signature()
    assert after.model_id != before.model_id
    # What was logged first is still there, unchanged.
    assert get_model_info(before.model_uri).signature is None
    loaded = gitmodels.pyfunc.load_model(uri)
    assert loaded.metadata.signature == _signature()
    with pytest.raises(gitmodels.MlflowException, match=r"Model is missing inputs \['anything'\]\."):
        loaded.predict(__import__("pandas").DataFrame({"b": [1.0]}))


def test_while_the_run_goes_on_too(here: Path, classifier: Any) -> None:
    with gitmodels.start_run() as run:
        gitmodels.sklearn.log_model(classifier, name="model")
        set_signature(f"runs:/{run.info.run_id}/model", _signature())
    assert get_model_info(f"runs:/{run.info.run_id}/model").signature == _signature()


def test_a_model_that_runs_code_stays_trusted_where_it_was_made(here: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.pyfunc.log_model(name="model", python_model=lambda model_input: model_input)
    uri = f"runs:/{run.info.run_id}/model"
    set_signature(uri, _signature())
    assert gitmodels.pyfunc.load_model(uri).metadata.signature == _signature()


@pytest.mark.parametrize("code", [False, True])
def test_a_directory_is_changed_in_place(code: bool, here: Path, tmp_path: Path, classifier: Any) -> None:
    path = tmp_path / "saved"
    if code:
        gitmodels.pyfunc.save_model(path, python_model=lambda model_input: model_input)
    else:
        gitmodels.sklearn.save_model(classifier, path)
    names = sorted(file.name for file in path.iterdir())
    set_signature(str(path), _signature())
    assert gitmodels.pyfunc.load_model(str(path)).metadata.signature == _signature()
    assert sorted(file.name for file in path.iterdir()) == names


def test_what_an_mlflow_directory_says_of_its_run_is_kept(here: Path, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}\nrun_id: abc\n")
    set_signature(tmp_path, _signature())
    file = Model.load(tmp_path)
    assert (file.run_id, file.signature) == ("abc", _signature())


def test_a_version_gets_a_next_one_with_the_signature(logged: Any) -> None:
    uri, info = logged
    gitmodels.register_model(uri, "fraud", tags={"validated": "yes"})
    gitmodels.MlflowClient().set_registered_model_alias("fraud", "champion", 1)
    assert set_signature("models:/fraud@champion", _signature()) == "models:/fraud/2"
    assert get_model_info("models:/fraud/2").signature == _signature()
    # The old version, the alias and the model of the run stay; what was said of the old one is not said of the new.
    assert get_model_info("models:/fraud@champion").signature is None
    assert get_model_info(uri).model_id == info.model_id
    version = gitmodels.MlflowClient().get_model_version("fraud", "2")
    assert (version.description, version.tags, version.run_id) == ("v1 with another MLmodel", {}, info.run_id)
    record = context.repository().registry.state().version("fraud", 2).record
    assert (record.base, record.source) == ((info.model_id,), "models:/fraud/1")
    assert record.signature["inputs"] == ["anything double"]
    assert gitmodels.pyfunc.load_model("models:/fraud/2").metadata.signature == _signature()


def test_a_version_gets_a_next_one_with_other_requirements_and_none_where_nothing_changes(logged: Any) -> None:
    uri, _ = logged
    gitmodels.register_model(uri, "fraud")
    assert update_model_requirements("models:/fraud/1", "add", ["pandas==2.2.2"]) == "models:/fraud/2"
    assert "pandas==2.2.2" in Path(gitmodels.pyfunc.get_model_dependencies("models:/fraud/2")).read_text()
    assert update_model_requirements("models:/fraud/2", "add", ["pandas==2.2.2"]) == "models:/fraud/2"
    assert update_model_requirements("models:/fraud/2", "remove", ["pandas"]) == "models:/fraud/3"
    numbers = context.repository().registry.state().numbers("fraud")
    assert numbers == [1, 2, 3]


def test_a_version_that_runs_code_stays_trusted_where_it_was_made(here: Path) -> None:
    gitmodels.pyfunc.log_model(name="m", python_model=lambda model_input: model_input, registered_model_name="own")
    assert gitmodels.pyfunc.load_model(set_signature("models:/own/1", _signature())).metadata.signature == _signature()


def test_content_ids_and_bare_names_are_refused(logged: Any, files: Path) -> None:
    uri, info = logged
    gitmodels.register_model(uri, "fraud")
    with pytest.raises(Invalid, match=r"a model's id is its content.*runs:/<run id>/<name>"):
        set_signature(info.model_uri, _signature())
    with pytest.raises(Invalid, match="Not a proper models:/ URI"):
        set_signature("models:/fraud", _signature())
    gitmodels.register_model(str(files), "plain")
    with pytest.raises(InvalidModel, match="has no MLmodel file"):
        set_signature("models:/plain/1", _signature())


def test_what_is_known_of_a_model_is_told_without_reading_its_weights(logged: Any, here: Path) -> None:
    uri, info = logged
    gitmodels.register_model(uri, "fraud")
    for folder in ("packs", "index", "cache"):
        shutil.rmtree(here / ".git/gitmodels" / folder, ignore_errors=True)
    context._opened.clear()
    for name in (uri, info.model_uri, "models:/fraud/1", "models:/fraud/latest"):
        assert get_model_info(name).flavors == info.flavors
        assert Model.load(name).flavors == Model.load(f"{name}/MLmodel").flavors == info.flavors
    assert get_model_info("models:/fraud/1").registered_model_version == 1
    with pytest.raises(ObjectNotFound):
        gitmodels.sklearn.load_model("models:/fraud/1")


def test_other_refusals(logged: Any, tmp_path: Path) -> None:
    uri, _ = logged
    with pytest.raises(Invalid, match="must be a ModelSignature object"):
        set_signature(uri, {"inputs": None})  # type: ignore[arg-type]
    with pytest.raises(FileMissing, match="MLmodel"):
        set_signature(tmp_path / "nowhere", _signature())
    with pytest.raises(Invalid, match="is a file of a model"):
        set_signature(f"{uri}/MLmodel", _signature())


def test_requirements_are_added_replaced_and_removed(logged: Any) -> None:
    uri, _ = logged
    update_model_requirements(uri, "add", ["pandas==2.2.2", "scikit-learn==1.5.0"])
    path = Path(gitmodels.pyfunc.get_model_dependencies(uri))
    lines = path.read_text().splitlines()
    assert "pandas==2.2.2" in lines
    assert [line for line in lines if line.startswith("scikit-learn")] == ["scikit-learn==1.5.0"]
    assert "pandas==2.2.2" in Path(gitmodels.pyfunc.get_model_dependencies(uri, "conda")).read_text()
    update_model_requirements(uri, "remove", ["pandas"])
    assert "pandas" not in Path(gitmodels.pyfunc.get_model_dependencies(uri)).read_text()
    with pytest.raises(Invalid, match="Illegal operation 'replace'"):
        update_model_requirements(uri, "replace", [])  # type: ignore[arg-type]


def test_the_file_of_a_model_by_every_road(logged: Any, tmp_path: Path, classifier: Any) -> None:
    uri, info = logged
    file = Model.load(uri)
    assert file.get_model_info().model_uri == info.model_uri
    assert Model.load(f"{uri}/MLmodel") == file
    assert (file.model_id, file.flavors.keys()) == (info.model_id, info.flavors.keys())
    assert isinstance(file, Model)
    gitmodels.sklearn.save_model(classifier, tmp_path / "saved")
    saved = Model.load(tmp_path / "saved")
    assert saved.flavors == file.flavors
    assert Model.load(str(tmp_path / "saved" / "MLmodel")).to_yaml() == saved.to_yaml()
    assert saved.get_model_info().model_uri == ""
    assert get_model_info(str(tmp_path / "saved")).flavors == file.flavors
    saved.save(tmp_path / "copy")
    assert Model.load(tmp_path / "copy") == saved
