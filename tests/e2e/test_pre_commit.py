"""The hooks of ``.pre-commit-hooks.yaml`` under the real pre-commit framework, from a git address of their own."""

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels import yaml
from gitmodels.api import hooks

Git = Callable[..., str]
ROOT = Path(__file__).resolve().parents[2]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
IDS = [f"gitmodels-{name}" for name in hooks.QUESTIONS]
SOUND = """flavors:
  of_ours: {}
signature:
  inputs: '[{"type": "long", "name": "age", "required": true}]'
"""
pytest.importorskip("pre_commit")


def test_the_table_of_hooks_names_every_question_and_only_those() -> None:
    table = yaml.load(HOOKS.read_bytes())
    assert [hook["id"] for hook in table] == IDS
    assert [hook["entry"] for hook in table] == [f"git-models hook {name}" for name in hooks.QUESTIONS]
    assert {hook["language"] for hook in table} == {"python"}


def committed(folder: Path, git: Git, message: str = "one") -> str:
    git("add", "-A", cwd=folder)
    git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "--no-verify", "-m", message, cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder).strip()


def _hooks_repository(folder: Path, git: Git, *, installed: bool) -> str:
    """A repository with our table; its hooks run what is on PATH already unless they are ``installed``."""
    git("init", "-q", str(folder), cwd=folder.parent)
    if installed:
        for name in ("gitmodels", "docs"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("setup.py", "setup.cfg", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
            shutil.copy(ROOT / name, folder / name)
        return committed(folder, git)
    lines = HOOKS.read_text().replace("language: python", "language: unsupported").splitlines()
    kept = [line for line in lines if "additional_dependencies" not in line]
    (folder / ".pre-commit-hooks.yaml").write_text("\n".join(kept) + "\n")
    return committed(folder, git)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``git-models`` as the framework finds it, and a home of its own for what it keeps."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "git-models"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m gitmodels "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))


def _configured(folder: Path, git: Git, source: Path, revision: str) -> Path:
    """A repository of code that uses the hooks, installed by the framework for commits and pushes."""
    chosen = "".join(f"      - id: {name}\n" for name in IDS)
    text = f"repos:\n  - repo: {source}\n    rev: {revision}\n    hooks:\n{chosen}"
    (folder / ".pre-commit-config.yaml").write_text(text)
    committed(folder, git)
    done = _run(folder, sys.executable, "-m", "pre_commit", "install", "-t", "pre-commit", "-t", "pre-push")
    assert done.returncode == 0, done.stdout
    return folder


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def _commit(folder: Path, files: dict[str, str | bytes], *arguments: str) -> subprocess.CompletedProcess[str]:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    assert _run(folder, "git", "add", "-A").returncode == 0
    return _run(folder, "git", "commit", "-m", "more", *arguments)


@pytest.fixture
def code(git_repo: Path, git: Git, tmp_path: Path, program: None) -> Path:
    source = tmp_path / "hooks"
    return _configured(git_repo, git, source, _hooks_repository(source, git, installed=False))


def test_the_framework_runs_what_is_concerned_and_refuses_what_is_wrong(code: Path, git: Git) -> None:
    plain = _commit(code, {"code.py": "one\n"})
    assert plain.returncode == 0, plain.stdout
    assert plain.stdout.count("Skipped") == 2  # nothing of ours: only the look for weights
    wrong = _commit(code, {"m/MLmodel": "flavors:\n  of_ours: {}\n", "w.pkl": pickle.dumps([1])})
    assert wrong.returncode == 1
    for words in ("gitmodels-signature", "m/MLmodel: the model has no signature", "w.pkl: a pickle", "register w.pkl"):
        assert words in wrong.stdout
    assert _run(code, "git", "rm", "-q", "--cached", "w.pkl").returncode == 0
    (code / "w.pkl").unlink()
    right = _commit(code, {"m/MLmodel": SOUND})
    assert right.returncode == 0, right.stdout
    # Partly staged: the framework puts the rest aside, and we never look at it.
    assert _run(code, "git", "mv", "m", "n").returncode == 0
    (code / "n" / "MLmodel").write_text("flavors: [")
    done = _run(code, "git", "commit", "-m", "moved")
    assert done.returncode == 0, done.stdout
    assert (code / "n" / "MLmodel").read_text() == "flavors: ["


def test_all_files_are_judged_when_ci_asks_and_one_file_in_a_linked_work_tree(
    code: Path, git: Git, tmp_path: Path
) -> None:
    _commit(code, {"m/MLmodel": "flavors:\n  of_ours: {}\n"}, "--no-verify")
    everything = _run(code, sys.executable, "-m", "pre_commit", "run", "--all-files")
    assert everything.returncode == 1
    assert "m/MLmodel: the model has no signature" in everything.stdout
    linked = tmp_path / "linked"
    git("worktree", "add", "-q", "-b", "side", str(linked), cwd=code)
    (linked / "m" / "MLmodel").write_text("flavors: [\n")
    (linked / "code.py").write_text("two\n")
    git("add", "code.py", cwd=linked)
    assert _run(linked, "git", "commit", "-m", "x", "code.py").returncode == 0
    assert _run(linked, "git", "commit", "-m", "x", "m/MLmodel").returncode == 1


def test_a_push_of_pins_that_nobody_else_has_is_refused(
    code: Path, git: Git, models: Callable[..., str], bare_repo: Path
) -> None:
    git("remote", "add", "origin", str(bare_repo), cwd=code)
    weights = code.parent / "w.bin"
    weights.write_bytes(b"weights")
    for command in (["register", str(weights), "fraud"], ["push"]):
        models(code, *command)
    weights.write_bytes(b"others")
    for command in (["register", str(weights), "fraud"], ["pin", "fraud/2"]):
        models(code, *command)
    assert _commit(code, {}).returncode == 0
    refused = _run(code, "git", "push", "origin", "main")
    assert refused.returncode == 1
    assert "models.lock pins what is not published: fraud v2" in refused.stdout
    models(code, "push")
    done = _run(code, "git", "push", "origin", "main")
    assert done.returncode == 0, done.stdout


@pytest.mark.heavy
@pytest.mark.timeout(1500)
def test_the_hooks_work_in_the_environment_that_the_framework_builds(
    git_repo: Path, git: Git, tmp_path: Path, program: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "hooks"
    revision = _hooks_repository(source, git, installed=True)
    # Nothing of this installation is in reach: what runs is what pip put there.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}/usr/local/bin{os.pathsep}/usr/bin:/bin")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    code = _configured(git_repo, git, source, revision)
    example = '{"columns": ["age"], "data": [["x"]]}'
    says = "saved_input_example_info:\n  artifact_path: e.json\n  type: dataframe\n"
    wrong = _commit(code, {"m/MLmodel": SOUND + says, "m/e.json": example})
    assert wrong.returncode == 1
    assert "do not agree" in wrong.stdout, wrong.stdout
    right = _commit(code, {"m/e.json": example.replace('"x"', "3")})
    assert right.returncode == 0, right.stdout
    # Two: the hook that reads examples has pandas besides.
    programs = list((tmp_path / "pre-commit").glob("repo*/py_env-*/bin/git-models"))
    assert [program.read_text()[:2] for program in programs] == ["#!", "#!"]
