"""Hooks as git runs them: a server that takes only what is additive and whole, a clone that pushes nothing else."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.api import hooks
from gitmodels.errors import Conflict, Invalid
from gitmodels.git import hook_files
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
ROOT = Path(__file__).resolve().parents[2]
MODELS = (sys.executable, "-m", "gitmodels")


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``git models`` as a hook finds it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "git-models"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m gitmodels "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def server(tmp_path: Path, git: Git, on_path: Path) -> Path:
    path = tmp_path / "server.git"
    git("init", "-q", "--bare", str(path), cwd=tmp_path)
    models(path, "hooks", "install", "--server")
    return path


@pytest.fixture
def clone(tmp_path: Path, git: Git, server: Path) -> Path:
    path = tmp_path / "clone"
    git("init", "-q", str(path), cwd=tmp_path)
    git("remote", "add", "origin", str(server), cwd=path)
    (path / "w.bin").write_bytes(b"weights")
    models(path, "register", "w.bin", "fraud")
    models(path, "alias", "set", "fraud", "champion", "1")
    git("push", "-q", "origin", "gitmodels", cwd=path)
    return path


def models(cwd: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*MODELS, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def pushed(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "push", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def edited(clone: Path, git: Git, edit: Callable[[Path], object]) -> None:
    """A commit on the registry's branch made by hand."""
    tree = clone.parent / "by-hand"
    git("worktree", "add", "-q", str(tree), "gitmodels", cwd=clone)
    edit(tree)
    git("add", "-A", cwd=tree)
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--no-verify", "-m", "by hand", cwd=tree)
    git("worktree", "remove", "--force", str(tree), cwd=clone)


def version_file(tree: Path) -> Path:
    (found,) = tree.glob("models/*/fraud/versions/1/version.yaml")
    return found


def test_a_server_takes_what_is_added(clone: Path, server: Path, git: Git) -> None:
    (clone / "w.bin").write_bytes(b"better weights")
    models(clone, "register", "w.bin", "fraud")
    assert pushed(clone, "origin", "gitmodels").returncode == 0
    assert git("rev-parse", "gitmodels", cwd=server) == git("rev-parse", "gitmodels", cwd=clone)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (lambda tree: version_file(tree).write_text(version_file(tree).read_text() + "x: 1\n"), "version-edited"),
        (lambda tree: version_file(tree).unlink(), "version-edited"),
        (lambda tree: next(tree.glob("models/*/fraud/aliases/champion.yaml")).write_text("{"), "record-damaged"),
    ],
)
def test_a_server_refuses_what_was_edited_by_hand(
    clone: Path, server: Path, git: Git, edit: Callable[[Path], object], told: str
) -> None:
    before = git("rev-parse", "gitmodels", cwd=server)
    edited(clone, git, edit)
    done = pushed(clone, "origin", "gitmodels")
    assert done.returncode != 0
    assert told in done.stderr
    assert git("rev-parse", "gitmodels", cwd=server) == before


def test_a_server_refuses_lost_history_and_a_deleted_branch(clone: Path, server: Path, git: Git) -> None:
    before = git("rev-parse", "gitmodels", cwd=server)
    for arguments in (["--force", "origin", "gitmodels~1:gitmodels"], ["origin", ":gitmodels"]):
        done = pushed(clone, *arguments)
        assert done.returncode != 0
        assert "history-rewritten" in done.stderr
    assert git("rev-parse", "gitmodels", cwd=server) == before


def test_other_branches_are_not_our_business(clone: Path, server: Path, git: Git) -> None:
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "code", cwd=clone)
    assert pushed(clone, "origin", "HEAD:refs/heads/code").returncode == 0
    assert pushed(clone, "origin", ":code").returncode == 0


