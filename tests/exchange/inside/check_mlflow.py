"""What MLflow's database holds comes here and goes back, field by field; what stops an import, and how it goes on."""

import contextlib
import shutil
import sqlite3
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli import main
from gitmodels.errors import Conflict, FileMissing, Invalid, ModelNotFound, RemoteError
from gitmodels.exchange.mlflow import listing
from gitmodels.exchange.mlflow.files import Files
from gitmodels.exchange.mlflow.place import opened
from gitmodels.exchange.mlflow.reading import read
from gitmodels.exchange.mlflow.writing import write
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.mlflow_plugin.store import GitModelsStore
from gitmodels.repo import Repo
from gitmodels.values import replace
from tests.exchange.inside.registries import NAMES, Registry
from tests.exchange.inside.servers import free_port, serving

Git = Callable[..., str]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with MLflow's tables and nothing in them but an experiment."""
    return Registry(tmp_path_factory.mktemp("empty") / "theirs").database


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> Registry:
    """One registry for all who only read it."""
    registry = Registry(tmp_path_factory.mktemp("mlflow") / "theirs", empty)
    registry.fill()
    return registry


@pytest.fixture
def repo(git_repo: Path) -> Repo:
    """An empty repository."""
    return Repo.open(git_repo)


def everything(steps: Any) -> list[Step]:
    return list(steps)


def commits(repo: Repo) -> int:
    tip = repo.registry.branch.tip()
    return 0 if tip is None else int(_git(repo, "rev-list", "--count", "gitmodels"))


