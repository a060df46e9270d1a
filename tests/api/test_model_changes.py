"""Changing the signature and the requirements of a model that exists."""

from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.errors import FileMissing, Invalid
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


def test_registered_models_and_content_ids_are_refused_as_they_never_change(logged: Any) -> None:
    uri, info = logged
    gitmodels.register_model(uri, "fraud")
    for refused in ("models:/fraud/1", "models:/fraud@champion"):
        with pytest.raises(Invalid) as raised:
            set_signature(refused, _signature())
        assert raised.value.message == (
            f"Failed to set signature on '{refused}'. Model URIs with the `models:/<name>/<version>` scheme are not "
            "supported."
        )
        assert raised.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(Invalid, match=r"a model's id is its content.*runs:/<run id>/<name>"):
        set_signature(info.model_uri, _signature())


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
