"""A repository to work in, and a fluent interface without a past."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitmodels.api import context, fluent_runs


@pytest.fixture(autouse=True)
def _no_past(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing chosen, opened or active; what a test left active is ended."""
    monkeypatch.setattr(context, "_chosen", None)
    monkeypatch.setattr(context, "_opened", {})
    monkeypatch.setattr(context, "_warned", set())
    monkeypatch.setattr(fluent_runs, "_experiment", None)
    yield
    while fluent_runs.active_run_id() is not None:
        fluent_runs.end_run()


@pytest.fixture
def here(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh git repository that is the current folder, without a registry yet."""
    monkeypatch.chdir(git_repo)
    return git_repo


@pytest.fixture
def files(here: Path) -> Path:
    """A folder of two plain files, without an MLmodel."""
    folder = here / "files"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"weights")
    (folder / "labels.txt").write_text("a\nb\n")
    return folder


@pytest.fixture(scope="session")
def iris() -> tuple[Any, Any]:
    """A small table with two classes."""
    from sklearn.datasets import load_iris

    data = load_iris(as_frame=True)
    return data.data.head(100), data.target.head(100)


@pytest.fixture(scope="session")
def classifier(iris: tuple[Any, Any]) -> Any:
    """A model that runs no code when it is loaded."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=200).fit(*iris)
