"""Kill a command at every system call that changes the disk, or let that call fail: nothing acknowledged is lost.

After each: every byte and record that was there is there, refs can be derived, `doctor --fix` leaves nothing of the
killed process, and the same command given again does its work. Without strace, or where tracing is forbidden, these
tests are skipped.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from gitmodels.api import care
from gitmodels.api import leftovers as leftovers_room
from gitmodels.objects import codecs
from gitmodels.repo import Repo
from tests.faults import system_calls
from tests.faults.river_checks import assert_refs_are_derivable, command_line, leftovers, register_tunes, versions
from tests.faults.system_calls import KILL, Ended, Point, needs_strace

Git = Callable[..., str]
MODULE = (sys.executable, "-W", "ignore", "-m", "gitmodels")
LOGGING = """
import sys
import gitmodels, gitmodels.pyfunc
from gitmodels.models import ModelSignature
from gitmodels.types import ColSpec, Schema
class Echo(gitmodels.pyfunc.PythonModel):
    weights = "w" * 20000
    def predict(self, context, model_input): return model_input
try:
    with gitmodels.start_run():
        info = gitmodels.pyfunc.log_model(
            name="model", python_model=Echo(), registered_model_name="fraud", pip_requirements=[],
            signature=ModelSignature(Schema([ColSpec("double", "age")])),
        )
except (gitmodels.MlflowException, OSError) as error:  # of a disk that cannot be read, Python's own error tells best
    print(f"error: {error}", file=sys.stderr)
    sys.exit(1)
print(f"fraud/{info.registered_model_version}")
"""


class Operation(NamedTuple):
    """A command, what it works on, and how many versions of ``fraud`` there are when it has done its work.

    The normal run takes every ``step``-th of its points; `make test-heavy` takes all.
    """

    command: tuple[str, ...]
    versions: int
    seed: str = "used"
    step: int = 11


OPERATIONS = {
    "first": Operation((*MODULE, "register", "one.bin", "fraud"), 1, seed="fresh"),
    "register": Operation((*MODULE, "register", "two.bin", "fraud"), 3),
    "alias": Operation((*MODULE, "alias", "set", "fraud", "champion", "2"), 2),
    "gc": Operation((*MODULE, "gc", "--grace", "now"), 2, seed="garbage", step=13),
    "repack": Operation((*MODULE, "repack", "--thorough"), 2, seed="tuned", step=13),
    "log_model": Operation((sys.executable, "-W", "ignore", "-c", LOGGING), 3, step=53),
}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory, git: Git) -> Mapping[str, Path]:
    """A repository without a registry, and one with a model of two versions, an alias and a run."""
    folder = tmp_path_factory.mktemp("seeds")
    fresh = folder / "fresh"
    fresh.mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=fresh)
    git("config", "user.name", "Ana Test", cwd=fresh)
    git("config", "user.email", "ana@example.org", cwd=fresh)
    (fresh / "one.bin").write_bytes(b"one" * 1000)
    (fresh / "two.bin").write_bytes(os.urandom(20_000))
    used = folder / "used"
    shutil.copytree(fresh, used)
    for command in (
        ("register", "one.bin", "fraud"),
        ("register", "two.bin", "fraud"),
        ("alias", "set", "fraud", "champion", "1"),
        ("alias", "set", "fraud", "first", "1"),
    ):
        assert command_line(used, *command) == 0
    garbage = folder / "garbage"
    shutil.copytree(used, garbage)
    with_garbage(garbage, folder)
    tuned = folder / "tuned"
    shutil.copytree(used, tuned)
    register_tunes(tuned, folder / "weights.npy")
    return {"fresh": fresh, "used": used, "garbage": garbage, "tuned": tuned}


def with_garbage(path: Path, outside: Path) -> None:
    """Give the store a pack that nobody needs, and one of which a half is needed."""
    store = Repo.open(path).store
    lone, half = outside / "lone", outside / "half"
    for source, names in ((lone, ("a",)), (half, ("b", "needed.bin"))):
        source.mkdir()
        for name in names:
            (source / name).write_bytes(os.urandom(9000))
        store.add_directory(source)
    assert command_line(path, "register", str(half / "needed.bin"), "other") == 0


def assert_repacked(path: Path) -> None:
    """One pack holds what all of them held, and some of it as differences."""
    store = Repo.open(path).store
    assert len(list(store.packs_folder.iterdir())) == 1
    assert any(place.codec in codecs.BASED for place in store.catalog.places())


def assert_collected(path: Path) -> None:
    """Nothing but what versions name is left, and that is whole."""
    repo = Repo.open(path)
    stored = sum(place.raw_length for place in repo.store.catalog.places())
    assert stored == sum(
        each.record.size for name in ("fraud", "other") for each in repo.registry.state().versions(name)
    )


def assert_sound(path: Path, git: Git, operation: Operation, *, least: int, most: int) -> None:
    """With fresh eyes: all that was there is there and whole, and what a dead process left can be removed."""
    repo = Repo.open(path)
    if not repo.registry.exists():
        assert least == 0
        return
    numbers = versions(repo)
    assert least <= len(numbers) <= most
    state = repo.registry.state()
    if operation.seed != "fresh":
        assert state.pointed("fraud", "first") == 1
        assert state.pointed("fraud", "champion") in (1, 2)
    problems = care.examine(repo)
    assert [problem for problem in problems if not problem.fixable] == []
    care.fix(repo, problems)
    repo = Repo.open(path)
    assert care.examine(repo) == []
    assert leftovers(path) == []
    assert_refs_are_derivable(repo, git)
    git("fsck", "--strict", "--full", cwd=path)


def assert_one_clear_line(ended: Ended, how: str) -> None:
    words = {"error=EIO": "Input/output error", "error=ENOSPC": "No space left on device"}[how]
    # The registry of a first command stands before the rest may fail.
    lines = [line for line in ended.err.splitlines() if not line.startswith("started a model registry")]
    assert 1 <= len(lines) <= 2, ended.err
    assert lines[0].startswith("error: "), ended.err
    assert words in lines[0], ended.err
    assert ended.code in (1, 5), ended


def assert_not_synced_again(ended: Ended) -> None:
    """A sync that failed is final: who asks the kernel again hears that all is well, and the bytes are gone."""
    lines = ended.calls.splitlines()
    at, refused = next((at, line) for at, line in enumerate(lines) if "(INJECTED)" in line)
    file = refused[refused.index("<") + 1 : refused.index(">")]
    if not os.path.isdir(file):
        # What was synced before is safe; a journal is synced at each promise.
        assert not any(f"<{file}>" in line for line in lines[at + 1 :]), ended.calls


def is_derived(found: list[Point], point: Point) -> bool:
    """Whether a sync is of what is made anew from what is safe already: an index's folder, or an alias ref."""
    branch = [place for place, each in enumerate(found) if each.call == "fsync" and "/refs/heads>" in each.what]
    of_a_run = "/refs/gitmodels/runs" in "".join(each.what for each in found)
    return ".git/gitmodels>" in point.what or (not of_a_run and found.index(point) > max(branch))


