"""``git models status``: the state of a repository, and which model a folder holds."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Git = Callable[..., str]
Models = Any


def fields(text: str) -> dict[str, str]:
    """The labelled lines of an answer."""
    return {line.split("  ")[0]: line.split("  ", 1)[1].strip() for line in text.splitlines() if line[0] != " "}


def test_a_repository_tells_its_state(fraud: Path, models: Models, git: Git) -> None:
    told = fields(models("status").out)
    tip = git("rev-parse", "gitmodels", cwd=fraud).strip()
    assert told["registry"] == f"gitmodels at {tip[:7]}: 1 model, 2 versions"
    assert told["origin"] == "never pushed or fetched"
    assert told["trust"] == "only what was logged in this clone"
    assert told["store"].endswith(f" in {fraud / '.git' / 'gitmodels'}")
    found = models("status", "--json").json
    assert (found["commit"], found["ahead"], found["directory"]) == (tip, None, None)
    assert found["stored"] > 0


def test_what_was_not_pushed_is_told_operation_by_operation(
    fraud: Path, bare_repo: Path, models: Models, git: Git
) -> None:
    git("remote", "add", "origin", str(bare_repo), cwd=fraud)
    git("push", "-q", "origin", "gitmodels", cwd=fraud)
    assert fields(models("status").out)["origin"] == "in step"
    models("alias", "set", "fraud", "challenger", "2")
    models("tag", "set", "fraud", "a=b")
    text = models("status").out
    assert fields(text)["origin"] == "2 operations not pushed"
    assert [line.split()[0] for line in text.splitlines() if line[0] == " "] == ["●", "●"]
    found = models("status", "--json").json
    assert (found["ahead"], found["behind"]) == (2, 0)
    assert [one["kind"] for one in found["unpublished"]] == ["tag", "alias"]


def test_runs_that_go_on_and_runs_that_were_left_are_told_apart(trained: Path, models: Models) -> None:
    program = (
        "import gitmodels, os, signal\ngitmodels.start_run(run_name='left')\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=trained, check=False, capture_output=True)
    told = fields(models("status").out)
    assert told["runs"] == "1 going on: third"
    assert told["left"] == "1 left by killed processes; git models runs recovers them: left"
    models("runs")
    assert models("status", "--json").json["left_runs"] == []


def test_without_a_registry_the_way_to_one_is_told(here: Path, models: Models) -> None:
    text = models("status").out
    assert "none yet: git models register makes one" in text
    assert models("status", "--json").json["commit"] is None


@pytest.fixture
def folder(fraud: Path, models: Models, tmp_path: Path) -> Path:
    """``fraud/2``, of four files, checked out."""
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        path = fraud / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    models("register", "files", "fraud")
    models("checkout", "fraud/3", str(tmp_path / "out"))
    return tmp_path / "out"


def test_a_folder_is_told_to_be_the_version_it_is(folder: Path, models: Models) -> None:
    assert fields(models("status", str(folder)).out)["folder"] == f"{folder} is fraud v3, unchanged"
    assert models("status", str(folder), "--json").json["directory"]["changes"] == []


def test_what_differs_is_told_file_by_file(folder: Path, models: Models) -> None:
    (folder / "a.txt").write_text("A.txt")
    (folder / "b.txt").unlink()
    (folder / "new").symlink_to("a.txt")
    text = models("status", str(folder)).out
    assert fields(text)["folder"] == f"{folder} is fraud v3, 3 files differ"
    assert [line.split() for line in text.splitlines() if line[0] == " "] == [
        ["M", "a.txt"],
        ["-", "b.txt"],
        ["+", "new"],
    ]
    found = models("status", str(folder), "--json").json["directory"]
    assert [change["change"] for change in found["changes"]] == ["modified", "removed", "added"]
    assert (found["name"], found["version"]) == ("fraud", 3)


def test_of_versions_that_fit_alike_the_newest_is_meant(folder: Path, models: Models, fraud: Path) -> None:
    models("register", "files", "fraud")
    assert models("status", str(folder), "--json").json["directory"]["version"] == 4


def test_inside_a_model_with_an_mlmodel_file_the_folder_is_recognised(
    fraud: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fraud / "models" / "new"
    (folder / "sub").mkdir(parents=True)
    (folder / "MLmodel").write_text("flavors: {}\n")
    monkeypatch.chdir(folder / "sub")
    assert models("status", "--json").json["directory"] is None
    models("register", "..", "fraud")
    found = models("status", "--json").json["directory"]
    assert (Path(found["path"]), found["version"], found["changes"]) == (folder, 3, [])


def test_a_copy_that_was_made_by_other_means_is_known_by_its_bytes(folder: Path, models: Models) -> None:
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    (copy / "b.txt").write_text("other")
    found = models("status", str(copy), "--json").json["directory"]
    assert (found["version"], found["changes"]) == (3, [{"path": "b.txt", "change": "modified"}])


@pytest.mark.parametrize(
    ("line", "words"), [("status nowhere", "no such folder"), ("status empty", "no registered version")]
)
def test_a_folder_that_is_no_model_is_one_line(line: str, words: str, fraud: Path, models: Models) -> None:
    (fraud / "empty").mkdir()
    done = models(*line.split(), code=3)
    assert words in done.err
    assert (done.out, len(done.err.splitlines()) <= 2) == ("", True)


def test_101_hostile_file_names_stay_text(folder: Path, models: Models) -> None:
    (folder / "x\x1b[31m\n\u202ey").write_text("x")
    text = models("status", str(folder)).out
    assert not any(sign in text for sign in "\x1b\u202e")
    assert len([line for line in text.splitlines() if line[0] == " "]) == 1
