"""One repository through both doors: scripts under MLflow with the plugin, the same under ``gitmodels.as_mlflow``.

MLflow with the plugin is this process; the other door is a process of the environment that has no MLflow.
"""

import contextlib
import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import mlflow
import pytest

from tests.mlflow_plugin.inside.conftest import new_database

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
        "created": model.creation_timestamp, "updated": model.last_updated_timestamp,
        "latest": sorted(int(one.version) for one in model.latest_versions)})
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


def under_mlflow(script: Path, *arguments: str) -> str:
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as told:
        patch.setattr(sys, "argv", [script.name, *arguments])
        runpy.run_path(str(script), run_name="__main__")
    return told.getvalue()


def as_mlflow(script: Path, *arguments: str) -> str:
    command = [os.environ.get("TEST_PYTHON", sys.executable), "-m", "gitmodels.as_mlflow", script.name, *arguments]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


def test_what_one_door_wrote_the_other_reads(tmp_path: Path, bare_repo: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors: {}\n")
    writes, reads = tmp_path / "writes.py", tmp_path / "reads.py"
    writes.write_text(WRITES)
    reads.write_text(READS)
    mlflow.set_tracking_uri(new_database(tmp_path / "runs.db"))
    registry = f"gitmodels://{bare_repo}"
    as_mlflow(writes, registry, "ours", str(tmp_path / "model"))
    under_mlflow(writes, registry, "theirs", str(tmp_path / "model"))
    seen = [json.loads(door(reads, registry)) for door in (as_mlflow, under_mlflow)]
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