def each_point(tmp_path: Path, seed: Path, git: Git, operation: Operation, how: str, step: int) -> None:
    twin = tmp_path / "twin"
    shutil.copytree(seed, twin)
    (tmp_path / "tmp").mkdir()
    environ = {"TMPDIR": str(tmp_path / "tmp")}
    found = system_calls.points(operation.command, twin, environ)
    assert len(found) > 15
    if how != KILL:
        found = [point for point in found if system_calls.REFUSED.fullmatch(point.call)]
    least = 0 if operation.seed == "fresh" else 2
    hurt = 0
    for point in found[::step]:
        shutil.rmtree(twin)
        shutil.copytree(seed, twin)
        ended = system_calls.stopped(operation.command, twin, environ, point, how)
        disturbed = ended.code != 0
        hurt += disturbed
        try:
            if how == KILL:
                assert disturbed or "killed" not in ended.calls
            elif disturbed:
                assert_one_clear_line(ended, how)
            if point.call == "fsync" and how != KILL:
                assert disturbed or is_derived(found, point), "what was not synced was acknowledged"
                assert_not_synced_again(ended)
            if how == KILL:
                remove_by_hand(twin)
            assert_sound(
                twin, git, operation, least=least if disturbed else operation.versions, most=operation.versions
            )
            assert_works(twin, operation)
            assert operation.versions <= len(versions(Repo.open(twin))) <= operation.versions + 1
        except AssertionError as error:
            error.add_note(f"{how} at {point}")
            raise
    assert hurt >= len(found[::step]) // 3


def remove_by_hand(path: Path) -> None:
    """What a git leaves that was killed itself while it wrote its configuration: a person is told to remove it."""
    for lock in leftovers_room.foreign_locks(Repo.open(path)):
        assert lock.name == "config.lock"
        lock.unlink()


def assert_works(path: Path, operation: Operation) -> None:
    """The same command, given again."""
    if operation.command[: len(MODULE)] == MODULE:
        assert command_line(path, *operation.command[len(MODULE) :]) == 0
        return
    again = subprocess.run(operation.command, cwd=path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr


@needs_strace
@pytest.mark.parametrize("name", OPERATIONS)
def test_killed_at_some_system_calls(tmp_path: Path, seeds: Mapping[str, Path], git: Git, name: str) -> None:
    operation = OPERATIONS[name]
    each_point(tmp_path, seeds[operation.seed], git, operation, KILL, step=operation.step)


@needs_strace
@pytest.mark.parametrize("name", ["register", "log_model"])
def test_refused_at_some_system_calls(tmp_path: Path, seeds: Mapping[str, Path], git: Git, name: str) -> None:
    operation = OPERATIONS[name]
    each_point(tmp_path, seeds[operation.seed], git, operation, "error=EIO", step=operation.step)


@needs_strace
@pytest.mark.heavy
@pytest.mark.parametrize("how", [KILL, "error=ENOSPC", "error=EIO"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_stopped_at_every_system_call(tmp_path: Path, seeds: Mapping[str, Path], git: Git, name: str, how: str) -> None:
    operation = OPERATIONS[name]
    each_point(tmp_path, seeds[operation.seed], git, operation, how, step=1)
