"""``git models search`` and ``git models flavors``: what is found by a filter, and what models can be."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gitmodels import flavors
from gitmodels.repo import Repo

Models = Any


@pytest.fixture
def many(trained: Path, fraud: Path, models: Models) -> Path:
    """``fraud`` with two versions, and ``churn``, whose one version comes from a run."""
    run = next(run for run in Repo.open(fraud).runs.list() if run.name == "first")
    (fraud / "m").mkdir()
    (fraud / "m" / "MLmodel").write_text("flavors: {}\n")
    Repo.open(fraud).store.add_directory(fraud / "m")
    models("register", f"runs:/{run.id}/model", "churn")
    models("tag", "set", "churn", "team=growth")
    models("stage", "fraud/2", "Production")
    return fraud


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["churn/1", "fraud/2", "fraud/1"]),
        ("name = 'fraud'", ["fraud/2", "fraud/1"]),
        ("name LIKE 'ch%'", ["churn/1"]),
        ("tags.team = 'risk'", ["fraud/1"]),
        ("metrics.auc > 0.9", ["churn/1"]),
        ("metrics.auc > 0.92", []),
        ("params.depth = '4'", ["churn/1"]),
        ("alias = 'champion'", ["fraud/1"]),
        ("alias LIKE 'ch%' AND version_number = 1", ["fraud/1"]),
        ("version > 1", ["fraud/2"]),
        ("stage = 'Production'", ["fraud/2"]),
        ("run_name = 'first'", ["churn/1"]),
        ("inputs LIKE 'nothing%'", []),
        ("name = 'nowhere'", []),
    ],
)
def test_versions_are_found_by_what_is_known_of_them(text: str, found: list[str], many: Path, models: Models) -> None:
    printed = models("search", text, "--json").json
    assert [f"{one['name']}/{one['version']}" for one in printed] == found
    lines = models("search", text).out.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [one.replace("/", " v").split() for one in found]


def test_models_are_found_by_their_own_tags_and_ordered(many: Path, models: Models) -> None:
    assert [one["name"] for one in models("search", "--models", "tags.team = 'growth'", "--json").json] == ["churn"]
    names = [one["name"] for one in models("search", "--models", "--order-by", "name DESC", "--json").json]
    assert names == ["fraud", "churn"]
    assert models("search", "--models", "name = 'x'").err == "0 models, 0 versions\n"


def test_an_order_and_a_number_may_be_asked_for(many: Path, models: Models) -> None:
    found = models("search", "--order-by", "metrics.auc DESC", "--order-by", "version_number", "--json").json
    assert [(one["name"], one["version"]) for one in found] == [("churn", 1), ("fraud", 1), ("fraud", 2)]
    assert len(models("search", "-n", "2", "--json").json) == 2


def test_prompts_are_found_by_those_who_ask_for_them(fraud: Path, models: Models) -> None:
    models("tag", "set", "fraud/1", "mlflow.prompt.is_prompt=true")
    # As MLflow has it: a model one of whose versions is a prompt's is a prompt.
    assert models("search", "--json").json == []
    asked = models("search", "tags.`mlflow.prompt.is_prompt` = 'true'", "--json").json
    assert [one["version"] for one in asked] == [1]


def test_lists_take_filters_too(many: Path, models: Models) -> None:
    assert [one["name"] for one in models("ls", "--filter", "tags.team = 'growth'", "--json").json] == ["churn"]
    listed = models("ls", "fraud", "--filter", "stage = 'Production'", "--json").json
    assert [(one["version"], "evaluations" in one) for one in listed] == [(2, True)]
    assert "expected AND" in models("ls", "--filter", "name = 'a' OR name = 'b'", code=4).err
    assert models("ls", "nowhere", "--filter", "version > 1", code=3).out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fraud"], "name LIKE '%fraud%'"),
        (["nme = 'x'"], "Valid keys are"),
        (["metrics.auc > 'x'"], "numeric"),
        (["name = fraud"], "write it in ' '"),
        (["name = 'a' OR name = 'b'"], "joined by AND"),
        (["--order-by", "nme"], "Valid keys are"),
        (["--order-by", "name SIDEWAYS"], "ASC or DESC"),
        (["--models", "metrics.auc > 0.9"], "metrics"),
    ],
)
def test_a_filter_that_makes_no_sense_is_one_line(
    arguments: list[str], words: str, fraud: Path, models: Models
) -> None:
    done = models("search", *arguments, code=4)
    assert words in done.err
    assert len(done.err.splitlines()) <= 2
    assert done.out == ""


def test_flavors_tells_versions_and_what_loading_runs(tmp_path: Path, models: Models) -> None:
    found = {one["name"]: one for one in models("-C", str(tmp_path), "flavors", "--json").json}
    assert set(found) >= {"sklearn", "python_function"}
    assert found["sklearn"]["formats"]["skops"] == "none"
    assert found["sklearn"]["packages"]["scikit-learn"]
    header, *rows = models("flavors").out.splitlines()
    assert header.split()[:2] == ["FLAVOR", "PACKAGES"]
    listed = [row.split()[0] for row in rows]
    assert listed[: len(flavors.names())] == flavors.names()


def test_the_flavors_of_others_are_named_and_not_imported(tmp_path: Path) -> None:
    (tmp_path / "hostile.py").write_text("raise SystemExit('imported')\n")
    folder = tmp_path / "acme-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[gitmodels.flavors]\nzeta = hostile\nsklearn = hostile\n")
    program = f"import sys; sys.path.append({str(tmp_path)!r}); from gitmodels.cli.main import run; run(['flavors'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    rows = {row.split()[0]: row.split()[-1] for row in done.stdout.splitlines()}
    assert rows["zeta"] == "acme"
    assert rows["sklearn"] == "gitmodels"
