"""Filters, orders and pages find and refuse what MLflow's SQL store finds and refuses, or the difference stands here.

``search_corpus.py`` says what is registered and asked; MLflow answers in its own environment, on SQLite.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels import digest, yaml
from gitmodels.exceptions import MlflowException
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry.changes import models, versions
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.registry import Registry

ROOT = Path(__file__).parents[2]
MLFLOW = ROOT / ".venv-mlflow" / "bin" / "python"
sys.path.append(str(Path(__file__).parent))
import search_corpus as corpus  # noqa: E402 - found beside this file

pytestmark = pytest.mark.skipif(not MLFLOW.exists(), reason="MLflow's environment .venv-mlflow is not made: make test")

THEIR_SIDE = """
import itertools, json, logging, sys, warnings
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
sys.path.append(sys.argv[1])
import search_corpus as corpus
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry import sqlalchemy_store
ticks = itertools.count(1_770_000_000_000, 1000)
sqlalchemy_store.get_current_time_millis = lambda: next(ticks)
store = sqlalchemy_store.SqlAlchemyStore(f"sqlite:///{sys.argv[2]}/mlflow.db")
for name, tags, versions in corpus.MODELS:
    store.create_registered_model(name, [RegisteredModelTag(*tag) for tag in tags.items()])
    for number, one in enumerate(versions, 1):
        tags = [ModelVersionTag(*tag) for tag in one["tags"].items()]
        store.create_model_version(name, one["source"], one["run_id"], tags)
        if "stage" in one:
            store.transition_model_version_stage(name, number, one["stage"], False)
for name, _, versions in corpus.MODELS:
    for number, one in enumerate(versions, 1):
        if one.get("deleted"):
            store.delete_model_version(name, number)
search = {"versions": store.search_model_versions, "models": store.search_registered_models}
print(json.dumps([corpus.outcome(search[each["what"]], MlflowException, each) for each in corpus.asked()]))
"""

# What we answer and MLflow refuses: a blank filter, and columns and orders of ours.
OURS = {
    '{"what": "versions", "filter_string": "  "}',
    '{"what": "versions", "filter_string": "param.x = \'a\'"}',
    '{"what": "versions", "order_by": ["tags.team"]}',
}


@pytest.fixture
def client(git_repo: Path) -> gitmodels.MlflowClient:
    """A client of a registry that holds what the corpus says; a second passes at each change."""
    ticks: Iterator[int] = iter(range(1_770_000_000_000, 1_780_000_000_000, 1000))
    registry = Registry(GitRepository.open(git_repo), Identity("Ana", "a@x.org"), clock=lambda: next(ticks))
    registry.init()
    for name, tags, made in corpus.MODELS:
        registry.apply(lambda s, at, n=name, t=tags: models.create(s, n, at, tags=t))
        for number, one in enumerate(made, 1):
            new = _version(f"{name}/{number}", one)
            registry.apply(lambda s, at, n=name, v=new: versions.register(s, n, v, at))
            if "stage" in one:
                registry.apply(lambda s, at, n=name, i=number, g=one["stage"]: versions.stage(s, n, i, g, at))
    for name, _, made in corpus.MODELS:
        for number, one in enumerate(made, 1):
            if one.get("deleted"):
                registry.apply(lambda s, at, n=name, i=number: versions.delete(s, n, i, at))
    return gitmodels.MlflowClient(registry_uri=str(git_repo))


def _version(content: str, one: dict[str, Any]) -> NewVersion:
    manifest = digest.of_bytes(content.encode())
    run = {"id": one["run_id"]} if one["run_id"] else {}
    record = VersionRecord(digest.model_id(manifest), manifest, 0, "", "", "", source=one["source"], run=run)
    return NewVersion(record, yaml.dump({"format": 1, "files": [], "content": content}), tags=one["tags"])


def test_searches_find_and_refuse_what_they_do_in_mlflow(client: gitmodels.MlflowClient, tmp_path: Path) -> None:
    command = [str(MLFLOW), "-c", THEIR_SIDE, str(Path(__file__).parent), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    search = {"versions": client.search_model_versions, "models": client.search_registered_models}
    different: dict[str, Any] = {}
    questions = corpus.asked()
    for question, theirs in zip(questions, json.loads(done.stdout), strict=True):
        ours = corpus.outcome(search[question["what"]], MlflowException, question)
        label = json.dumps(question, ensure_ascii=False)
        if "refused" in theirs:
            # MLflow's code is sometimes that of a bug of its own.
            theirs, ours = {"refused"}, {"refused"} if ours == {"refused": "INVALID_PARAMETER_VALUE"} else ours
        if ours != theirs:
            different[label] = (theirs, ours)
    assert different.keys() == OURS, {label: found for label, found in different.items() if label not in OURS}
    assert len(questions) > 500
