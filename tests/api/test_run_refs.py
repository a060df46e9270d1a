"""Runs are private until they are pushed; then every clone that fetches them reads them as its own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import gitmodels
from gitmodels.api import publishing, run_refs
from gitmodels.errors import Conflict, RunNotFound
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo

Git = Callable[..., str]


@pytest.fixture
def pair(tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two clones of one empty repository; the fluent interface works in the first."""
    git("init", "-q", "--bare", "hub.git", cwd=tmp_path)
    for name in ("ana", "bo"):
        git("clone", "-q", f"file://{tmp_path / 'hub.git'}", name, cwd=tmp_path)
    monkeypatch.chdir(tmp_path / "ana")
    return tmp_path / "ana", tmp_path / "bo"


def train(name: str) -> str:
    """A run with a metric and a file; its id."""
    with gitmodels.start_run(run_name=name) as run:
        gitmodels.log_metric("auc", 0.9)
        gitmodels.log_text(f"notes of {name}", "notes.txt")
    return str(run.info.run_id)


def test_runs_travel_when_it_is_wished(pair: tuple[Path, Path], git: Git) -> None:
    run_id = train("first")
    ana, bo = Repo.open(pair[0]), Repo.open(pair[1])
    assert run_refs.fetch(bo, "origin") == 0
    with pytest.raises(RunNotFound):
        bo.runs.get(run_id)
    publishing.push(ana, runs=True)
    assert not run_refs.push(ana, "origin")
    assert run_refs.fetch(bo, "origin") == 1
    found = bo.runs.get(run_id)
    assert (found.name, found.metrics[0].value) == ("first", 0.9)
    # The file itself was sent, and is not fetched before somebody reads it.
    assert bo.store.missing(Manifest(found.artifacts))
    second = train("second")
    assert run_refs.push(Repo.open(pair[0]), "origin")
    assert run_refs.fetch(bo, "origin") == 1
    assert bo.runs.get(second).name == "second"
    assert len(git("ls-remote", "origin", "refs/gitmodels/runs/*", cwd=pair[1]).splitlines()) == 1


def test_a_clone_without_runs_has_nothing_to_push(pair: tuple[Path, Path]) -> None:
    assert not run_refs.push(Repo.open(pair[1]), "origin")


def test_two_clones_with_one_id_do_not_overwrite_each_others_runs(pair: tuple[Path, Path], tmp_path: Path) -> None:
    train("first")
    shutil.copytree(pair[0], tmp_path / "copy")
    train("second")
    run_refs.push(Repo.open(pair[0]), "origin")
    gitmodels.set_registry_uri(tmp_path / "copy")
    try:
        gitmodels.set_tracking_uri(str(tmp_path / "copy"))
        train("third")
    finally:
        gitmodels.set_registry_uri(None)
    with pytest.raises(Conflict, match="two clones have one id"):
        run_refs.push(Repo.open(tmp_path / "copy"), "origin")
