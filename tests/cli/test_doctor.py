"""``git models doctor``: each kind of trouble found, repaired where it can be, told with exit code 7 where not."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Git = Callable[..., str]
Models = Any


def _edit(repo: Path, git: Git, path: str, old: str, new: str) -> None:
    tree = repo / "by-hand"
    git("worktree", "add", "--quiet", str(tree), "gitmodels", cwd=repo)
    (file,) = tree.glob(path)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    git("commit", "--quiet", "--all", "--message", "by hand", cwd=tree)
    git("worktree", "remove", "--force", str(tree), cwd=repo)


def _kinds(done: Any) -> list[str]:
    return sorted(problem["kind"] for problem in done.json)


def test_a_healthy_repository_is_well(fraud: Path, models: Models) -> None:
    assert models("doctor").err == "all is well\n"
    assert models("doctor", "--json").json == []
    assert models("doctor", "--fix", "--quick").err == "all is well\n"


def test_a_repository_without_a_registry_is_well(here: Path, models: Models) -> None:
    assert models("doctor").err == "all is well\n"
    assert not (here / ".git/gitmodels").exists()


def test_stale_and_foreign_refs_are_derived_again(fraud: Path, models: Models, git: Git) -> None:
    before = git("for-each-ref", cwd=fraud)
    git("update-ref", "-d", "refs/gitmodels/aliases/fraud/champion", cwd=fraud)
    git("update-ref", "refs/gitmodels/aliases/fraud/nobody", "gitmodels", cwd=fraud)
    done = models("doctor", "--json", code=7)
    assert _kinds(done) == ["ref-foreign", "ref-missing"]
    assert all(problem["fixable"] and not problem["fixed"] for problem in done.json)
    assert done.err == "error: 2 problems left\nhint: git models doctor --fix repairs what it can\n"
    fixed = models("doctor", "--fix")
    assert fixed.err == "all is well; 2 problems fixed\n"
    assert git("for-each-ref", cwd=fraud) == before


def test_a_summary_edited_by_hand_is_written_anew(fraud: Path, models: Models, git: Git) -> None:
    _edit(fraud, git, "models/*/fraud/aliases/champion.yaml", "size: 3", "size: 9")
    assert "alias-summary" in _kinds(models("doctor", "--json", code=7))
    models("doctor", "--fix")
    assert models("doctor").err == "all is well\n"
    assert "size: 3" in git("show", "gitmodels:models/" + _shard(fraud, git), cwd=fraud)


def _shard(repo: Path, git: Git) -> str:
    names = git("ls-tree", "-r", "--name-only", "gitmodels", cwd=repo).splitlines()
    return next(name for name in names if name.endswith("champion.yaml")).removeprefix("models/")


def test_an_alias_to_a_deleted_version_is_cleared(fraud: Path, models: Models, git: Git) -> None:
    _edit(fraud, git, "models/*/fraud/meta/1.yaml", "status: ready", "status: deleted")
    assert "alias-deleted" in _kinds(models("doctor", "--json", code=7))
    models("doctor", "--fix")
    assert models("alias", "ls", "fraud", "--json").json == {}


def test_missing_objects_are_told_and_stay(fraud: Path, models: Models) -> None:
    shutil.rmtree(fraud / ".git/gitmodels/packs")
    done = models("doctor", "--fix", "--json", code=7)
    assert _kinds(done) == ["objects-missing", "objects-missing"]
    assert [problem["where"] for problem in done.json] == ["fraud/1", "fraud/2"]
    assert not any(problem["fixed"] for problem in done.json)
    assert "git models doctor -h" in done.err
    models("register", "files", "fraud")
    assert [problem["where"] for problem in models("doctor", "--json", code=7).json] == ["fraud/1"]


def test_an_edited_version_is_told_with_the_commit(fraud: Path, models: Models, git: Git) -> None:
    _edit(fraud, git, "models/*/fraud/versions/1/version.yaml", "size: 3", "size: 4")
    assert "version-edited" in _kinds(models("doctor", "--json", code=7))
    assert "version-edited" not in _kinds(models("doctor", "--quick", "--json", code=None))


def _killed(program: str, cwd: Path) -> str:
    ending = "\nimport os; os.kill(os.getpid(), 9)\n"
    done = subprocess.run(
        [sys.executable, "-c", program + ending], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    return done.stdout.strip()


def test_leftovers_of_killed_processes_are_cleared(fraud: Path, models: Models) -> None:
    run = _killed(
        "import gitmodels\nrun = gitmodels.start_run(); gitmodels.log_metric('auc', 1)\n"
        "print(run.info.run_id, flush=True)",
        fraud,
    )
    _killed(
        "from gitmodels.api import context, content\nrepo = context.repository()\n"
        "repo.views.view(content.find(repo, 'models:/fraud/1').manifest)",
        fraud,
    )
    _killed(
        "from gitmodels import processes\nfrom gitmodels.api import context\nimport os, pathlib\n"
        "own = context.repository().git.own_dir / 'tmp'; own.mkdir(exist_ok=True)\n"
        "name = own / processes.new_name('ref'); name.write_text('x')\n"
        "os.link(name, context.repository().git.common_dir / 'refs/heads/gitmodels.lock')",
        fraud,
    )
    found = models("doctor", "--json", code=7).json
    places = [problem["where"] for problem in found]
    assert any(place.endswith(f"{run}.jsonl") for place in places), places
    assert any("cache/views/" in place for place in places)
    assert "refs/heads/gitmodels.lock" in places
    assert {problem["kind"] for problem in found} == {"leftover"}
    assert "fixed" in models("doctor", "--fix").err
    assert models("doctor").err == "all is well\n"
    models("tag", "set", "fraud", "a=b")
    import gitmodels

    assert gitmodels.get_run(run).info.status == "FAILED"


def test_a_foreign_lock_is_told_and_left_alone(fraud: Path, models: Models) -> None:
    lock = fraud / ".git/refs/heads/gitmodels.lock"
    lock.write_text("")
    done = models("doctor", "--fix", "--json", code=7)
    assert [(problem["where"], problem["fixable"]) for problem in done.json] == [("refs/heads/gitmodels.lock", False)]
    assert lock.exists()


def test_what_a_living_process_uses_is_no_leftover(fraud: Path, models: Models) -> None:
    program = (
        "import sys, gitmodels\nfrom gitmodels.api import context, content\nrepo = context.repository()\n"
        "gitmodels.start_run(); repo.views.view(content.find(repo, 'models:/fraud/1').manifest)\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=fraud, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert models("doctor", "--fix").err == "all is well\n"
        assert any((fraud / ".git/gitmodels/cache/views").iterdir())
        process.communicate("")
    assert process.returncode == 0
    assert os.listdir(fraud / ".git/gitmodels/cache/views") == []


@pytest.mark.parametrize("line", ["doctor", "doctor --fix"])
def test_a_branch_that_is_no_registry_is_told(line: str, here: Path, models: Models, git: Git) -> None:
    git("commit", "--quiet", "--allow-empty", "--message", "mine", cwd=here)
    git("branch", "gitmodels", cwd=here)
    assert "it is not a registry" in models(*line.split(), code=4).err
