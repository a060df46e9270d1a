"""Full disks, failing devices, processes that die at any step: nothing acknowledged is lost, nothing sticks."""

import errno
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.errors import GitModelsError
from gitmodels.git import pack_merge
from gitmodels.git import tree as tree_module
from gitmodels.git.branch import Branch
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
REF = "refs/heads/gitmodels"
ANN = Identity("Ann", "ann@example.org")
STEPS = ("open", "write", "pwrite", "fsync", "link", "rename", "unlink", "mkdir")
MOST_STEPS = 60


def start(path: Path) -> tuple[Branch, str]:
    """A branch with enough packs that the next commit merges them."""
    branch = Branch(GitRepository.open(path), REF)
    tip = None
    for number in range(3):
        tip = branch.commit({f"n/{number}": b"x" * number}, "x", expected=tip, author=ANN, when_ms=number)
    assert tip
    return branch, tip


def check(path: Path, tip: str, new: str | None, git: Git) -> None:
    """The branch is where it was or where it should be, a retry works, nothing is left over and git is content."""
    branch = Branch(GitRepository.open(path), REF)
    found = branch.tip()
    assert found == tip if new is None else found in (tip, new)
    tree_module.clear_caches()
    assert branch.view().read("n/2") == b"xx"
    assert found
    again = branch.commit({"after": b"1"}, "again", expected=found, author=ANN, when_ms=9)
    assert branch.view(again).read("after") == b"1"
    branch.packs.sweep()
    branch.refs.sweep()
    # What this living process could not remove stays until it is gone, and locks nothing.
    left = [name for name in os.listdir(path / ".git/gitmodels/tmp") if f"-{os.getpid()}-" not in name]
    assert left == []
    assert not list((path / ".git").rglob("*.lock"))
    assert {name.rpartition(".")[2] for name in os.listdir(path / ".git/objects/pack")} == {"pack", "idx"}
    git("fsck", "--strict", "--full", cwd=path)


class Injection:
    """Lets the ``at``-th call of ``os.<step>`` fail, counting only calls that are not reads."""

    def __init__(self, step: str, at: int, act: Callable[[], Any]) -> None:
        self.real = getattr(os, step)
        self.step, self.at, self.act, self.calls = step, at, act, 0

    def __call__(self, *args: Any, **more: Any) -> Any:
        if self.step == "open" and not args[1] & os.O_CREAT:
            return self.real(*args, **more)
        self.calls += 1
        return self.act() if self.calls == self.at else self.real(*args, **more)


def refuse(number: int) -> Callable[[], Any]:
    def act() -> Any:
        raise OSError(number, os.strerror(number))

    return act


