"""Stock git merges a checked-out registry with our driver; hosts merge without it; clones take what comes of both."""

import os
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.api import local_merging, publishing, registering
from gitmodels.errors import Conflict
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, versions
from gitmodels.registry.judging import judge
from gitmodels.repo import Repo

Git = Callable[..., str]
WHO = ("-c", "user.name=Host", "-c", "user.email=host@x.org")


class Person:
    """A clone of the hub, and a work tree beside it that has the registry's branch checked out when asked."""

    def __init__(self, path: Path, hub: Path, git: Git) -> None:
        git("clone", "-q", str(hub), str(path), cwd=hub.parent)
        self.path, self.git = path, git
        self.repo = Repo.open(path, author=(path.name.capitalize(), f"{path.name}@x.org"))
        local_merging.install(self.repo)
        self.count = 0

    def register(self, name: str = "fraud") -> int:
        self.count += 1
        (self.path / "weights.bin").write_text(f"{self.path.name} {self.count}")
        return registering.register(self.repo, str(self.path / "weights.bin"), name)

    def set(self, number: int, alias: str = "champion") -> None:
        self.repo.registry.apply(lambda s, at: aliases.set_alias(s, "fraud", alias, number, at))

    def tag(self, number: int, key: str, value: str) -> None:
        self.repo.registry.apply(lambda s, at: versions.set_tag(s, "fraud", number, key, value))

    def merge(self, *, driver: bool = True) -> "subprocess.CompletedProcess[str]":
        """``git merge`` of what is published, in a work tree that has the branch checked out."""
        tree = self.path.parent / f"{self.path.name}-registry"
        self.git("fetch", "-q", cwd=self.path)
        if not tree.exists():
            self.git("worktree", "add", "-q", str(tree), "gitmodels", cwd=self.path)
        scripts = sysconfig.get_path("scripts") if driver else "/nonexistent"
        path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["git", *WHO, "merge", "origin/gitmodels"],
            cwd=tree,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    def leave(self) -> None:
        self.git("worktree", "remove", "--force", str(self.path.parent / f"{self.path.name}-registry"), cwd=self.path)


@pytest.fixture
def hub(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "--bare", "--initial-branch=main", "hub.git", cwd=tmp_path)
    return tmp_path / "hub.git"


@pytest.fixture
def ana(hub: Path, tmp_path: Path, git: Git) -> Person:
    ana = Person(tmp_path / "ana", hub, git)
    for _ in range(3):
        ana.register()
    ana.set(1)
    publishing.push(ana.repo)
    return ana


@pytest.fixture
def bo(ana: Person, hub: Path, tmp_path: Path, git: Git) -> Person:
    bo = Person(tmp_path / "bo", hub, git)
    publishing.pull(bo.repo)
    return bo


def test_plain_git_merges_what_converges_and_the_merge_is_pushed(ana: Person, bo: Person, hub: Path, git: Git) -> None:
    for person, key in ((ana, "a"), (bo, "b")):
        person.set(2)
        person.tag(1, key, key)
    publishing.push(ana.repo)
    done = bo.merge()
    assert done.returncode == 0, done.stdout + done.stderr
    bo.leave()
    state = bo.repo.registry.state()
    assert (state.aliased("fraud", "champion"), state.meta("fraud", 1).tags) == (2, {"a": "a", "b": "b"})
    publishing.push(bo.repo)
    assert git("rev-parse", "gitmodels", cwd=hub).strip() == bo.repo.registry.branch.tip()
    publishing.pull(ana.repo)
    assert ana.repo.registry.branch.tip() == bo.repo.registry.branch.tip()


def test_case_82_two_targets_stay_a_conflict_with_words_that_tell_both(ana: Person, bo: Person) -> None:
    ana.set(2)
    bo.set(3)
    publishing.push(ana.repo)
    done = bo.merge()
    assert done.returncode == 1
    assert "fraud@champion was moved by both: here v1 → v3, there v1 → v2" in done.stderr
    file = bo.path.parent / "bo-registry" / layout.alias_file("fraud", "champion")
    assert "<<<<<<< ours" in file.read_text()
    bo.git("checkout", "--theirs", str(file), cwd=file.parent)
    bo.git("add", str(file), cwd=file.parent)
    bo.git(*WHO, "commit", "-q", "--no-edit", cwd=file.parent)
    bo.leave()
    assert bo.repo.registry.state().aliased("fraud", "champion") == 2


def test_case_81_a_number_given_twice_is_left_to_pull(ana: Person, bo: Person) -> None:
    for person in (ana, bo):
        person.register()
    publishing.push(ana.repo)
    done = bo.merge()
    assert done.returncode == 1
    assert "fraud v4 was registered by both" in done.stderr
    assert "git models pull" in done.stderr
    bo.git("merge", "--abort", cwd=bo.path.parent / "bo-registry")
    bo.leave()
    pulled = publishing.pull(bo.repo)
    assert pulled.brought is not None
    assert bo.repo.registry.state().numbers("fraud") == [1, 2, 3, 4, 5]


def test_case_87_without_the_driver_it_is_a_plain_conflict(ana: Person, bo: Person) -> None:
    ana.set(2)
    bo.set(3)
    publishing.push(ana.repo)
    for spoil in ("exit 127", "exit 70"):
        driver = local_merging.DRIVER.replace("git models merge-driver %O %A %B %P", f"({spoil})")
        bo.git("config", "merge.gitmodels.driver", driver, cwd=bo.path)
        done = bo.merge()
        assert done.returncode == 1
        text = (bo.path.parent / "bo-registry" / layout.alias_file("fraud", "champion")).read_text()
        assert "<<<<<<< ours" in text
        assert ">>>>>>> theirs" in text
        bo.git("merge", "--abort", cwd=bo.path.parent / "bo-registry")