def _git(repo: Repo, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=repo.location, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_database_comes_and_goes_back_field_by_field(
    filled: Registry, repo: Repo, tmp_path: Path, empty: Path
) -> None:
    before = filled.rows()
    planned = everything(read(filled.uri, repo, Choice(dry_run=True)))
    assert commits(repo) == 0
    done = everything(read(filled.uri, repo, Choice()))
    assert [(step.kind, step.name, step.version, step.text) for step in planned] == [
        (step.kind, step.name, step.version, step.text) for step in done
    ]
    assert {step.done for step in planned} == {False}
    assert {step.done for step in done} == {True}
    # One commit a model, and the root.
    assert commits(repo) == len(NAMES) + len(("copied", "none yet", "greeting")) + 1
    assert everything(read(filled.uri, repo, Choice())) == []
    assert commits(repo) == len(NAMES) + 4
    assert filled.rows() == before

    theirs = tmp_path / "back"
    theirs.mkdir()
    uri = f"sqlite:///{theirs}/mlflow.db"
    plan = everything(write(uri, repo, Choice(dry_run=True)))
    assert list(theirs.iterdir()) == []
    shutil.copy(empty, theirs / "mlflow.db")
    handed = everything(write(uri, repo, Choice()))
    assert [(step.kind, step.name, step.version) for step in plan] == [
        (step.kind, step.name, step.version) for step in handed
    ]
    back = Registry.__new__(Registry)
    back.database = theirs / "mlflow.db"
    assert back.rows() == before
    assert everything(write(uri, repo, Choice())) == []
    assert back.rows() == before
    # And into a third one, from what was handed out.
    again = Repo.open(_fresh(tmp_path))
    everything(read(uri, again, Choice()))
    ours, others = (each.registry.state().tree.oid("models") for each in (repo, again))
    assert _manifests(again) == _manifests(repo), (ours, others)


def _fresh(folder: Path) -> Path:
    path = folder / "fresh"
    subprocess.run(["git", "init", "--quiet", str(path)], check=True)
    return path


def _manifests(repo: Repo) -> dict[str, Any]:
    state = repo.registry.state()
    return {
        f"{name}/{version.number}": version.record.manifest
        for name in state.model_names()
        for version in state.versions(name)
    }


def test_what_was_brought_is_here_as_the_plugin_shows_it(filled: Registry, repo: Repo) -> None:
    everything(read(filled.uri, repo, Choice()))
    ours = GitModelsStore(store_uri=f"gitmodels://{repo.location}")
    for name in NAMES:
        theirs = filled.client.get_registered_model(name)
        found = ours.get_registered_model(name)
        for key in ("creation_timestamp", "last_updated_timestamp", "tags", "aliases"):
            assert getattr(found, key) == getattr(theirs, key), (name, key)
        assert (found.description or None) == (theirs.description or None)
        for version in filled.client.search_model_versions(f'name = "{name}"'):
            other = ours.get_model_version(name, version.version)
            for key in ("creation_timestamp", "last_updated_timestamp", "tags", "current_stage", "source", "run_id"):
                assert getattr(other, key) == getattr(version, key), (name, version.version, key)
    state = repo.registry.state()
    record = state.version("fraud", 2).record
    assert record.run["params"] == {"depth": "2", "epochs": "3"}
    assert record.run["metrics"] == [{"key": "auc", "value": 0.52}]
    assert record.run["tags"] == {"team": "risk"}
    assert record.code["commit"] == f"{2:040x}"
    assert (record.author, record.imported) == ("Bo", {"from": "mlflow"})
    assert state.version("fraud", 3).record.author == "ana"
    assert state.version("copied", 1).record.manifest == record.manifest
    entry = next(iter(repo.store.add_bytes(b"Hello {{name}}") and [state.manifest("greeting", 1)]))
    assert b"prompt.txt" in entry
    assert state.next_number(NAMES[2]) == 4


def test_only_what_was_chosen_comes(filled: Registry, repo: Repo) -> None:
    steps = everything(read(filled.uri, repo, Choice(models=("fraud",), versions=(1, 3), without=("fraud/3",))))
    assert [(step.kind, step.version) for step in steps] == [
        (LEFT_OUT, 3),
        ("model", None),
        ("version", 1),
        ("alias", 1),
    ]
    assert [*repo.registry.state().model_names()] == ["fraud"]
    with pytest.raises(ModelNotFound, match="nobody"):
        everything(read(filled.uri, repo, Choice(models=("nobody",))))


def test_files_that_are_gone_stop_it_and_it_goes_on(repo: Repo, tmp_path: Path, empty: Path) -> None:
    registry = Registry(tmp_path / "theirs", empty)
    registry.client.create_registered_model("fraud")
    paths = []
    for number in range(3):
        run = registry.run(number)
        paths.append(registry.model(run, f"weights {number}"))
        registry.client.create_model_version("fraud", str(paths[-1]), run.info.run_id)
    registry.client.set_registered_model_alias("fraud", "champion", "3")
    hidden = tmp_path / "hidden"
    paths[1].rename(hidden)
    seen: list[Step] = []
    with pytest.raises(FileMissing, match="fraud v2: its files are not at") as caught:
        seen.extend(read(registry.uri, repo, Choice()))
    assert "--without fraud/2" in caught.value.hint
    assert repo.registry.state().numbers("fraud") == [1]
    hidden.rename(paths[1])
    rest = everything(read(registry.uri, repo, Choice()))
    assert [(step.kind, step.version) for step in rest] == [("version", 2), ("version", 3), ("alias", 3)]
    assert everything(read(registry.uri, repo, Choice())) == []
    # What changed on one side is told, and overwritten only when asked for.
    registry.client.update_model_version("fraud", "1", "new words")
    registry.client.set_registered_model_alias("fraud", "champion", "2")
    told = everything(read(registry.uri, repo, Choice()))
    assert [step.kind for step in told] == [LEFT_OUT, LEFT_OUT]
    assert [step.done for step in everything(read(registry.uri, repo, Choice(force=True)))] == [True, True]
    assert repo.registry.state().version("fraud", 1).meta.description == "new words"
    assert repo.registry.state().aliases("fraud") == {"champion": 2}
    assert everything(read(registry.uri, repo, Choice())) == []


def test_another_version_under_the_same_number_is_a_conflict(filled: Registry, repo: Repo, tmp_path: Path) -> None:
    model = tmp_path / "model.txt"
    model.write_text("mine")
    subprocess.run(["git", "-C", str(repo.location), "config", "user.name", "Ana"], check=True)
    assert main.run(["-C", str(repo.location), "register", str(model), "fraud"]) == 0
    with pytest.raises(Conflict, match="fraud v1 is another version here"):
        everything(read(filled.uri, Repo.open(repo.location), Choice(models=("fraud",))))
    with pytest.raises(Conflict, match="fraud v1 is another version there"):
        everything(write(filled.uri, Repo.open(repo.location), Choice(models=("fraud",))))


# CVE-2023-1177, -2356, -2780, CVE-2024-1560, CVE-2025-11201, CVE-2026-2614: every spelling that led out of a run once.
SPELLINGS = (
    "{secret}",
    "file://{secret}",
    "file:{secret}",
    "FILE://{secret}",
    "file://localhost{secret}",
    "//proc/self/root{secret}",
    "{run}/../../../../../..{secret}",
    "{run}/%2e%2e/%2e%2e/%2e%2e{secret}",
    "file://{run}/%252e%252e/%252e%252e{secret}",
    "{run}/..\\..{secret}",
    "file://{run}?/../../..{secret}",
    "file://{run}#/../../..{secret}",
    "file://{run};/../../..{secret}",
    "{run}/model/link",
    "runs:/{run_id}/../../../..{secret}",
    "runs:/{run_id}/model/link",
    "mlflow-artifacts:/../../..{secret}",
    "mlflow-artifacts://localhost/..%2f..%2f..{secret}",
    "http://127.0.0.1:1/api/2.0/mlflow-artifacts/artifacts/../../..{secret}",
    "models:/../..{secret}",
    "~{secret}",
    "..{secret}",
    "{run}/\x00{secret}",
)


def test_a_source_that_leads_elsewhere_leads_nowhere(one_run: Any, repo: Repo) -> None:
    registry, run, secret = one_run
    with opened(registry.uri) as place:
        (model,) = listing.models(place, Choice())
        (version,) = model.versions
        files = Files(place)
        with files.here(version, files.lineage(version)) as path:
            assert (path / "weights.bin").read_text() == "weights"
        for spelling in SPELLINGS:
            location = spelling.format(secret=secret, run=run.info.artifact_uri, run_id=run.info.run_id)
            led = replace(version, source=location, location=location)
            with (
                pytest.raises((Invalid, FileMissing, RemoteError), match="fraud v1"),
                files.here(led, files.lineage(led)) as path,
            ):
                pytest.fail(f"{spelling} led to {path}")
    registry.say(str(secret))
    with pytest.raises(Invalid, match="fraud v1"):
        everything(read(registry.uri, repo, Choice()))
    assert commits(repo) == 0


def test_a_place_that_the_user_names_is_read(one_run: Any, repo: Repo) -> None:
    registry, _, secret = one_run
    registry.say(str(secret))
    with pytest.raises(Invalid, match="belongs to no run") as caught:
        everything(read(registry.uri, repo, Choice()))
    assert f"--allow {secret}" in caught.value.hint
    everything(read(registry.uri, repo, Choice(places=(str(secret.parent),))))
    assert repo.registry.state().numbers("fraud") == [1]


class OneRun(Registry):
    """A registry of one version whose row is written by hand."""

    def say(self, value: str) -> None:
        """Let the version say that its files, and where it came from, are ``value``."""
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE model_versions SET source = ?, storage_location = ?", (value, value))


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> Any:
    """A registry with one version, its run, and a folder that is none of its business."""
    registry = OneRun(tmp_path_factory.mktemp("one") / "theirs", empty)
    run = registry.run(1)
    secret = registry.folder / "secret"
    secret.mkdir()
    (secret / "id_ed25519").write_text("private")
    (registry.model(run, "weights") / "link").symlink_to(secret)
    registry.client.create_registered_model("fraud")
    registry.client.create_model_version("fraud", f"{run.info.artifact_uri}/model", run.info.run_id)
    return registry, run, secret


def test_what_is_not_there_is_told_in_one_line(repo: Repo, tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="no such database"):
        everything(read(f"sqlite:///{tmp_path}/none.db", repo, Choice()))
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(FileMissing, match="no such folder"):
        everything(read(str(tmp_path / "none"), repo, Choice()))
    with pytest.raises(Invalid, match="not a store of MLflow's"):
        everything(read("gitmodels:///x", repo, Choice()))
    started = time.monotonic()
    with pytest.raises(RemoteError, match="no server answers"):
        everything(read(f"http://127.0.0.1:{free_port()}", repo, Choice()))
    assert time.monotonic() - started < 60


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_a_server_gives_and_takes_models_and_may_go_away(
    filled: Registry, repo: Repo, tmp_path: Path, empty: Path
) -> None:
    everything(read(filled.uri, repo, Choice()))
    shutil.copy(empty, tmp_path / "served.db")
    database, port = f"sqlite:///{tmp_path}/served.db", free_port()
    seen: list[Step] = []
    with serving(tmp_path, database, port) as url:
        for step in write(url, repo, Choice()):
            seen.append(step)
            if step.kind == "version":
                break
    # Gone in the middle: told in one line, and it goes on when it is there again.
    with pytest.raises(RemoteError):
        everything(write(url, repo, Choice()))
    with serving(tmp_path, database, port) as url:
        seen += write(url, repo, Choice())
        assert {(step.kind, step.name, step.version) for step in seen} == {
            (step.kind, step.name, step.version)
            for step in write("sqlite:////nowhere/x.db", repo, Choice(dry_run=True))
        }
        assert everything(write(url, repo, Choice())) == []
        fresh = Repo.open(_fresh(tmp_path))
        everything(read(url, fresh, Choice()))
        assert everything(read(url, fresh, Choice())) == []
    assert _manifests(fresh) == _manifests(repo)
    state, other = repo.registry.state(), fresh.registry.state()
    for name in state.model_names():
        assert other.aliases(name) == state.aliases(name)
        assert other.model(name).tags == state.model(name).tags
        for version in state.versions(name):
            meta = other.version(name, version.number).meta
            assert (meta.stage, meta.description, meta.tags) == (
                version.meta.stage,
                version.meta.description,
                version.meta.tags,
            )


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_a_thousand_models_come_and_go_back_field_by_field(repo: Repo, tmp_path: Path, empty: Path) -> None:
    models, numbers = 1000, 10
    registry = Registry(tmp_path / "theirs", empty)
    registry.client.create_registered_model("model", {"team": "risk"}, "One of many")
    for number in range(1, numbers + 1):
        run = registry.run(number)
        source = str(registry.model(run, f"weights {number}"))
        words = f"The {number}." if number % 2 else None
        registry.client.create_model_version("model", source, run.info.run_id, {"n": str(number)}, None, words)
    registry.client.delete_model_version("model", "5")
    registry.client.set_registered_model_alias("model", "champion", "10")
    registry.client.set_registered_model_alias("model", "challenger", "9")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        registry.client.transition_model_version_stage("model", "8", "Production")
    registry.multiply("model", models - 1, contents=50)
    before = registry.rows()
    assert len(before["model_versions"]) == models * (numbers - 1)

    with _timed("imported"):
        assert sum(step.kind == "version" for step in read(registry.uri, repo, Choice())) == models * (numbers - 1)
    with _timed("imported again: nothing to do"):
        assert everything(read(registry.uri, repo, Choice())) == []
    assert commits(repo) == models + 1
    _compare(registry, repo)

    back = Registry(tmp_path / "back", empty)
    with _timed("exported"):
        everything(write(back.uri, repo, Choice()))
    assert back.rows() == before
    with _timed("exported again: nothing to do"):
        assert everything(write(back.uri, repo, Choice())) == []
    assert back.rows() == before


def _compare(registry: Registry, repo: Repo) -> None:
    """Every field of every version here with MLflow's row of it."""
    state = repo.registry.state()
    rows = registry.rows()
    tags = {(name, number): {} for name, number, *_ in rows["model_versions"]}
    for name, number, key, value in rows["model_version_tags"]:
        tags[name, number][key] = value
    for name, number, created, updated, words, user, stage, source, run_id, _, _, link in rows["model_versions"]:
        version = state.version(name, number)
        record, meta = version.record, version.meta
        assert (record.created, version.updated, meta.description, meta.stage) == (created, updated, words, stage)
        assert (record.source, record.run_id, record.run_link, record.imported.get("user")) == (
            source,
            run_id,
            link,
            user,
        )
        assert meta.tags == tags[name, number]
        assert record.run["params"] == {"depth": str(number)}
    aliases: dict[str, dict[str, int]] = {}
    for name, alias, number in rows["registered_model_aliases"]:
        aliases.setdefault(name, {})[alias] = number
    for name, created, updated, words in rows["registered_models"]:
        model = state.model(name)
        assert (model.created, model.updated, model.description) == (created, updated, words)
        assert state.aliases(name) == aliases[name]


@contextlib.contextmanager
def _timed(what: str) -> Iterator[None]:
    """Print how long the block took, for whoever runs it with -s."""
    wall, cpu = time.monotonic(), time.process_time()
    yield
    print(f"{what}: {time.monotonic() - wall:.1f} s, {time.process_time() - cpu:.1f} s CPU")
