"""``mlflow server`` on a registry in git, worked with over REST by nothing but MLflow's own client."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException

pytestmark = pytest.mark.timeout(600)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One ``mlflow server`` process group."""

    def __init__(self, folder: Path, registry: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = folder / f"server-{self.url[-5:]}.log"
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", self.url[-5:].strip(":"),
                   "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/runs.db",
                   "--registry-store-uri", f"gitmodels://{registry}",
                   "--artifacts-destination", str(folder / "artifacts")]  # fmt: skip
        environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait(self) -> "Server":
        until = time.monotonic() + 300
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return self
            except OSError:
                assert self.process.poll() is None, self.log.read_text()[-4000:]
                assert time.monotonic() < until, self.log.read_text()[-4000:]
                time.sleep(0.2)

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def client(self) -> MlflowClient:
        return MlflowClient(tracking_uri=self.url, registry_uri=self.url)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, git: Any) -> Path:
    repo = tmp_path_factory.mktemp("shared") / "registry.git"
    repo.mkdir()
    git("init", "--quiet", "--bare", cwd=repo)
    git("config", "user.email", "server@example.org", cwd=repo)
    return repo


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, registry: Path) -> Iterator[list[Server]]:
    started = [Server(tmp_path_factory.mktemp(f"server{n}"), registry) for n in range(2)]
    try:
        yield [server.wait() for server in started]
    finally:
        for server in started:
            server.stop()


def test_the_whole_workflow_over_rest(servers: list[Server], registry: Path, git: Any, tmp_path: Path) -> None:
    client = servers[0].client()
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "MLmodel").write_text("flavors: {}\n")
    run = client.create_run("0")
    client.log_metric(run.info.run_id, "auc", 0.93)
    client.log_artifacts(run.info.run_id, str(tmp_path / "made"), "model")
    source = f"{client.get_run(run.info.run_id).info.artifact_uri}/model"
    client.create_registered_model("fraud", {"team": "risk"}, "Who pays")
    for number in (1, 2):
        made = client.create_model_version("fraud", source, run.info.run_id, {"n": str(number)})
        assert (int(made.version), made.status) == (number, "READY")
    client.set_registered_model_alias("fraud", "champion", "1")
    client.set_registered_model_alias("fraud", "champion", "2")
    client.update_model_version("fraud", "2", "the better one")
    client.set_model_version_tag("fraud", "2", "validated", "yes")
    client.delete_model_version_tag("fraud", "2", "n")
    client.transition_model_version_stage("fraud", "2", "Production")
    client.update_registered_model("fraud", "Whether it pays")
    found = client.get_model_version_by_alias("fraud", "champion")
    assert (int(found.version), found.description, found.tags) == (2, "the better one", {"validated": "yes"})
    assert found.aliases == ["champion"]
    assert [int(one.version) for one in client.search_model_versions("tag.validated = 'yes'")] == [2]
    assert [one.name for one in client.search_registered_models("tags.team = 'risk'")] == ["fraud"]
    assert [int(one.version) for one in client.get_latest_versions("fraud", ["Production"])] == [2]
    copied = client.copy_model_version("models:/fraud@champion", "payments")
    assert int(copied.version) == 1
    folder = get_files(client, "fraud", "2", tmp_path / "there")
    assert [path.name for path in folder.iterdir()] == ["MLmodel"]
    client.delete_registered_model_alias("fraud", "champion")
    client.delete_model_version("fraud", "1")
    client.rename_registered_model("fraud", "scam")
    client.delete_registered_model("payments")
    with pytest.raises(RestException, match="Registered Model with name=payments not found") as caught:
        client.get_registered_model("payments")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    subjects = git("log", "--reverse", "--format=%s", "gitmodels", cwd=registry).splitlines()
    assert subjects[1:] == [
        "create fraud", "register fraud v1", "register fraud v2", "alias fraud@champion -> v1",
        "alias fraud@champion -> v2", "describe fraud v2", "tag fraud v2 validated", "untag fraud v2 n",
        "stage fraud v2 Production", "describe fraud", "create payments", "register payments v1",
        "clear fraud@champion", "delete fraud v1", "rename fraud to scam", "delete payments",
    ]  # fmt: skip
    authors = set(git("log", "--format=%an <%ae>", "gitmodels", "-10", cwd=registry).splitlines())
    assert len(authors) == 1
    assert authors.pop().endswith("<server@example.org>")


def get_files(client: MlflowClient, name: str, version: str, folder: Path) -> Path:
    uri = client.get_model_version_download_uri(name, version)
    return Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(folder)))


def test_prompts_over_rest(servers: list[Server]) -> None:
    client = servers[0].client()
    client.register_prompt("greeting", "Hello {{name}}", tags={"a": "b"})
    client.register_prompt("greeting", "Dear {{name}}")
    client.set_prompt_alias("greeting", "live", 2)
    assert client.get_prompt_version("greeting", 1).template == "Hello {{name}}"
    assert client.get_prompt_version_by_alias("greeting", "live").template == "Dear {{name}}"
    assert [one.name for one in client.search_prompts()] == ["greeting"]
    assert "greeting" not in [one.name for one in client.search_registered_models()]
    with pytest.raises(MlflowException, match="already taken by a prompt"):
        client.create_registered_model("greeting")


def test_a_path_of_the_servers_own_is_refused_over_rest(servers: list[Server], tmp_path: Path) -> None:
    client = servers[0].client()
    client.create_registered_model("theft")
    for source in ("/etc/passwd", "file:///etc", str(tmp_path), "mlflow-artifacts:/../../etc", "http://127.0.0.1:9/x"):
        with pytest.raises(RestException):
            client.create_model_version("theft", source)
    assert list(client.search_model_versions("name = 'theft'")) == []


def test_pages_of_the_interface_that_ask_for_webhooks_find_none(servers: list[Server]) -> None:
    with urllib.request.urlopen(f"{servers[0].url}/api/2.0/mlflow/webhooks", timeout=60) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(servers[0].url, timeout=60) as answer:
        assert answer.status == 200


def test_two_servers_share_one_registry(servers: list[Server], git: Any, registry: Path) -> None:
    one, other = (server.client() for server in servers)
    one.create_registered_model("shared")
    with pytest.raises(RestException, match="already exists"):
        other.create_registered_model("shared")
    numbers = []
    for turn in range(4):
        prompt = {"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": str(turn)}
        client = (one, other)[turn % 2]
        made = client._get_registry_client().create_model_version("shared", "dummy-source", tags=prompt)
        numbers.append(int(made.version))
    assert numbers == [1, 2, 3, 4]
    other.set_registered_model_alias("shared", "champion", "3")
    # The client itself takes a model with a prompt's versions for none.
    found = one._get_registry_client().get_model_version_by_alias("shared", "champion")
    assert (int(found.version), found.tags["mlflow.prompt.text"]) == (3, "2")
    git("fsck", "--strict", cwd=registry)


def test_a_registry_that_moves_is_missed_and_found_again(servers: list[Server], registry: Path) -> None:
    client = servers[0].client()
    assert client.get_registered_model("shared").name == "shared"
    away = registry.rename(registry.with_name("away.git"))
    try:
        with pytest.raises(RestException, match="no git repository at"):
            client.get_registered_model("shared")
    finally:
        away.rename(registry)
    assert client.get_registered_model("shared").name == "shared"
