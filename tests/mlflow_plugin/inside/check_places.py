"""Where a registry is and who writes to it: addresses elsewhere, users of a server, stores that travel, threads."""

import base64
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import flask
import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore

from gitmodels.mlflow_plugin.store import GitModelsStore
from tests.mlflow_plugin.inside.conftest import new_database


@pytest.fixture
def repo(tmp_path: Path, git: Any) -> Path:
    repo = tmp_path / "my models.git"
    repo.mkdir()
    git("init", "--quiet", "--bare", cwd=repo)
    git("config", "user.email", "ana@example.org", cwd=repo)
    return repo


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "made" / "deep").mkdir(parents=True)
    (tmp_path / "made" / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "made" / "deep" / "weights").write_text("1 2 3")
    return str(tmp_path / "made")


def _store(repo: Path) -> GitModelsStore:
    return GitModelsStore(store_uri=f"gitmodels://{str(repo).replace(' ', '%20')}")


def test_every_method_of_the_abstract_store_is_answered() -> None:
    inherited = {
        name
        for name in dir(AbstractStore)
        if not name.startswith("__") and getattr(GitModelsStore, name) is getattr(AbstractStore, name)
    }
    prompts = {name for name in inherited if "prompt" in name}
    # What is left has its answer in the abstract store itself: for prompts out of the methods that are ours.
    assert inherited - prompts <= {
        "_await_model_version_creation_impl",
        "supports_workspaces",
        "_parse_experiment_id_filter",
    }


def test_addresses_that_name_no_registry_are_refused() -> None:
    for uri in ("gitmodels:", "gitmodels://host/x", "gitmodels:///x?y", "gitmodels:///x#y", "sqlite:///x", "/x"):
        with pytest.raises(MlflowException):
            GitModelsStore(store_uri=uri)


def test_a_folder_without_a_repository_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MlflowException, match="git init --bare"):
        _store(tmp_path / "empty").get_registered_model("x")


def test_commits_are_signed_by_who_signed_in(repo: Path, git: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store = _store(repo)
    token = base64.b64encode(b"eve:secret").decode()
    with flask.Flask("server").test_request_context("/", headers={"Authorization": f"Basic {token}"}):
        store.create_registered_model("asked")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ana")
    store.create_registered_model("own")
    authors = git("log", "-2", "--format=%an %ae", "gitmodels", cwd=repo).splitlines()
    assert authors[0] == "ana ana@example.org"
    assert authors[1].startswith("eve eve@")


def test_files_are_found_through_every_uri_that_mlflow_takes(repo: Path, source: str, tmp_path: Path) -> None:
    store = _store(repo)
    store.create_registered_model("Credit Risk")
    store.create_model_version("Credit Risk", source)
    uri = store.get_model_version_download_uri("Credit Risk", 1)
    mlflow.set_tracking_uri(new_database(tmp_path / "runs.db"))
    mlflow.set_registry_uri(f"gitmodels://{str(repo).replace(' ', '%20')}")
    for named in (uri, "models:/Credit Risk/1"):
        folder = Path(mlflow.artifacts.download_artifacts(named, dst_path=str(tmp_path / named[:6])))
        assert (folder / "deep" / "weights").read_text() == "1 2 3"
        assert mlflow.artifacts.load_text(f"{named}/deep/weights") == "1 2 3"
    listed = mlflow.artifacts.list_artifacts("models:/Credit Risk/1")
    assert sorted((one.path, one.is_dir, one.file_size) for one in listed) == [
        ("MLmodel", False, 12),
        ("deep", True, None),
    ]
    inner = mlflow.artifacts.list_artifacts("models:/Credit Risk/1/deep")
    assert [one.path for one in inner] == ["deep/weights"]


def test_a_path_is_registered_without_a_tracking_store(repo: Path, source: str, tmp_path: Path) -> None:
    before = set(Path.cwd().iterdir())
    store = _store(repo)
    store.create_registered_model("alone")
    store.create_model_version("alone", source)
    assert set(Path.cwd().iterdir()) == before


def test_a_store_can_be_pickled(repo: Path) -> None:
    _store(repo).create_registered_model("x")
    assert pickle.loads(pickle.dumps(_store(repo))).get_registered_model("x").name == "x"


def test_many_threads_lose_nothing(repo: Path, source: str) -> None:
    store = _store(repo)
    store.create_registered_model("busy")

    def register(number: int) -> int:
        made = int(store.create_model_version("busy", source).version)
        store.set_registered_model_alias("busy", f"a-{number}", made)
        return made

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(register, range(24)))
    assert sorted(numbers) == list(range(1, 25))
    assert store.get_registered_model("busy").aliases == {f"a-{turn}": made for turn, made in enumerate(numbers)}