def test_a_clone_does_not_push_what_is_damaged(clone: Path, server: Path, git: Git) -> None:
    (server / "hooks" / "pre-receive").unlink()
    models(clone, "hooks", "install")
    edited(clone, git, lambda tree: version_file(tree).write_text("{"))
    done = pushed(clone, "origin", "gitmodels")
    assert done.returncode != 0
    assert "version-edited" in done.stderr
    assert "git models pull" in done.stderr


def test_a_push_by_git_brings_the_bytes_along(clone: Path, server: Path, git: Git, tmp_path: Path) -> None:
    models(clone, "hooks", "install")
    (clone / "w.bin").write_bytes(b"better weights")
    models(clone, "register", "w.bin", "fraud")
    models(clone, "alias", "set", "fraud", "champion", "2")
    done = pushed(clone, "origin", "gitmodels")
    assert done.returncode == 0, done.stderr
    assert "of models before the push" in done.stderr
    theirs = tmp_path / "theirs"
    models(tmp_path, "clone", str(server), "theirs")
    assert models(theirs, "cat", "fraud@champion:w.bin").stdout == "better weights"
    # Nothing travels twice.
    models(clone, "tag", "set", "fraud", "a=b")
    assert "before the push" not in pushed(clone, "origin", "gitmodels").stderr


def test_a_branch_for_a_pull_request_brings_the_bytes_along_too(
    clone: Path, server: Path, git: Git, tmp_path: Path
) -> None:
    models(clone, "hooks", "install")
    (clone / "w.bin").write_bytes(b"better weights")
    models(clone, "register", "w.bin", "fraud")
    git("branch", "promote", "gitmodels", cwd=clone)
    for arguments in (["origin", "gitmodels:models-of-ana"], [f"file://{server}", "promote"]):
        packs = set(git("for-each-ref", "refs/gitmodels/packs", cwd=server).split())
        assert pushed(clone, *arguments).returncode == 0
        assert set(git("for-each-ref", "refs/gitmodels/packs", cwd=server).split()) >= packs
    assert len(git("for-each-ref", "refs/gitmodels/packs", cwd=server).splitlines()) == 1


def test_a_version_without_bytes_is_not_pushed(clone: Path, server: Path, git: Git) -> None:
    models(clone, "hooks", "install")
    (clone / "w.bin").write_bytes(b"better weights")
    models(clone, "register", "w.bin", "fraud")
    for pack in (clone / ".git/gitmodels/packs").iterdir():
        pack.unlink()
    before = git("rev-parse", "gitmodels", cwd=server)
    done = pushed(clone, "origin", "gitmodels")
    assert done.returncode != 0
    assert "neither this store nor the remote" in done.stderr
    assert "hint: push from a clone that has the model" in done.stderr
    assert git("rev-parse", "gitmodels", cwd=server) == before
    assert pushed(clone, "--no-verify", "origin", "gitmodels").returncode == 0


def test_runs_that_git_pushes_bring_their_files_along(clone: Path, server: Path, git: Git) -> None:
    models(clone, "hooks", "install")
    code = "import gitmodels as m\nwith m.start_run(): m.log_artifact('w.bin')"
    subprocess.run([sys.executable, "-c", code], cwd=clone, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    (ref,) = git("for-each-ref", "--format=%(refname)", "refs/gitmodels/runs", cwd=clone).split()
    done = pushed(clone, "origin", ref)
    assert done.returncode == 0, done.stderr
    assert "of models before the push" in done.stderr
    assert git("for-each-ref", "refs/gitmodels/packs", cwd=server)


def test_what_was_wrong_before_is_not_held_against_others(clone: Path, server: Path, git: Git) -> None:
    hook = server / "hooks" / "pre-receive"
    os.rename(hook, hook.with_name("away"))
    edited(clone, git, lambda tree: (tree / "models" / "zz").mkdir() or (tree / "models" / "zz" / "x").write_text("x"))
    edited(clone, git, lambda tree: next(tree.glob("models/*/fraud/meta/1.yaml")).write_text("{"))
    assert pushed(clone, "origin", "gitmodels").returncode == 0
    os.rename(hook.with_name("away"), hook)
    models(clone, "register", "w.bin", "other")
    assert pushed(clone, "origin", "gitmodels").returncode == 0


def test_alias_refs_follow_a_branch_that_git_moved(clone: Path, server: Path, git: Git, tmp_path: Path) -> None:
    models(clone, "hooks", "install")
    git("clone", "-q", str(server), "theirs", cwd=tmp_path)
    models(tmp_path / "theirs", "alias", "set", "fraud", "prod", "1")
    git("push", "-q", "origin", "gitmodels", cwd=tmp_path / "theirs")
    git("fetch", "-q", "origin", "gitmodels:gitmodels", cwd=clone)
    assert "prod" not in git("for-each-ref", "refs/gitmodels/aliases", cwd=clone)
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "code", cwd=clone)
    git("checkout", "-q", "-b", "side", cwd=clone)
    assert "refs/gitmodels/aliases/fraud/prod" in git("for-each-ref", "refs/gitmodels/aliases", cwd=clone)