def test_what_is_set_already_stays_and_nothing_is_written_twice(ana: Person) -> None:
    path = ana.repo.git.common_dir / "info" / "attributes"
    before = path.read_bytes()
    ana.git("config", "merge.gitmodels.driver", "mine %A", cwd=ana.path)
    repo = Repo.open(ana.path)
    local_merging.install(repo)
    assert path.read_bytes() == before
    assert repo.git.config("merge.gitmodels.driver") == "mine %A"
    path.write_text("*.bin -diff")
    local_merging.install(repo)
    assert path.read_text().splitlines() == ["*.bin -diff", *before.decode().splitlines()]


def host(hub: Path, git: Git, name: str) -> Path:
    """A work tree of the hub's, without a driver, as a host merges in."""
    git("clone", "-q", "--branch", "gitmodels", str(hub), name, cwd=hub.parent)
    return hub.parent / name


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "cherry-pick"])
def test_case_88_what_a_host_makes_of_a_branch_is_pulled_judged_and_done_once(
    ana: Person, bo: Person, hub: Path, git: Git, how: str
) -> None:
    old = git("rev-parse", "gitmodels", cwd=hub).strip()
    bo.register()
    bo.set(4)
    bo.tag(4, "ok", "yes")
    git("push", "-q", "origin", "gitmodels:publish/bo", cwd=bo.path)
    ana.register("risk")
    publishing.push(ana.repo)
    work = host(hub, git, "host")
    if how == "merge":
        git(*WHO, "merge", "-q", "--no-ff", "-m", "Merge (#1)", "origin/publish/bo", cwd=work)
    elif how == "squash":
        git(*WHO, "merge", "-q", "--squash", "origin/publish/bo", cwd=work)
        git(*WHO, "commit", "-q", "-m", "Squashed, and nothing of it told", cwd=work)
    elif how == "rebase":
        git(*WHO, "rebase", "-q", "gitmodels", "origin/publish/bo", cwd=work)
        git("push", "-q", "origin", "HEAD:gitmodels", cwd=work)
    else:
        git(*WHO, "cherry-pick", "gitmodels..origin/publish/bo", cwd=work)
    if how != "rebase":
        git("push", "-q", "origin", "gitmodels", cwd=work)
    for person in (ana, bo):
        publishing.pull(person.repo)
        state = person.repo.registry.state()
        assert state.numbers("fraud") == [1, 2, 3, 4]
        assert (state.aliased("fraud", "champion"), state.meta("fraud", 4).tags) == (4, {"ok": "yes"})
        assert state.numbers("risk") == [1]
        assert publishing.push(person.repo).operations == 0
    assert judge(ana.repo.git, old, ana.repo.registry.branch.tip()) == []


def test_case_88_a_reverted_promotion_is_the_state_before_and_a_reverted_registration_is_named(
    ana: Person, bo: Person, hub: Path, git: Git
) -> None:
    ana.set(2)
    publishing.push(ana.repo)
    promoted = ana.repo.registry.branch.tip()
    work = host(hub, git, "host")
    git(*WHO, "revert", "--no-edit", "HEAD", cwd=work)
    git("push", "-q", "origin", "gitmodels", cwd=work)
    publishing.pull(ana.repo)
    reverted = ana.repo.registry.branch.tip()
    assert ana.repo.registry.state().aliased("fraud", "champion") == 1
    assert judge(ana.repo.git, promoted, reverted) == []
    # The revert reverted: it is promoted again.
    git(*WHO, "revert", "--no-edit", "HEAD", cwd=work)
    git("push", "-q", "origin", "gitmodels", cwd=work)
    publishing.pull(ana.repo)
    assert ana.repo.registry.state().aliased("fraud", "champion") == 2
    # Who moved it from what was reverted meets the other side.
    bo.set(3)
    with pytest.raises(Conflict, match="fraud@champion was moved by both"):
        publishing.pull(bo.repo)
    before = git("rev-parse", "HEAD", cwd=work).strip()
    third = git("log", "--format=%H", "--grep=register fraud v3", cwd=work).split()[0]
    git(*WHO, "revert", "--no-edit", third, cwd=work)
    after = git("rev-parse", "HEAD", cwd=work).strip()
    git("fetch", "-q", str(work), "gitmodels", cwd=ana.path)
    assert [problem.kind for problem in judge(ana.repo.git, before, after)] == ["version-vanished"]


def test_a_merge_that_loses_what_its_other_side_had_is_named(ana: Person, bo: Person, hub: Path, git: Git) -> None:
    ana.register()
    publishing.push(ana.repo)
    old = ana.repo.registry.branch.tip()
    bo.tag(1, "a", "b")
    git("fetch", "-q", cwd=bo.path)
    tree = bo.path.parent / "bo-registry"
    git("worktree", "add", "-q", str(tree), "gitmodels", cwd=bo.path)
    git(*WHO, "merge", "-q", "-s", "ours", "-m", "Ours", "origin/gitmodels", cwd=tree)
    new = git("rev-parse", "HEAD", cwd=tree).strip()
    assert [problem.kind for problem in judge(bo.repo.git, old, new)] == ["version-vanished"]
