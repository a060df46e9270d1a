"""MLflow's SQL store and ours side by side, on one clock: what both are asked, and what each answers."""

import contextlib
import os
import shutil
import sqlite3
import tempfile
import types
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.entities.model_registry import ModelVersion, Prompt, PromptVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import sqlalchemy_store
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

from gitmodels.mlflow_plugin.store import GitModelsStore

START = 1_790_000_000_000
# What the reference leaves empty, and we tell.
OURS_ALONE = ("user_id",)


@cache
def _empty_database() -> Path:
    """MLflow takes seconds to make one of these; once is enough."""
    path = Path(tempfile.mkdtemp(prefix="gitmodels-mlflow-")) / "empty.db"
    SqlAlchemyStore(f"sqlite:///{path}")
    return path


def new_database(path: Path) -> str:
    """The URI of a fresh database of MLflow's at ``path``, for runs and for registered models alike."""
    opened = (contextlib.closing(sqlite3.connect(each)) for each in (_empty_database(), path))
    with next(opened) as empty, next(opened) as copy:
        empty.backup(copy)
    return f"sqlite:///{path}"


class Pair:
    """The reference and our store. Times stand still within a call and move on between calls."""

    def __init__(self, folder: Path, git: Any) -> None:
        repo = folder / "registry.git"
        repo.mkdir()
        git("init", "--quiet", "--bare", cwd=repo)
        self.folder = folder
        # Runs are asked for where a version names one; else MLflow would make a database in the current folder.
        mlflow.set_tracking_uri(new_database(folder / "runs.db"))
        self.reference = SqlAlchemyStore(new_database(folder / "reference.db"))
        self.uri = f"gitmodels://{repo}"
        self.ours = GitModelsStore(store_uri=self.uri)
        self.now = START
        self.sources = [str(self.model(f"model {n}", f"weights of {n}")) for n in range(3)]

    def model(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.mkdir()
        (path / "MLmodel").write_text("flavors: {}\n")
        (path / "weights.txt").write_text(text)
        return path

    def ask(self, method: str, *arguments: Any, **options: Any) -> tuple[Any, Any]:
        """What the reference and ours answer, each as plain data."""
        return self.each(method, [arguments, arguments], **options)

    def each(self, method: str, arguments: Sequence[Any], **options: Any) -> tuple[Any, Any]:
        """The same, each asked with ``arguments`` of its own."""
        self.now += 1000
        asked = zip((self.reference, self.ours), arguments, strict=True)
        theirs, ours = (_outcome(getattr(store, method), given, options) for store, given in asked)
        return theirs, ours

    def same(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Ask both and hold them to one answer, which is returned."""
        theirs, ours = self.ask(method, *arguments, **options)
        assert differences(ours, theirs) == [], (method, arguments, options)
        return theirs


def _outcome(ask: Any, arguments: Any, options: Any) -> Any:
    try:
        return plain(ask(*arguments, **options))
    except MlflowException as error:
        return ("error", error.error_code, error.message)


def differences(ours: Any, theirs: Any, at: str = "") -> list[str]:
    """Where two answers differ, each place by its path."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted({*ours, *theirs}, key=str)
        return [one for key in keys for one in differences(ours.get(key), theirs.get(key), f"{at}.{key}")]
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [one for n, (our, their) in pairs for one in differences(our, their, f"{at}[{n}]")]
    return [] if ours == theirs else [f"{at}: ours {str(ours)[:300]}, theirs {str(theirs)[:300]}"]


def plain(answer: Any) -> Any:
    """An answer of a store as plain data; what has no order in the reference has one here."""
    if isinstance(answer, PagedList):
        return [plain(one) for one in answer], answer.token
    if isinstance(answer, list):
        return [plain(one) for one in answer]
    if isinstance(answer, ModelVersion):
        told = {key: value for key, value in dict(answer).items() if key not in OURS_ALONE}
        # No description and an empty one are one thing here, as they are over MLflow's REST API.
        told["description"] = told["description"] or None
        return told | {"aliases": sorted(answer.aliases), "raw_tags": answer._tags}
    if isinstance(answer, RegisteredModel):
        latest = sorted((plain(one) for one in answer.latest_versions), key=lambda one: one["current_stage"])
        told = dict(answer) | {"description": answer.description or None}
        return told | {"latest_versions": latest, "raw_tags": answer._tags}
    if isinstance(answer, Prompt | PromptVersion):
        told = {key: value for key, value in vars(answer).items() if key.lstrip("_") not in OURS_ALONE}
        return told | {"aliases": sorted(getattr(answer, "aliases", ()))}
    return answer


@pytest.fixture(scope="module", autouse=True)
def fresh() -> Iterator[None]:
    """One process runs all of this: what a file says of where runs and models are is forgotten after it."""
    yield
    mlflow.set_tracking_uri(None)
    mlflow.set_registry_uri(None)
    os.environ.pop("MLFLOW_REGISTRY_URI", None)


@pytest.fixture(scope="session", autouse=True)
def tidied() -> Iterator[None]:
    """The empty database goes when the process does."""
    yield
    if _empty_database.cache_info().currsize:
        shutil.rmtree(_empty_database().parent)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow keeps runs in the current folder where nothing else is said."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, git: Any) -> Iterator[Pair]:
    made = Pair(tmp_path_factory.mktemp("pair"), git)
    patch = pytest.MonkeyPatch()
    patch.setattr(sqlalchemy_store, "get_current_time_millis", lambda: made.now)
    patch.setattr("gitmodels.registry.registry.time", types.SimpleNamespace(time_ns=lambda: made.now * 1_000_000))
    yield made
    patch.undo()