@pytest.fixture
def small_merges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Merge at every fourth pack, so that each commit under test merges too."""
    monkeypatch.setattr(pack_merge, "MERGE_AT", 4)


@pytest.mark.usefixtures("small_merges")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("step", STEPS)
def test_an_error_at_every_step(
    git_repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str, number: int
) -> None:
    for at in range(1, MOST_STEPS):
        path = tmp_path / f"r{at}"
        git("init", "--quiet", str(path), cwd=tmp_path)
        branch, tip = start(path)
        injection = Injection(step, at, refuse(number))
        monkeypatch.setattr(os, step, injection)
        new = error = None
        try:
            new = branch.commit({"n/new": b"new", "a/b/c": b"1"}, "new", expected=tip, author=ANN, when_ms=5)
        except GitModelsError as caught:
            error = caught
        monkeypatch.setattr(os, step, injection.real)
        if error is not None:
            assert "\n" not in error.message
            new = branch.tip()
        else:
            assert branch.tip() == new  # acknowledged
        check(path, tip, new, git)
        if injection.calls < at:
            return
    pytest.fail("never got past the last step")


@pytest.mark.usefixtures("small_merges")
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_every_step(git: Git, tmp_path: Path, step: str) -> None:
    for at in range(1, MOST_STEPS):
        path = tmp_path / f"r{at}"
        git("init", "--quiet", str(path), cwd=tmp_path)
        _, tip = start(path)
        child = os.fork()
        if child == 0:
            setattr(os, step, Injection(step, at, lambda: os.kill(os.getpid(), 9)))
            Branch(GitRepository.open(path), REF).commit(
                {"n/new": b"new", "a/b/c": b"1"}, "new", expected=tip, author=ANN, when_ms=5
            )
            os._exit(0)
        died = os.waitpid(child, 0)[1] != 0
        found = Branch(GitRepository.open(path), REF).tip()
        if not died:
            assert found != tip
        check(path, tip, found, git)
        if not died:
            return
    pytest.fail("never got past the last step")


def test_short_writes(git_repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    branch, tip = start(git_repo)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[: max(1, len(data) // 3)]))
    new = branch.commit({"n/new": b"new" * 500}, "new", expected=tip, author=ANN, when_ms=5)
    monkeypatch.undo()
    check(git_repo, tip, new, git)


def test_what_a_power_cut_may_keep(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is synced before it gets its name, every folder after; the ref comes last of all."""
    branch, tip = start(git_repo)
    events: list[tuple[str, str]] = []
    names: dict[int, str] = {}
    real = {step: getattr(os, step) for step in ("open", "fsync", "rename", "write")}

    def opened(path: Any, *rest: Any, **more: Any) -> int:
        fd = real["open"](path, *rest, **more)
        names[fd] = str(path)
        return fd

    def noted(step: str) -> Callable[..., Any]:
        def call(fd: int, *rest: Any) -> Any:
            events.append((step, names[fd]))
            return real[step](fd, *rest)

        return call

    def renamed(old: str, new: str) -> None:
        events.append(("rename", f"{old} -> {new}"))
        real["rename"](old, new)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", noted("fsync"))
    monkeypatch.setattr(os, "write", noted("write"))
    monkeypatch.setattr(os, "rename", renamed)
    branch.commit({"n/new": b"new"}, "new", expected=tip, author=ANN, when_ms=5)
    monkeypatch.undo()
    renames = [(at, *text.split(" -> ")) for at, (step, text) in enumerate(events) if step == "rename"]
    assert [Path(new).suffix for _, _, new in renames] == [".pack", ".idx", ""]
    for at, old, _ in renames[:2]:
        assert events[:at].index(("fsync", old)) > max(i for i, event in enumerate(events) if event == ("write", old))
    pack_folder, ref_folder = str(git_repo / ".git/objects/pack"), str((git_repo / ".git" / REF).parent)
    ref_renamed = renames[2][0]
    assert renames[1][0] < events.index(("fsync", pack_folder)) < ref_renamed
    own = next(text for step, text in events if step == "fsync" and "gitmodels/tmp" in text)
    assert events.index(("fsync", own)) < ref_renamed < events.index(("fsync", ref_folder))


WRITERS = Path(__file__).with_name("git_writers.py")


@pytest.mark.parametrize("rounds", [105, pytest.param(2000, marks=pytest.mark.heavy)])
def test_kill_9_loop(git_repo: Path, git: Git, rounds: int) -> None:
    """Two writers at a time, killed at random: ≥ 2 kills a round."""
    seed = random.randrange(1 << 30)
    command = [sys.executable, str(WRITERS), str(git_repo), str(rounds), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    acknowledged = [line.split() for line in done.stdout.splitlines()]
    assert len(acknowledged) > rounds
    branch = Branch(GitRepository.open(git_repo), REF)
    history = set(git("rev-list", REF, cwd=git_repo).split())
    lost = [row for row in acknowledged if row[2] not in history]
    assert lost == [], f"seed {seed}"
    view = branch.view()
    for name, count, oid in acknowledged:
        assert view.read(f"w/{name}/{count}") == f"{name} {count}".encode(), f"seed {seed}: {oid}"
    final = branch.tip()
    for number in range(12):  # what the killed did not get to merge
        final = branch.commit({"n/2": b"xx"}, f"{number}", expected=final, author=ANN, when_ms=1)
    assert final
    check(git_repo, final, None, git)
    assert len(list((git_repo / ".git/objects/pack").glob("*.pack"))) < 50
