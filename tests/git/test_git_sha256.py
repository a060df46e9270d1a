"""Repositories with SHA-256 ids, which libgit2 does not open: everything works in them, and git agrees with it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.cli.main import run
from gitmodels.errors import Corrupt, Invalid, NotSupported
from gitmodels.git.branch import Branch
from gitmodels.git.code_state import CodeState
from gitmodels.git.history import History
from gitmodels.git.pack_merge import MERGE_AT
from gitmodels.git.raw import SHA256, Identity
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
REF = "refs/heads/gitmodels"
ANN = Identity("Ann", "ann@example.org")


@pytest.fixture
def place(tmp_path: Path, git: Git) -> Path:
    """A fresh SHA-256 repository with an identity and one commit on ``main``."""
    path = tmp_path / "long"
    git("init", "--quiet", "--object-format=sha256", "--initial-branch=main", str(path), cwd=tmp_path)
    git("config", "user.name", "Ana Test", cwd=path)
    git("config", "user.email", "ana@example.org", cwd=path)
    (path / "code.py").write_text("x = 1\n")
    git("add", "code.py", cwd=path)
    git("commit", "--quiet", "-m", "Write code", cwd=path)
    return path


def test_the_river_runs_from_register_to_rebuild(
    place: Path, git: Git, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    (place / "weights.bin").write_bytes(b"weights")
    lines = ["init", "register weights.bin fraud", "register code.py fraud", "alias set fraud champion 1", "ls"]
    lines += [
        "ls fraud",
        "show fraud@champion",
        "log",
        "log fraud",
        "tag set fraud/2 team=risk",
    ]
    lines += [
        "alias set fraud champion 2",
        "status",
        "doctor",
        "fsck",
        "rebuild",
        "cat fraud/1:weights.bin",
        "rm fraud/1",
    ]
    for line in lines:
        assert run(line.split()) == 0, line
    assert "fraud@champion none → v1" in capfd.readouterr().out
    git("update-ref", "-d", "refs/gitmodels/aliases/fraud/champion", cwd=place)
    assert run(["rebuild"]) == 0
    assert git("show", "refs/gitmodels/aliases/fraud/champion:manifest.yaml", cwd=place).startswith("format: 1\n")
    git("fsck", "--full", "--strict", cwd=place)
    assert len(git("rev-parse", REF, cwd=place).strip()) == 64


def test_commits_of_ours_are_read_by_git_also_after_their_packs_were_merged(place: Path, git: Git) -> None:
    repo = GitRepository.open(place)
    assert repo.object_format is SHA256
    branch = Branch(repo, REF)
    tip = None
    for number in range(MERGE_AT + 3):
        edits = {f"models/{number % 3}.yaml": f"n: {number}\n".encode()}
        tip = branch.commit(
            edits, f"Commit {number}", expected=tip, author=ANN, when_ms=1_700_000_000_000 + number * 1000
        )
    assert tip is not None
    git("fsck", "--full", "--strict", cwd=place)
    for index in (place / ".git" / "objects" / "pack").glob("*.idx"):
        git("verify-pack", str(index), cwd=place)
    order = [commit.oid for commit in History(repo).log(tip)]
    assert order == git("rev-list", REF, cwd=place).split()
    assert git("reflog", "show", REF, cwd=place).count("commit: Commit") == MERGE_AT + 3
    git("gc", "--quiet", "--prune=now", cwd=place)
    view = Branch(GitRepository.open(place), REF).view()
    assert {path: view.read(path) for path, _ in view.walk()} == {
        f"models/{number % 3}.yaml": f"n: {number}\n".encode() for number in range(MERGE_AT, MERGE_AT + 3)
    }


def test_code_state_is_what_git_says(place: Path, git: Git, tmp_path: Path) -> None:
    head = git("rev-parse", "HEAD", cwd=place).strip()
    state = lambda path=place: GitRepository.open(path).code_state()  # noqa: E731
    assert state() == CodeState(head, False, "main")
    (place / "untracked").write_text("u")
    assert not state().dirty
    (place / "code.py").write_text("x = 2\n")
    assert state() == CodeState(head, True, "main")
    git("checkout", "--quiet", "--force", "--detach", cwd=place)
    assert state() == CodeState(head, False, None)
    git("switch", "--quiet", "--orphan", "new", cwd=place)
    assert (state().commit, state().branch) == (None, "new")
    git("clone", "--quiet", "--bare", str(place), str(tmp_path / "bare.git"), cwd=tmp_path)
    assert not state(tmp_path / "bare.git").dirty
    (place / ".git" / "HEAD").write_text("ref: refs/heads/../x\n")
    assert GitRepository.open(place).code_state().commit is None


def test_every_kind_of_place_has_the_work_tree_that_git_says(place: Path, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side", cwd=place)
    git("clone", "--quiet", "--bare", str(place), str(tmp_path / "bare.git"), cwd=tmp_path)
    outer = tmp_path / "outer"
    git("init", "--quiet", "--object-format=sha256", str(outer), cwd=tmp_path)
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(place), "inner", cwd=outer)
    for path in (place, tmp_path / "linked", outer / "inner"):
        repo = GitRepository.open(path)
        assert str(repo.work_tree) == git("rev-parse", "--show-toplevel", cwd=path).strip()
        by_folder = GitRepository.open(tmp_path, git_dir=repo.git_dir)
        assert by_folder.git_dir == repo.git_dir
    assert GitRepository.open(tmp_path, git_dir=outer / ".git" / "modules" / "inner").work_tree == outer / "inner"
    assert GitRepository.open(tmp_path / "bare.git").work_tree is None


def test_what_git_would_not_open_is_not_opened(place: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("PATH", "/nowhere")
        with pytest.raises(NotSupported, match="needs git"):
            GitRepository.open(place)
    git("config", "extensions.fromTheFuture", "true", cwd=place)
    with pytest.raises(NotSupported, match="git itself"):
        GitRepository.open(place)
    (place / ".git" / "config").write_text("[core\n")
    with pytest.raises(Corrupt, match="config"):
        GitRepository.open(place)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_foreign_owner_is_refused_unless_git_trusts_the_folder(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    os.chown(place / ".git", 12345, 12345)
    with pytest.raises(Invalid, match="dubious ownership") as caught:
        GitRepository.open(place)
    assert "safe.directory" in caught.value.hint
    (tmp_path / "trusting").write_text(f"[safe]\n\tdirectory = {place}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "trusting"))
    assert GitRepository.open(place).object_format is SHA256


def test_a_clone_of_a_clone_and_a_shallow_one_are_read(place: Path, git: Git, tmp_path: Path) -> None:
    branch = Branch(GitRepository.open(place), REF)
    tip = branch.commit({"a.yaml": b"a: 1\n"}, "One", expected=None, author=ANN, when_ms=1000)
    tip = branch.commit({"b.yaml": b"b: 1\n"}, "Two", expected=tip, author=ANN, when_ms=2000)
    arguments = ["clone", "--quiet", "--depth=1", "--branch=gitmodels", f"file://{place}", "shallow"]
    git(*arguments, cwd=tmp_path)
    repo = GitRepository.open(tmp_path / "shallow")
    assert repo.incomplete() == "a shallow clone"
    assert [commit.oid for commit in History(repo).log(tip)] == [tip]
    assert Branch(repo, REF).view(tip).read("a.yaml") == b"a: 1\n"
