"""What a version is made of: copied from wherever MLflow keeps it, and never from where a request must not read.

The spellings are those that hit MLflow's own server: CVE-2023-1177, -2356, -2780, CVE-2024-1560, CVE-2025-11201 and
CVE-2026-2614, which read or removed files through the ``source`` or the artifact path of a model version.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.exceptions import MlflowException
from mlflow.server import ARTIFACTS_DESTINATION_ENV_VAR
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from gitmodels.mlflow_plugin.store import GitModelsStore
from tests.mlflow_plugin.inside.conftest import new_database

SECRET = "a secret of the server's"


class World:
    """A tracking store with one run that logged a folder, a logged model, and a secret beside them."""

    def __init__(self, folder: Path, git: Any) -> None:
        self.folder = folder
        (folder / "registry.git").mkdir()
        git("init", "--quiet", "--bare", cwd=folder / "registry.git")
        self.uri = f"gitmodels://{folder}/registry.git"
        (folder / "secret").mkdir()
        (folder / "secret" / "MLmodel").write_text(SECRET)
        mlflow.set_tracking_uri(new_database(folder / "runs.db"))
        mlflow.set_registry_uri(self.uri)
        experiment = mlflow.create_experiment("e", artifact_location=str(folder / "artifacts"))
        (folder / "made").mkdir()
        (folder / "made" / "MLmodel").write_text("flavors: {}\n")
        with mlflow.start_run(experiment_id=experiment) as run:
            mlflow.log_params({"depth": 3, "api_key": "sk-123"})
            mlflow.log_metric("auc", 0.5)
            mlflow.log_artifacts(str(folder / "made"), "model")
            logged = mlflow.initialize_logged_model(name="logged", experiment_id=experiment)
        client = MlflowClient()
        client.log_model_artifacts(logged.model_id, str(folder / "made"))
        client.finalize_logged_model(logged.model_id, "READY")
        self.run_id, self.artifacts = run.info.run_id, Path(run.info.artifact_uri)
        self.model_id = logged.model_id
        self.store = GitModelsStore(store_uri=self.uri, tracking_uri=mlflow.get_tracking_uri())
        self.store.create_registered_model("m")

    def files(self, number: int) -> dict[str, str]:
        """The files of a version of ``m``, as MLflow downloads them."""
        top = Path(
            get_artifact_repository(self.store.get_model_version_download_uri("m", number)).download_artifacts("")
        )
        return {str(path.relative_to(top)): path.read_text() for path in top.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, git: Any) -> World:
    return World(tmp_path_factory.mktemp("world"), git)


@pytest.fixture
def request_context(monkeypatch: pytest.MonkeyPatch, world: World) -> Iterator[None]:
    monkeypatch.setenv(ARTIFACTS_DESTINATION_ENV_VAR, str(world.folder / "artifacts"))
    with flask.Flask("server").test_request_context("/"):
        yield


def spellings(world: World) -> list[str]:
    """Every way to write down the folder with the secret, some of them through what a run owns."""
    inside, secret = str(world.artifacts), str(world.folder / "secret")
    up = os.path.relpath(secret, inside)
    escaped = up.replace("/", "%2f")
    return [
        # CVE-2023-1177: a path of the server's own, told plainly.
        secret, f"file://{secret}", f"file:{secret}", f"file:///{secret}", f"FILE://{secret}", "/etc", "file:///etc",
        # CVE-2023-2356, CVE-2023-2780: relative parts, other hosts, double slashes, backslashes.
        f"{inside}/{up}", f"file://{inside}/{up}", f"file://localhost{inside}/{up}", f"file://host{secret}",
        f"{inside}//{up}", f"{inside}/./{up}", f"//{secret}", inside + "\\..\\..\\secret", f"./{up}", up,
        # CVE-2024-1560: escaped, and escaped again.
        f"{inside}/{escaped}", f"file://{inside}/{escaped}", f"file://{inside}/{escaped.replace('%', '%25')}",
        f"file://{inside}/{up.replace('..', '%2e%2e')}", f"file://{inside}/{up.replace('..', '%252e%252e')}",
        f"file://{inside}/" + "%25" * 20 + "2e%2e", f"file://{inside}/model%00/../{up}", f"{inside}/model\x00",
        # Cut off by one reader and kept by the next: query, fragment, parameters.
        f"file://{inside}?/{up}", f"file://{inside}#/{up}", f"file://{inside};/{up}", f"file://{secret}?{inside}",
        f"file://{secret}#{inside}", f"mlflow-artifacts:/{up}", f"mlflow-artifacts:/x/../{up}",
        f"mlflow-artifacts:/{escaped}", f"mlflow-artifacts://host/{escaped}", f"mlflow-artifacts:/?/{up}",
        "mlflow-artifacts:/", "mlflow-artifacts:/artifacts", f"mlflow-artifacts:{secret}",
        # CVE-2025-11201, CVE-2026-2614: model URIs that lead elsewhere, and servers that would be asked for us.
        f"models:/m/1/{up}", f"models:/m/../../{up}", f"models:/{up}", f"models://host/{secret}",
        "models:/m/latest/../x",
        f"runs:/{world.run_id}/{up}", f"runs:/{world.run_id}/%2e%2e/secret", "http://169.254.169.254/latest/meta-data",
        "https://127.0.0.1:1/x", "s3://bucket/key", "ftp://host/x", "dbfs:/x", "hdfs://host/x",
        f"gitmodels://{world.folder}/registry.git/-/m/1", "",
    ]  # fmt: skip


@pytest.mark.usefixtures("request_context")
def test_a_server_reads_only_what_its_tracking_store_says_belongs_to_the_run(world: World) -> None:
    count = len(world.store.search_model_versions("name = 'm'"))
    for source in spellings(world):
        for claim in ({}, {"run_id": world.run_id}, {"run_id": "f" * 32}, {"model_id": world.model_id}):
            with pytest.raises(MlflowException):
                world.store.create_model_version("m", source, **claim)
            # Whoever says that it is a prompt gets a prompt: its text, and nothing of what the source names.
            marks = [ModelVersionTag("mlflow.prompt.is_prompt", "true"), ModelVersionTag("mlflow.prompt.text", "hi")]
        made = world.store.create_model_version("m", source or "x", tags=marks)
        count += 1
        assert world.files(made.version) == {"prompt.txt": "hi"}
    assert len(world.store.search_model_versions("tag.`mlflow.prompt.is_prompt` = 'true'")) == len(spellings(world))


@pytest.mark.usefixtures("request_context")
def test_a_server_takes_what_belongs_to_the_run_or_the_logged_model(world: World) -> None:
    location = MlflowClient().get_logged_model(world.model_id).artifact_location
    taken: list[tuple[str, dict[str, str]]] = [
        (f"{world.artifacts}/model", {"run_id": world.run_id}),
        (f"file://{world.artifacts}/model", {"run_id": world.run_id}),
        (f"models:/{world.model_id}", {}),
        (f"models:/{world.model_id}", {"model_id": world.model_id}),
        (location, {"model_id": world.model_id}),
    ]
    for source, claim in taken:
        made = world.store.create_model_version("m", source, **claim)
        assert world.files(made.version) == {"MLmodel": "flavors: {}\n"}
        again = world.store.create_model_version("m", f"models:/m/{made.version}")
        assert world.files(again.version) == {"MLmodel": "flavors: {}\n"}


@pytest.mark.usefixtures("request_context")
def test_a_link_in_a_run_leads_nowhere(world: World) -> None:
    (world.artifacts / "out").symlink_to(world.folder / "secret")
    (world.artifacts / "linked").mkdir()
    (world.artifacts / "linked" / "MLmodel").symlink_to(world.folder / "secret" / "MLmodel")
    for name in ("out", "linked", "out/MLmodel"):
        with pytest.raises(MlflowException):
            world.store.create_model_version("m", f"{world.artifacts}/{name}", run_id=world.run_id)


def test_artifact_paths_name_only_what_the_version_has(world: World, tmp_path: Path) -> None:
    made = world.store.create_model_version("m", str(world.folder / "made"))
    uri = world.store.get_model_version_download_uri("m", made.version)
    repository = get_artifact_repository(uri)
    for path in (
        "../../config",
        "..",
        "/etc/passwd",
        "%2e%2e/config",
        "MLmodel/..",
        "x\\..\\y",
        "MLmodel\x00",
        "MLmodel/x",
    ):
        with pytest.raises(MlflowException):
            assert repository.download_artifacts(path, str(tmp_path / "there")) is None
        assert repository.list_artifacts(path) == []
    for change in (repository.delete_artifacts, lambda path: repository.log_artifact(path)):
        with pytest.raises(MlflowException, match="never changes"):
            change("MLmodel")
    assert world.files(made.version) == {"MLmodel": "flavors: {}\n"}


def test_versions_outlive_the_runs_they_came_from(world: World) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{world.folder}/runs.db")
    mlflow.set_registry_uri(world.uri)
    by_run = mlflow.register_model(f"runs:/{world.run_id}/model", "kept")
    by_model = mlflow.register_model(f"models:/{world.model_id}", "kept")
    by_path = mlflow.register_model(str(world.folder / "made"), "kept")
    assert [one.run_id for one in (by_run, by_model, by_path)] == [world.run_id, world.run_id, None]
    record = _records(world, "kept", 1)
    assert record.run["params"] == {"depth": "3"}, "what looks like a credential is not kept"
    assert record.metrics == {"auc": 0.5}
    moved = shutil.move(world.folder / "artifacts", world.folder / "away")
    try:
        for version in (by_run, by_model, by_path):
            assert mlflow.artifacts.load_text(f"models:/kept/{version.version}/MLmodel") == "flavors: {}\n"
        with pytest.raises(MlflowException, match="No such file"):
            world.store.create_model_version("m", f"{world.folder}/artifacts/gone")
    finally:
        shutil.move(moved, world.folder / "artifacts")


def test_a_loader_that_writes_into_its_folder_changes_no_version(world: World) -> None:
    made = world.store.create_model_version("m", str(world.folder / "made"))
    for _ in range(2):
        folder = Path(mlflow.artifacts.download_artifacts(f"models:/m/{made.version}"))
        assert (folder / "MLmodel").read_text() == "flavors: {}\n"
        (folder / "MLmodel").write_text("spoilt")
        (folder / "more").write_text("x")


def test_an_artifact_store_that_is_gone_leaves_no_version(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = len(world.store.search_model_versions("name = 'm'"))
    with pytest.raises(MlflowException, match="nothing was registered"):
        world.store.create_model_version("m", "http://127.0.0.1:1/model")
    assert len(world.store.search_model_versions("name = 'm'")) == before


def test_a_tracking_server_that_is_gone_is_missed_only_where_it_has_the_model(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    store = GitModelsStore(store_uri=world.uri, tracking_uri="http://127.0.0.1:1")
    before = len(store.search_model_versions("name = 'm'"))
    for source, claim in (
        (f"models:/{world.model_id}", {}),
        (f"runs:/{world.run_id}/model", {"run_id": world.run_id}),
        ("mlflow-artifacts:/1/model", {"run_id": world.run_id}),
    ):
        with pytest.raises(MlflowException):
            store.create_model_version("m", source, **claim)
    assert len(store.search_model_versions("name = 'm'")) == before
    # What is here already needs nobody; the run stays named though nobody can tell of it now.
    made = store.create_model_version("m", str(world.folder / "made"), run_id=world.run_id)
    assert (made.run_id, made.version) == (world.run_id, store.get_model_version("m", made.version).version)
    assert world.files(made.version) == {"MLmodel": "flavors: {}\n"}


def _records(world: World, name: str, number: int) -> Any:
    from gitmodels.repo import Repo

    return Repo.open(world.folder / "registry.git").registry.state().version(name, number).record
