"""``mlflow server`` on a registry in git, worked with over REST by nothing but MLflow's own client."""

import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException

from tests.mlflow_plugin.inside.serving import Server, sign_in

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, git: Any) -> Path:
    repo = tmp_path_factory.mktemp("shared") / "registry.git"
    repo.mkdir()
    git("init", "--quiet", "--bare", cwd=repo)
    git("config", "user.email", "server@example.org", cwd=repo)
    return repo


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, registry: Path) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server"), registry)
    try:
        yield started.wait()
    finally:
        started.stop()


def test_the_whole_workflow_over_rest(
    server: Server, registry: Path, git: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(monkeypatch, "ana")
    client = server.client()
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
    client.set_registered_model_tag("fraud", "owner", "Ana")
    client.delete_registered_model_tag("fraud", "owner")
    client.set_registered_model_alias("fraud", "champion", "1")
    sign_in(monkeypatch, "bo@example.org")
    client.set_registered_model_alias("fraud", "champion", "2")
    client.update_model_version("fraud", "2", "the better one")
    client.set_model_version_tag("fraud", "2", "validated", "yes")
    client.delete_model_version_tag("fraud", "2", "n")
    client.transition_model_version_stage("fraud", "2", "Production")
    client.update_registered_model("fraud", "Whether it pays")
    found = client.get_model_version_by_alias("fraud", "champion")
    assert (int(found.version), found.description, found.tags) == (2, "the better one", {"validated": "yes"})
    assert (found.aliases, found.user_id, found.run_id) == (["champion"], "ana", run.info.run_id)
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
    told = git("log", "--reverse", "--format=%an: %s", "gitmodels", cwd=registry).splitlines()
    ana = ["create fraud", "register fraud v1", "register fraud v2", "tag fraud owner", "untag fraud owner",
           "alias fraud@champion -> v1"]  # fmt: skip
    bo = ["alias fraud@champion -> v2", "describe fraud v2", "tag fraud v2 validated", "untag fraud v2 n",
          "stage fraud v2 Production", "describe fraud", "create payments", "register payments v1",
          "clear fraud@champion", "delete fraud v1", "rename fraud to scam", "delete payments"]  # fmt: skip
    assert told[1:] == [*(f"ana: {subject}" for subject in ana), *(f"bo@example.org: {subject}" for subject in bo)]
    addresses = set(git("log", "--format=%ae", "gitmodels", "-12", cwd=registry).splitlines())
    assert addresses == {"bo@example.org"}


def get_files(client: MlflowClient, name: str, version: str, folder: Path) -> Path:
    uri = client.get_model_version_download_uri(name, version)
    return Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(folder)))


def test_prompts_over_rest(server: Server) -> None:
    client = server.client()
    client.register_prompt("greeting", "Hello {{name}}", tags={"a": "b"})
    client.register_prompt("greeting", "Dear {{name}}")
    client.set_prompt_alias("greeting", "live", 2)
    assert client.get_prompt_version("greeting", 1).template == "Hello {{name}}"
    assert client.get_prompt_version_by_alias("greeting", "live").template == "Dear {{name}}"
    assert [one.name for one in client.search_prompts()] == ["greeting"]
    assert "greeting" not in [one.name for one in client.search_registered_models()]
    with pytest.raises(MlflowException, match="already taken by a prompt"):
        client.create_registered_model("greeting")


def test_a_path_of_the_servers_own_is_refused_over_rest(server: Server, tmp_path: Path) -> None:
    client = server.client()
    client.create_registered_model("theft")
    for source in ("/etc/passwd", "file:///etc", str(tmp_path), "mlflow-artifacts:/../../etc", "http://127.0.0.1:9/x"):
        with pytest.raises(RestException):
            client.create_model_version("theft", source)
    assert list(client.search_model_versions("name = 'theft'")) == []


def test_pages_of_the_interface_that_ask_for_webhooks_find_none(server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}/api/2.0/mlflow/webhooks", timeout=60) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(server.url, timeout=60) as answer:
        assert answer.status == 200


def by_turns(one: MlflowClient, other: MlflowClient, name: str) -> None:
    """Two of MLflow's clients, each at another process, register and read as if they were one."""
    one.create_registered_model(name)
    with pytest.raises(MlflowException, match="already exists"):
        other.create_registered_model(name)
    numbers = []
    for turn in range(4):
        prompt = {"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": str(turn)}
        client = (one, other)[turn % 2]
        made = client._get_registry_client().create_model_version(name, "dummy-source", tags=prompt)
        numbers.append(int(made.version))
    assert numbers == [1, 2, 3, 4]
    other.set_registered_model_alias(name, "champion", "3")
    # The client itself takes a model with a prompt's versions for none.
    found = one._get_registry_client().get_model_version_by_alias(name, "champion")
    assert (int(found.version), found.tags["mlflow.prompt.text"]) == (3, "2")


def test_a_server_and_another_process_share_one_registry(server: Server, git: Any, registry: Path) -> None:
    by_turns(server.client(), MlflowClient(server.url, f"gitmodels://{registry}"), "shared")
    git("fsck", "--strict", cwd=registry)


@pytest.mark.heavy
def test_two_servers_share_one_registry(server: Server, git: Any, registry: Path, tmp_path: Path) -> None:
    second = Server(tmp_path, registry)
    try:
        by_turns(server.client(), second.wait().client(), "shared-by-servers")
        clients = [each.client()._get_registry_client() for each in (server, second)]
        prompt = {"mlflow.prompt.is_prompt": "true", "mlflow.prompt.text": "at once"}
        clients[0].create_registered_model("busy")
        with ThreadPoolExecutor(8) as pool:
            made = list(
                pool.map(lambda n: clients[n % 2].create_model_version("busy", "dummy-source", tags=prompt), range(40))
            )
        assert sorted(int(one.version) for one in made) == list(range(1, 41))
    finally:
        second.stop()
    git("fsck", "--strict", cwd=registry)


def test_a_registry_that_moves_is_missed_and_found_again(server: Server, registry: Path) -> None:
    client = server.client()
    client.create_registered_model("moving")
    away = registry.rename(registry.with_name("away.git"))
    try:
        with pytest.raises(RestException, match="no git repository at"):
            client.get_registered_model("moving")
    finally:
        away.rename(registry)
    assert client.get_registered_model("moving").name == "moving"
