"""Small models travel with the branch in one push; what is large, shared or refused goes as it must."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.api import registering
from gitmodels.errors import RemoteError
from gitmodels.git import remote_program
from gitmodels.objects.manifest import Manifest
from gitmodels.remotes import git as git_remote
from gitmodels.remotes import git_along
from gitmodels.repo import Repo
from tests.api.test_publishing import Clone, hook, on_server

Git = Callable[..., str]


@pytest.fixture
def hub(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "--bare", "hub.git", cwd=tmp_path)
    return tmp_path / "hub.git"


@pytest.fixture
def clone(hub: Path, tmp_path: Path, git: Git) -> Callable[[str], Clone]:
    def make(name: str) -> Clone:
        git("clone", "-q", f"file://{hub}", name, cwd=tmp_path)
        return Clone(tmp_path / name, git)

    return make


@pytest.fixture
def ana(clone: Callable[[str], Clone]) -> Clone:
    return clone("ana")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands of git that were run."""
    commands: list[str] = []
    real = remote_program.run

    def run(repo, arguments, **options):
        commands.append(arguments[0])
        return real(repo, arguments, **options)

    monkeypatch.setattr(remote_program, "run", run)
    return commands


def _packs(hub: Path, git: Git) -> list[str]:
    return git("for-each-ref", "--format=%(refname)", "refs/gitmodels/packs", cwd=hub).split()


def _readable(repo: Repo, number: int) -> bool:
    manifest = Manifest.from_yaml(repo.registry.state().manifest("fraud", number))
    return not repo.store.missing(manifest)


def test_bytes_and_branch_travel_in_one_push(
    ana: Clone,
    clone: Callable[[str], Clone],
    hub: Path,
    git: Git,
    asked: list[str],
) -> None:
    ana.register()
    assert ana.push().size > 0
    ana.register()
    asked.clear()
    pushed = ana.push()
    assert asked == ["push"]
    assert (pushed.versions, pushed.tries) == ((("fraud", 2),), 1)
    assert pushed.size > 0
    assert len(_packs(hub, git)) == 2
    git("fsck", "--strict", "--full", cwd=hub)
    assert list((ana.repo.git.own_dir / "tmp").iterdir()) == []
    bo = clone("bo")
    bo.set(1, "old")
    bo.set(2)
    bo.pull(objects=True)
    assert _readable(bo.repo, 1)
    assert _readable(bo.repo, 2)


@pytest.mark.parametrize("before", [0, 1])
def test_what_does_not_get_its_ref_is_not_published(ana: Clone, hub: Path, git: Git, before: int) -> None:
    for _ in range(before):
        ana.register()
        ana.push()
    refs = git("for-each-ref", cwd=hub)
    hook(hub, "update", 'case "$1" in refs/gitmodels/packs/*) exit 1;; esac')
    ana.register()
    with pytest.raises(RemoteError, match="refuses") as raised:
        ana.push()
    assert "git models remote add" in raised.value.hint
    assert git("for-each-ref", cwd=hub) == refs


def test_bytes_are_there_for_a_branch_that_is_refused(ana: Clone, hub: Path, git: Git) -> None:
    ana.register()
    ana.push()
    tip = on_server(hub, git)
    hook(hub, "update", 'case "$1" in refs/heads/*) exit 1;; esac')
    ana.register()
    with pytest.raises(RemoteError, match="protected"):
        ana.push()
    assert len(_packs(hub, git)) == 2
    assert on_server(hub, git) == tip


def test_where_all_or_nothing_is_not_kept_the_refusal_is_told(ana: Clone, hub: Path, git: Git) -> None:
    """git's own receive-pack takes the rest of an atomic push when it hides one of its refs."""
    ana.register()
    ana.push()
    git("config", "transfer.hideRefs", "refs/gitmodels", cwd=hub)
    ana.register()
    with pytest.raises(RemoteError, match="refuses"):
        ana.push()


def test_a_host_that_cannot_do_both_or_nothing_is_remembered(
    ana: Clone,
    hub: Path,
    git: Git,
    asked: list[str],
) -> None:
    ana.register()
    ana.push()
    git("config", "receive.advertiseAtomic", "false", cwd=hub)
    ana.register()
    asked.clear()
    assert ana.push().tries == 1
    assert asked == ["push", "fetch", "push", "push"]
    assert on_server(hub, git) == ana.tip()
    ana.register()
    asked.clear()
    ana.push()
    assert asked == ["fetch", "push", "push"]
    assert len(_packs(hub, git)) == 3


def test_who_loses_the_race_takes_its_bytes_along_again(
    ana: Clone,
    clone: Callable[[str], Clone],
    hub: Path,
    git: Git,
) -> None:
    ana.register()
    ana.push()
    bo = clone("bo")
    bo.register()
    ana.register()
    ana.push()
    pushed = bo.push()
    assert (pushed.versions, pushed.tries) == ((("fraud", 3),), 2)
    assert len(_packs(hub, git)) == 3


def test_equal_bytes_of_two_people_are_one_pack(
    ana: Clone,
    clone: Callable[[str], Clone],
    hub: Path,
    git: Git,
) -> None:
    bo = clone("bo")
    for each in (ana, bo):
        (each.path / "same.bin").write_bytes(b"same" * 1000)
        registering.register(each.repo, str(each.path / "same.bin"), each.path.name)
        each.push()
    assert len(_packs(hub, git)) == 1
    assert on_server(hub, git) == bo.tip()


def test_what_is_large_goes_first(
    ana: Clone,
    hub: Path,
    asked: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ana.register()
    ana.push()
    monkeypatch.setattr(git_along, "MOST", 100)
    ana.register()
    asked.clear()
    ana.push()
    assert asked == ["fetch", "push", "push"]


def test_what_is_there_is_asked_for_rather_than_sent_again(ana: Clone, asked: list[str]) -> None:
    folder = ana.path / "model"
    folder.mkdir()
    (folder / "shared").write_bytes(os.urandom(git_along.MOST_AGAIN + 1))
    sizes = []
    for _ in range(3):
        (folder / "new").write_bytes(os.urandom(1000))
        registering.register(ana.repo, str(folder), "fraud")
        asked.clear()
        sizes.append(ana.push().size)
    assert sizes[0] > git_along.MOST_AGAIN
    assert max(sizes[1:]) < 3000
    assert asked == ["fetch", "push"]


def test_refs_of_packs_that_went_along_stay_few(
    ana: Clone,
    hub: Path,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(git_along, "_ONE_OF", 1)
    monkeypatch.setattr(git_remote, "MOST_SINGLE", 2)
    for _ in range(4):
        ana.register()
        ana.push()
    assert len(_packs(hub, git)) == 2
