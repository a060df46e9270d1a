"""One repository through both doors: scripts under MLflow with the plugin, the same under ``gitmodels.as_mlflow``."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mlflow_plugin.test_mlflow_plugin import PYTHON

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment .venv-plugin is not made: make test"),
    pytest.mark.timeout(1800),
]

WRITES = """
import sys
import mlflow
from mlflow import MlflowClient

registry, name, source = sys.argv[1:]
mlflow.set_registry_uri(registry)
client = MlflowClient(registry_uri=registry)
client.create_registered_model(name, {"team": "risk"}, "Who pays")
for number in range(3):
    client.create_model_version(name, source, tags={"n": str(number)}, description=f"number {number}")
client.set_registered_model_alias(name, "champion", 2)
client.set_registered_model_alias(name, "old", 1)
client.transition_model_version_stage(name, "3", "Production")
client.update_model_version(name, "1", "described later")
client.set_model_version_tag(name, "2", "validated", "yes")
client.set_registered_model_tag(name, "owner", "Ana")
client.delete_model_version(name, "1")
client.copy_model_version(f"models:/{name}@champion", f"{name}-copy")
"""

READS = """
import json, sys
import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

registry = sys.argv[1]
mlflow.set_registry_uri(registry)
client = MlflowClient(registry_uri=registry)

def version(one):
    return {"name": one.name, "version": int(one.version), "tags": one.tags, "description": one.description,
            "stage": one.current_stage, "created": one.creation_timestamp, "updated": one.last_updated_timestamp,
            "source": one.source, "user": one.user_id, "status": one.status}

told = {"models": [], "versions": []}
for model in client.search_registered_models():
    told["models"].append({"name": model.name, "tags": model.tags, "description": model.description,
        "aliases": {alias: int(number) for alias, number in model.aliases.items()},
        "created": model.creation_timestamp, "latest": sorted(int(one.version) for one in model.latest_versions)})
    for alias in model.aliases:
        told["versions"].append(version(client.get_model_version_by_alias(model.name, alias)))
told["versions"] += [version(one) for one in client.search_model_versions("name LIKE '%'", order_by=["name ASC"])]
told["files"] = open(mlflow.artifacts.download_artifacts("models:/ours@champion/MLmodel")).read()
for ask in (lambda: client.get_model_version("ours", "1"), lambda: client.get_registered_model("never"),
            lambda: client.get_model_version_by_alias("ours", "old")):
    try:
        ask()
    except MlflowException as error:
        told.setdefault("errors", []).append([error.error_code, error.message])
print(json.dumps(told))
"""


def run(door: list[str], folder: Path, *arguments: str) -> str:
    done = subprocess.run([*door, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_what_one_door_wrote_the_other_reads(tmp_path: Path, bare_repo: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "writes.py").write_text(WRITES)
    (tmp_path / "reads.py").write_text(READS)
    registry = f"gitmodels://{bare_repo}"
    plugin = [str(PYTHON)]
    ours = [sys.executable, "-m", "gitmodels.as_mlflow"]
    run(ours, tmp_path, "writes.py", registry, "ours", str(tmp_path / "model"))
    run(plugin, tmp_path, "writes.py", registry, "theirs", str(tmp_path / "model"))
    seen = [json.loads(run(door, tmp_path, "reads.py", registry)) for door in (ours, plugin)]
    assert seen[0] == seen[1]
    told = seen[0]
    assert told["files"] == "flavors: {}\n"
    assert [model["name"] for model in told["models"]] == ["ours", "ours-copy", "theirs", "theirs-copy"]
    for field in ("aliases", "tags", "description", "latest"):
        mine, other = (_named(told, name)[field] for name in ("ours", "theirs"))
        assert mine == other, field
    assert len(told["errors"]) == 3


def _named(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(model for model in told["models"] if model["name"] == name)
