"""What must hold of a repository after whatever was done to it, for all tests that hurt the whole river."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gitmodels.api import store_care
from gitmodels.api.store_care import Wish
from gitmodels.cli import main as boundary
from gitmodels.registry import doctor
from gitmodels.repo import Repo

Git = Callable[..., str]


def command_line(path: Path, *arguments: str) -> int:
    """Run a command in this process, which stays where it was."""
    before = os.getcwd()
    try:
        return boundary.run(["-C", str(path), *arguments])
    finally:
        os.chdir(before)


def versions(repo: Repo, spoiled: tuple[str, ...] = ()) -> list[int]:
    """The numbers of the model: no gap, all bytes there, no damage but of the kinds ``spoiled``."""
    assert [each for each in store_care.check(repo, Wish(full=True)).findings if each.kind not in spoiled] == []
    state = repo.registry.state()
    numbers = state.all_numbers("fraud") if state.find_model("fraud") else []
    assert numbers == list(range(1, len(numbers) + 1))
    return numbers


def leftovers(path: Path) -> list[Path]:
    own = path / ".git/gitmodels"
    # Not the system's own folder for temporary files, which is the system's to clean.
    found = [
        *own.glob("**/tmp/*"),
        *own.glob("journals/*"),
        *own.glob("cache/views/*"),
        *path.glob(".git/refs/**/*.lock"),
    ]
    found += [
        *path.glob(".git/*.lock"),
        *path.glob(".git/objects/pack/tmp_*"),
        *own.glob(".*"),
        *own.glob("cache/*.json?*"),
    ]
    # What this process itself opened lies here as long as it lives; a journal torn by a power cut is kept for a person.
    return [each for each in found if f"-{os.getpid()}-" not in each.name and each.suffix != ".damaged"]


def assert_refs_are_derivable(repo: Repo, git: Git) -> None:
    listing = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/gitmodels/aliases")
    repo.registry.rebuild()
    before = git(*listing, cwd=repo.location)
    for line in before.splitlines():
        git("update-ref", "-d", line.split()[0], cwd=repo.location)
    repo.registry.rebuild()
    assert git(*listing, cwd=repo.location) == before
    assert doctor.examine(repo.registry, missing=lambda data: [], history=False) == []


def register_tunes(path: Path, file: Path, model: str = "tuned") -> None:
    """Register weights, and twice the same a little changed, so that there is something to be made a difference."""
    chance = np.random.default_rng(5)
    weights = chance.standard_normal(5000).astype("f4")
    for _ in range(3):
        np.save(file, weights)
        assert command_line(path, "register", str(file), model) == 0
        weights = (weights * (1 + 1e-4 * chance.standard_normal(5000))).astype("f4")