def test_a_hook_that_was_there_runs_first_and_comes_back(clone: Path, server: Path, git: Git) -> None:
    theirs = clone / ".git" / "hooks" / "pre-push"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("#!/bin/sh\ncat > seen\nexit $(cat verdict)\n")
    theirs.chmod(0o755)
    (clone / "verdict").write_text("3")
    assert "runs first" in models(clone, "hooks", "install").stderr
    assert "was there" in models(clone, "hooks", "install").stderr
    models(clone, "register", "w.bin", "other")
    refused = pushed(clone, "origin", "gitmodels")
    assert refused.returncode != 0
    assert "exit code 3" in refused.stderr
    assert (clone / "seen").read_text().split()[0] == "refs/heads/gitmodels"
    (clone / "verdict").write_text("0")
    assert pushed(clone, "origin", "gitmodels").returncode == 0
    assert "is back" in models(clone, "hooks", "uninstall").stderr
    assert theirs.read_text().endswith("exit $(cat verdict)\n")
    assert "was not there" in models(clone, "hooks", "uninstall").stderr


def test_two_strange_hooks_are_not_touched(clone: Path) -> None:
    folder = clone / ".git" / "hooks"
    folder.mkdir(exist_ok=True)
    for name in ("pre-push", "pre-push.before-gitmodels"):
        (folder / name).write_text(name)
    with pytest.raises(Conflict, match="neither"):
        hook_files.install(GitRepository.open(clone), "pre-push")
    assert (folder / "pre-push").read_text() == "pre-push"


def test_the_path_of_hooks_is_followed(clone: Path, git: Git) -> None:
    git("config", "core.hooksPath", "tools/hooks", cwd=clone)
    models(clone, "hooks", "install")
    assert sorted(path.name for path in (clone / "tools" / "hooks").iterdir()) == sorted(hooks.WORKING)


def test_an_unknown_hook_and_odd_lines_are_refused(clone: Path) -> None:
    assert "no hook of gitmodels" in models(clone, "hook", "pre-nothing", code=4).stderr
    from gitmodels.repo import Repo

    for name in ("pre-push", "pre-receive"):
        with pytest.raises(Invalid):
            hooks.run(Repo.open(clone), name, hooks.Given(["nonsense"]))


def test_code_that_pins_what_is_not_published_is_not_pushed(clone: Path, git: Git) -> None:
    models(clone, "hooks", "install")
    models(clone, "push")
    (clone / "w.bin").write_bytes(b"better weights")
    models(clone, "register", "w.bin", "fraud")
    models(clone, "pin", "fraud/2")
    git("add", "models.lock", cwd=clone)
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "code", cwd=clone)
    done = pushed(clone, "origin", "HEAD:refs/heads/code")
    assert done.returncode != 0
    assert "models.lock pins what is not published: fraud v2" in done.stderr
    models(clone, "push")
    assert pushed(clone, "origin", "HEAD:refs/heads/code").returncode == 0
