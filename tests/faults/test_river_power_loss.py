"""Cut the power while versions are registered, aliases set and models logged: what was acknowledged is there.

What no sync made safe may be lost, torn or have overtaken what came before it. A cut before an operation has ended may
cost that operation, never what was there before; a cut after it has ended costs nothing. Every state that a cut leaves
is opened as after a reboot: by another process, of another boot. The simulated disk is ``power.py``.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import gitmodels
import gitmodels.pyfunc
from gitmodels import processes
from gitmodels.api import care, collecting, context, repacking, store_care
from gitmodels.api import leftovers as leftovers_room
from gitmodels.api.store_care import Wish
from gitmodels.errors import Locked
from gitmodels.git import tree as tree_room
from gitmodels.repo import Repo
from tests.faults.power import Cut, Disk
from tests.faults.river_checks import assert_refs_are_derivable, command_line, leftovers, register_tunes, versions

Git = Callable[..., str]
# What is made anew when it is damaged, and told until then.
MADE_ANEW = ("index", "cache")


class Echo(gitmodels.pyfunc.PythonModel):
    def predict(self, context, model_input):  # type: ignore[no-untyped-def]
        return model_input


@pytest.fixture
def repo(git_repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a model of two versions, two aliases, and a pack that is half garbage.

    This process works in it.
    """
    (git_repo / "one.bin").write_bytes(b"one" * 500)
    (git_repo / "two.bin").write_bytes(random.Random(1).randbytes(3000))
    for command in (
        ("register", "one.bin", "fraud"),
        ("register", "one.bin", "fraud"),
        ("alias", "set", "fraud", "champion", "1"),
        ("alias", "set", "fraud", "first", "1"),
    ):
        assert command_line(git_repo, *command) == 0
    half = tmp_path / "half"
    half.mkdir()
    for name in ("needed.bin", "garbage.bin"):
        (half / name).write_bytes(random.Random(name).randbytes(3000))
    Repo.open(git_repo).store.add_directory(half)
    assert command_line(git_repo, "register", str(half / "needed.bin"), "other") == 0
    register_tunes(git_repo, tmp_path / "weights.npy")
    monkeypatch.chdir(git_repo)
    monkeypatch.setattr(context, "_opened", {})
    return git_repo


def register(path: Path) -> None:
    assert command_line(path, "register", str(path / "two.bin"), "fraud") == 0


def set_alias(path: Path) -> None:
    assert command_line(path, "alias", "set", "fraud", "champion", "2") == 0


def log_model(path: Path) -> None:
    with gitmodels.start_run():
        gitmodels.log_metric("loss", 0.5)
        gitmodels.pyfunc.log_model(
            name="model", python_model=Echo(), registered_model_name="fraud", pip_requirements=[]
        )


def collect(path: Path) -> None:
    collecting.collect(Repo.open(path), grace="now")


def repack(path: Path) -> None:
    repacking.repack(Repo.open(path), thorough=True)


# What is done, how many versions there are then, and where the champion is.
OPERATIONS = {
    "register": (register, 3, 1),
    "alias": (set_alias, 2, 2),
    "log_model": (log_model, 3, 1),
    "gc": (collect, 2, 1),
    "repack": (repack, 2, 1),
}


def cuts(disk: Disk, step: int, rounds: int) -> Iterator[Cut]:
    """Where the power goes, and what is kept of the changes that no sync made safe."""
    total = len(disk.ops)
    for count in [*range(0, total, step), total]:
        unsafe = sorted(set(range(count)) - disk.safe(count))
        yield count, lambda number: 0.0
        yield count, lambda number: 1.0
        for lost in unsafe[:: step * 2 - 1]:
            # All but one: this is how a later change overtakes an earlier one.
            yield count, lambda number, lost=lost: float(number != lost)  # type: ignore[misc]
    chance = random.Random(17)
    for _ in range(rounds):
        shares = [chance.choice((0.0, 0.3, 1.0)) for _ in range(total)]
        yield chance.randrange(total + 1), shares.__getitem__


