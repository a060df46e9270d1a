"""A registry that is named by its address: written and read over real git servers, by several machines at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from gitmodels.api import publishing
from gitmodels.mlflow_plugin.store import GitModelsStore
from tests.mlflow_plugin.inside.conftest import new_database

OnMachine = Callable[[str], None]


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnMachine:
    """``on("a")``: from now on this is that machine, which has a cache folder of its own."""

    def go(name: str) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", name)

    go("a")
    mlflow.set_tracking_uri(new_database(tmp_path / "runs.db"))
    return go


@pytest.fixture
def source(tmp_path: Path) -> str:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    return str(tmp_path / "model")


def subjects(git: Any, path: Path) -> list[str]:
    return list(git("log", "--reverse", "--format=%an: %s", "gitmodels", cwd=path).splitlines()[1:])


def test_a_registry_behind_a_git_server_is_started_written_and_loaded_from(
    serve: Any, on: OnMachine, source: str, git: Any
) -> None:
    served = serve("http")
    mlflow.set_registry_uri(f"gitmodels+{served.address}")
    client = MlflowClient()
    client.create_registered_model("fraud", {"team": "risk"})
    assert int(client.create_model_version("fraud", source, tags={"n": "1"}).version) == 1
    client.set_registered_model_alias("fraud", "champion", "1")
    on("b")
    assert [int(one.version) for one in client.search_model_versions("tag.n = '1'")] == [1]
    assert [one.aliases for one in client.search_registered_models("tag.team = 'risk'")] == [{"champion": 1}]
    assert mlflow.artifacts.load_text("models:/fraud@champion/MLmodel") == "flavors: {}\n"
    assert int(client.copy_model_version("models:/fraud@champion", "fraud").version) == 2
    client.transition_model_version_stage("fraud", "2", "Production")
    on("a")
    assert client.get_model_version("fraud", "2").current_stage == "Production"
    assert mlflow.artifacts.load_text("models:/fraud/2/MLmodel") == "flavors: {}\n"
    assert subjects(git, served.path) == [
        "a: create fraud", "a: register fraud v1", "a: alias fraud@champion -> v1",
        "b: copy fraud v1 to fraud v2", "b: stage fraud v2 Production",
    ]  # fmt: skip
    git("fsck", "--strict", cwd=served.path)


@pytest.fixture
def far(serve: Any, on: OnMachine, source: str) -> tuple[GitModelsStore, Any]:
    """A store at an address, and where that is; there is one version of ``m``."""
    served = serve("file")
    store = GitModelsStore(store_uri=f"gitmodels+{served.address}")
    store.create_registered_model("m")
    store.create_model_version("m", source)
    return store, served


def quicker(monkeypatch: pytest.MonkeyPatch, on: OnMachine, act: Callable[[], Any]) -> None:
    """Let machine b ``act`` while a is about to publish what it does next."""
    original = publishing.push

    def push(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(publishing, "push", original)
        on("b")
        act()
        on("a")
        return original(*arguments, **options)

    monkeypatch.setattr(publishing, "push", push)


def test_who_is_beaten_to_a_number_is_told_the_number_that_it_got(
    far: Any, on: OnMachine, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = far
    quicker(monkeypatch, on, lambda: store.create_model_version("m", source, description="b's"))
    made = store.create_model_version("m", source, description="a's")
    assert (made.version, made.description) == (3, "a's")
    assert store.get_model_version("m", 2).description == "b's"


def test_who_is_beaten_to_an_alias_moves_it_from_where_it_is_then(
    far: Any, on: OnMachine, source: str, monkeypatch: pytest.MonkeyPatch, git: Any
) -> None:
    store, served = far
    store.create_model_version("m", source)
    quicker(monkeypatch, on, lambda: store.set_registered_model_alias("m", "champion", 1))
    store.set_registered_model_alias("m", "champion", 2)
    assert store.get_registered_model("m").aliases == {"champion": 2}
    assert subjects(git, served.path)[-2:] == ["b: alias m@champion -> v1", "a: alias m@champion -> v2"]


def test_what_cannot_be_published_was_not_done(
    far: Any, on: OnMachine, source: str, git: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, served = far
    before = subjects(git, served.path)
    hook = served.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not today' >&2\nexit 1\n")
    hook.chmod(0o755)
    for change in (
        lambda: store.create_model_version("m", source),
        lambda: store.set_registered_model_alias("m", "champion", 1),
        lambda: store.create_registered_model("other"),
    ):
        with pytest.raises(MlflowException, match="not today"):
            change()
    hook.unlink()
    assert store.get_registered_model("m").aliases == {}
    store.set_registered_model_tag("m", _Tag("k", "v"))
    assert subjects(git, served.path) == [*before, "a: tag m k"]
    # What asks for something that is not there changes nothing, and says so as MLflow does.
    with pytest.raises(MlflowException, match="not found"):
        store.set_registered_model_alias("m", "champion", 9)
    served.path.rename(served.path.with_name("away.git"))
    with pytest.raises(MlflowException, match=r"registry at|remote origin"):
        store.set_registered_model_alias("m", "champion", 1)


class _Tag:
    def __init__(self, key: str, value: str) -> None:
        self.key, self.value = key, value


def test_an_address_with_a_password_is_refused(on: OnMachine) -> None:
    store = GitModelsStore(store_uri="gitmodels+https://ana:secret@127.0.0.1:1/m.git")
    for ask in (lambda: store.get_registered_model("m"), lambda: store.create_registered_model("m")):
        with pytest.raises(MlflowException, match="password or token") as caught:
            ask()
        assert "secret" not in str(caught.value)


@pytest.mark.heavy
def test_a_registry_over_ssh_is_written_and_read(serve: Any, on: OnMachine, source: str, git: Any) -> None:
    served = serve("ssh")
    store = GitModelsStore(store_uri=f"gitmodels+{served.address}")
    store.create_registered_model("m")
    store.create_model_version("m", source)
    on("b")
    assert store.search_model_versions("name = 'm'")[0].version == 1
    assert subjects(git, served.path) == ["a: create m", "a: register m v1"]