def after_a_reboot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another boot, and later than any wait for somebody on another machine."""
    monkeypatch.setattr(processes, "_host", lambda: "0" * 12)
    monkeypatch.setattr(processes, "_STRANGER_AGE_S", -1e9)
    monkeypatch.setattr(processes, "_SLOW_STRANGER_AGE_S", -1e9)


def assert_holds(path: Path, git: Git, before: str, least: int, most: int) -> None:
    """Whatever became of what was not acknowledged, nothing acknowledged is hurt and nothing is in the way."""
    tree_room.clear_caches()
    git("merge-base", "--is-ancestor", before, "gitmodels", cwd=path)
    git("fsck", "--strict", "--full", "--no-reflogs", cwd=path)
    found = Repo.open(path)
    assert [each for each in store_care.check(found, Wish(full=True)).findings if each.kind not in MADE_ANEW] == []
    try:
        care.fix(found, care.examine(found))
    except Locked as error:
        # A lock whose other name is lost, as below, of a ref that is to be made anew: the error says what to remove.
        if "remove that file" not in error.hint:
            raise
        Path(error.fields["path"]).unlink()
        care.fix(found, care.examine(found))
    found = Repo.open(path)
    locks = leftovers_room.foreign_locks(found)
    for lock in locks:
        # A lock whose other name is lost is like anybody's: a person is told to remove it. It takes a disk that keeps
        # the later of two names and forgets the earlier one. A run that could not be ended for it is ended then.
        lock.unlink()
    if locks:
        care.fix(found, care.examine(found))
    assert care.examine(Repo.open(path)) == []
    assert leftovers(path) == []
    found.store.rebuild_index()
    # A cached file is never synced: what a power cut leaves of it is hashed before it is used, and made anew.
    assert least <= len(versions(Repo.open(path), ("cache",))) <= most
    state = found.registry.state()
    assert state.pointed("fraud", "first") == 1
    assert state.pointed("fraud", "champion") in (1, 2)


def run(repo: Path, tmp_path: Path, git: Git, patch: pytest.MonkeyPatch, name: str, step: int, rounds: int) -> None:
    operation, number, champion = OPERATIONS[name]
    known = len(versions(Repo.open(repo)))
    before = git("rev-parse", "gitmodels", cwd=repo).strip()
    disk = Disk(repo / ".git")
    with disk.recording():
        operation(repo)
    disk.check()
    after_a_reboot(patch)
    after = tmp_path / "after"
    seen = 0
    for count, kept in disk.distinct(cuts(disk, step, rounds)):
        after.mkdir()
        (after / "two.bin").write_bytes((repo / "two.bin").read_bytes())
        disk.left(after / ".git", count, kept)
        make_writable(after)
        ended = count == len(disk.ops)
        assert_holds(after, git, before, number if ended else known, number)
        if ended:
            assert Repo.open(after).registry.state().pointed("fraud", "champion") == champion
            assert [run.status for run in Repo.open(after).runs.list()] == ["FINISHED"] * (name == "log_model")
        register(after)
        assert_refs_are_derivable(Repo.open(after), git)
        shutil.rmtree(after)
        seen += 1
    assert seen > len(disk.ops) // step


def make_writable(path: Path) -> None:
    """The simulated disk keeps no modes: what git and others write into is theirs again."""
    for folder, _, names in os.walk(path / ".git"):
        for each in names:
            if not each.endswith((".pack", ".idx")):
                os.chmod(os.path.join(folder, each), 0o644)


@pytest.mark.parametrize("name", OPERATIONS)
def test_power_lost_at_some_moments(
    repo: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run(repo, tmp_path, git, monkeypatch, name, step=6, rounds=10)


@pytest.mark.heavy
@pytest.mark.parametrize("name", OPERATIONS)
def test_power_lost_at_every_moment_in_many_ways(
    repo: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run(repo, tmp_path, git, monkeypatch, name, step=1, rounds=500)
