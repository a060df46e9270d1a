"""Two clones of one bare repository, pushed and pulled through the system's git, with servers that refuse and die."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.api import alias_refs, object_remotes, publishing, registering
from gitmodels.api.backing_off import MOST_TRIES, BackOff
from gitmodels.errors import Conflict, Invalid, ObjectNotFound, RegistryNotFound, RemoteError, RemoteNotFound
from gitmodels.git import turns
from gitmodels.objects.manifest import Manifest
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, versions
from gitmodels.registry.operations.asked import Wishes
from gitmodels.registry.tracking import Tracking
from gitmodels.repo import Repo

Git = Callable[..., str]


class Clone:
    """One person's clone of the bare repository ``hub``."""

    def __init__(self, path: Path, git: Git) -> None:
        self.path, self.git = path, git
        self.repo = Repo.open(path, author=(path.name.capitalize(), f"{path.name}@x.org"))
        self.count = 0

    def register(self, name: str = "fraud") -> int:
        self.count += 1
        file = self.path / "weights.bin"
        file.write_text(f"{self.path.name} {self.count}")
        return registering.register(self.repo, str(file), name)

    def set(self, number: int, alias: str = "champion") -> None:
        self.repo.registry.apply(lambda s, at: aliases.set_alias(s, "fraud", alias, number, at))

    def push(self, **options: Any) -> publishing.Pushed:
        return publishing.push(self.repo, **options)

    def pull(self, **options: Any) -> publishing.Pulled:
        return publishing.pull(self.repo, **options)

    def tip(self) -> str | None:
        return self.repo.registry.branch.tip()

    def refs(self) -> dict[str, str]:
        return self.repo.registry.branch.refs.list(layout.ALIAS_REFS)


@pytest.fixture
def hub(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "--bare", "hub.git", cwd=tmp_path)
    return tmp_path / "hub.git"


@pytest.fixture
def clone(hub: Path, tmp_path: Path, git: Git) -> Callable[..., Clone]:
    """``clone("ana")``: a clone of the hub, with the options that are given."""

    def make(name: str, *options: str) -> Clone:
        git("clone", "-q", *options, f"file://{hub}", name, cwd=tmp_path)
        return Clone(tmp_path / name, git)

    return make


@pytest.fixture
def ana(clone: Callable[..., Clone]) -> Clone:
    return clone("ana")


@pytest.fixture
def bo(ana: Clone, clone: Callable[..., Clone]) -> Clone:
    """A second clone, made after Ana published fraud v1."""
    ana.register()
    ana.push()
    return clone("bo")


def hook(hub: Path, name: str, script: str) -> Path:
    """A hook of the server's."""
    path = hub / "hooks" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def on_server(hub: Path, git: Git, ref: str = "refs/heads/gitmodels") -> str:
    return git("rev-parse", ref, cwd=hub).strip()


def test_the_first_push_starts_the_registry_there(ana: Clone, hub: Path, git: Git) -> None:
    ana.register()
    ana.set(1)
    pushed = ana.push()
    assert (pushed.operations, pushed.versions, pushed.tries, pushed.aliases) == (2, (("fraud", 1),), 1, 1)
    assert on_server(hub, git) == ana.tip()
    assert on_server(hub, git, "refs/gitmodels/aliases/fraud/champion") == next(iter(ana.refs().values()))
    assert ana.push().operations == 0


def test_a_clone_that_never_fetched_finds_the_registry_that_is_there(
    bo: Clone, hub: Path, git: Git, tmp_path: Path
) -> None:
    git("init", "-q", "new", cwd=tmp_path)
    git("remote", "add", "origin", str(hub), cwd=tmp_path / "new")
    new = Clone(tmp_path / "new", git)
    assert new.register() == 1
    pushed = new.push()
    assert [str(one) for one in pushed.renumbered] == ["fraud v1 → v2"]
    assert on_server(hub, git) == new.tip()


def test_a_lost_race_is_replayed_renumbered_and_told(ana: Clone, bo: Clone, hub: Path, git: Git) -> None:
    assert (ana.register(), bo.register()) == (2, 2)
    bo.set(2)
    ana.push()
    pushed = bo.push()
    assert [str(one) for one in pushed.renumbered] == ["fraud v2 → v3"]
    assert (pushed.versions, pushed.operations, pushed.tries) == ((("fraud", 3),), 2, 2)
    assert bo.repo.registry.state().aliased("fraud", "champion") == 3
    pulled = ana.pull()
    assert pulled.brought is not None
    assert pulled.brought.replayed is None
    assert ana.tip() == bo.tip() == on_server(hub, git)
    assert ana.refs() == bo.refs()
    assert on_server(hub, git, "refs/gitmodels/aliases/fraud/champion") == next(iter(ana.refs().values()))


def test_several_versions_that_move_up_are_told_one_by_one(ana: Clone, bo: Clone) -> None:
    ana.register()
    assert [bo.register(), bo.register(), bo.register()] == [2, 3, 4]
    ana.push()
    pushed = bo.push()
    assert [str(one) for one in pushed.renumbered] == ["fraud v2 → v3", "fraud v3 → v4", "fraud v4 → v5"]


def test_a_dry_run_tells_what_would_be_and_leaves_all_as_it_is(ana: Clone, bo: Clone, hub: Path, git: Git) -> None:
    ana.register()
    bo.register()
    ana.push()
    before = bo.tip(), on_server(hub, git)
    pushed = bo.push(dry=True)
    assert [str(one) for one in pushed.renumbered] == ["fraud v2 → v3"]
    pulled = bo.pull(dry=True)
    assert pulled.brought is not None
    assert pulled.brought.replayed is not None
    assert (bo.tip(), on_server(hub, git)) == before


def test_two_moves_of_one_alias_stop_the_push_and_are_resolved_by_pull(
    ana: Clone, bo: Clone, hub: Path, git: Git
) -> None:
    ana.register()
    ana.push()
    bo.pull()
    ana.set(1)
    ana.push()
    bo.set(2)
    before = bo.tip()
    with pytest.raises(Conflict, match="fraud@champion was moved by both: there none → v1 by Ana") as caught:
        bo.push()
    assert "git models pull --mine fraud@champion keeps yours" in caught.value.hint
    assert bo.tip() == before
    with pytest.raises(Invalid, match="both theirs and mine"):
        bo.pull(wishes=Wishes(frozenset(["x"]), frozenset(["x"])))
    bo.pull(wishes=Wishes(mine=frozenset(["fraud@champion"])))
    bo.push()
    ana.pull()
    assert ana.repo.registry.state().aliased("fraud", "champion") == 2
    assert on_server(hub, git, "refs/gitmodels/aliases/fraud/champion") == next(iter(ana.refs().values()))


def test_a_connection_that_ends_before_the_answer_pushes_exactly_once(
    ana: Clone, bo: Clone, hub: Path, git: Git
) -> None:
    """Case 74: the server committed, and nobody heard of it."""
    ana.register()
    path = hook(hub, "reference-transaction", '[ "$1" = committed ] && kill -9 $PPID; exit 0')
    ana.push()
    path.unlink()
    assert on_server(hub, git) == ana.tip()
    assert git("rev-list", "--count", "gitmodels", cwd=hub).strip() == "3"
    assert ana.push().operations == 0


def test_a_server_that_always_dies_is_given_up_with_its_own_words(ana: Clone, bo: Clone, hub: Path, git: Git) -> None:
    ana.register()
    before = ana.tip(), on_server(hub, git)
    hook(hub, "pre-receive", "kill -9 $PPID")
    with pytest.raises(RemoteError) as caught:
        ana.push()
    assert "quicker" not in caught.value.message
    assert (ana.tip(), on_server(hub, git)) == before


def test_a_protected_branch_is_no_lost_race(ana: Clone, bo: Clone, hub: Path, git: Git) -> None:
    """Case 73: told at once, not tried again."""
    count = hub / "count"
    refuse = f'echo x >> {count}; echo "GH006: Protected branch update failed" >&2; exit 1'
    path = hook(hub, "update", f'case "$1" in refs/heads/*) {refuse};; esac')
    ana.register()
    with pytest.raises(RemoteError, match="refs/heads/gitmodels is protected") as caught:
        ana.push()
    assert count.read_text().count("x") == 1
    assert "pull request" in caught.value.hint
    # The way through: a branch of its own, merged by the host in whatever shape, and pulled.
    path.unlink()
    git("push", "-q", "origin", "gitmodels:models-of-ana", cwd=ana.path)
    who = ("-c", "user.name=x", "-c", "user.email=x@x.org")
    squashed = ("commit-tree", "models-of-ana^{tree}", "-p", "gitmodels", "-m", "Models (#1)")
    merged = git(*who, *squashed, cwd=hub)
    git("update-ref", "refs/heads/gitmodels", merged.strip(), cwd=hub)
    pulled = ana.pull()
    assert pulled.brought is not None
    assert pulled.brought.replayed is not None
    assert len(pulled.brought.replayed.there) == 1
    assert ana.tip() == merged.strip()


def test_a_host_that_takes_no_refs_of_ours_is_told_once_and_remembered(
    ana: Clone, hub: Path, git: Git, caplog: pytest.LogCaptureFixture
) -> None:
    git("config", "transfer.hideRefs", "refs/gitmodels/aliases", cwd=hub)
    ana.register()
    ana.set(1)
    assert ana.push().aliases == 0
    assert on_server(hub, git) == ana.tip()
    assert [record.message for record in caplog.records if "takes no refs" in record.message]
    caplog.clear()
    ana.register()
    ana.set(2)
    ana.push()
    assert caplog.records == []
    assert git("config", "remote.origin.gitmodelsRefs", cwd=ana.path) == "false\n"


def test_a_host_that_takes_no_packs_leads_to_another_place_for_files(
    ana: Clone, hub: Path, git: Git, clone: Any
) -> None:
    git("config", "transfer.hideRefs", "refs/gitmodels", cwd=hub)
    ana.register()
    with pytest.raises(RemoteError, match="the host refuses refs/gitmodels/packs/") as caught:
        ana.push()
    assert "git models remote add NAME ADDRESS" in caught.value.hint
    assert git("for-each-ref", cwd=hub) == ""
    (hub.parent / "shelf").mkdir()
    object_remotes.add(ana.repo, "shelf", str(hub.parent / "shelf"))
    assert ana.push().size > 0
    assert git("for-each-ref", "--format=%(refname)", cwd=hub) == "refs/heads/gitmodels\n"
    # Whoever pulls learns from the registry where the files are.
    bo = clone("bo")
    assert bo.pull(objects=True).size == 0
    bo.set(1)
    assert bo.pull(objects=True).size > 0


def test_alias_refs_that_are_elsewhere_are_set_right_with_the_next_move(
    ana: Clone, bo: Clone, hub: Path, git: Git
) -> None:
    ref = "refs/gitmodels/aliases/fraud/champion"
    ana.set(1)
    ana.push()
    git("update-ref", ref, "refs/heads/gitmodels", cwd=hub)
    ana.register()
    ana.set(2)
    assert ana.push().aliases == 1
    assert on_server(hub, git, ref) == ana.refs()[ref]
    ana.repo.registry.apply(lambda s, at: aliases.delete_alias(s, "fraud", "champion", at))
    ana.push()
    assert git("for-each-ref", ref, cwd=hub) == ""


def test_alias_refs_that_a_kill_left_behind_move_with_the_next_push(ana: Clone, hub: Path, git: Git) -> None:
    """Case 111: between the branch and what is derived from it."""
    ana.register()
    ana.set(1)
    path = hook(hub, "update", 'case "$1" in refs/gitmodels/aliases/*) exit 1;; esac')
    git("config", "remote.origin.gitmodelsRefs", "true", cwd=ana.path)
    alias_refs.owe(Tracking(ana.repo.registry, "origin"), None)
    git("push", "-q", "origin", "gitmodels", cwd=ana.path)
    git("fetch", "-q", cwd=ana.path)
    path.unlink()
    assert ana.push().aliases == 1
    assert git("for-each-ref", "--format=%(objectname)", "refs/gitmodels/aliases", cwd=hub).split() == [
        *ana.refs().values()
    ]
    assert ana.push().aliases == 0


def test_after_a_merge_on_the_host_its_alias_refs_are_derived_again(
    ana: Clone, hub: Path, git: Git, clone: Any
) -> None:
    ana.register()
    ana.set(1)
    git("push", "-q", "origin", "gitmodels", cwd=ana.path)
    git("update-ref", "refs/gitmodels/aliases/fraud/foreign", "gitmodels", cwd=hub)
    ci = clone("ci")
    assert alias_refs.rebuild(Tracking(ci.repo.registry, "origin")) == 2
    assert git("for-each-ref", "--format=%(objectname)", "refs/gitmodels/aliases", cwd=hub).split() == [
        *ana.refs().values()
    ]
    assert alias_refs.rebuild(Tracking(ci.repo.registry, "origin")) == 0


def test_where_there_is_no_registry_nothing_is_pushed(ana: Clone) -> None:
    with pytest.raises(RegistryNotFound):
        ana.push()


def rewrite(hub: Path, git: Git, to: str = "gitmodels~1") -> None:
    """Somebody takes back what was published last."""
    git("update-ref", "refs/heads/gitmodels", git("rev-parse", to, cwd=hub).strip(), cwd=hub)


def test_a_registry_that_was_rewritten_raises_the_alarm(ana: Clone, bo: Clone, hub: Path, git: Git) -> None:
    """Case 68: rolled back; whoever saw the newer state does not take the older one, nor push his own over it."""
    ana.register()
    ana.push()
    rewrite(hub, git)
    before = ana.tip(), git("for-each-ref", cwd=ana.path)
    for act in (ana.pull, lambda: publishing.fetch(ana.repo), ana.push):
        with pytest.raises(Conflict, match="the registry on origin was rewritten") as caught:
            act()
        assert "--accept-rewrite" in caught.value.hint
    ana.register()
    with pytest.raises(Conflict, match="was rewritten"):
        ana.push()
    assert git("for-each-ref", cwd=ana.path).count("refs/remotes") == before[1].count("refs/remotes")
    # git itself takes it in silence; we still do not.
    git("fetch", "-q", cwd=ana.path)
    for act in (ana.pull, ana.push):
        with pytest.raises(Conflict, match="was rewritten"):
            act()
    assert ana.repo.registry.state().numbers("fraud") == [1, 2, 3]


def test_a_rewrite_that_is_accepted_leaves_behind_what_was_taken_back(
    ana: Clone, bo: Clone, hub: Path, git: Git
) -> None:
    ana.register()
    ana.push()
    rewrite(hub, git)
    assert bo.register() == 2
    bo.push()
    third = ana.register()
    assert third == 3
    manifest = ana.repo.registry.state().version("fraud", 3).record.manifest
    publishing.fetch(ana.repo, accept_rewrite=True)  # the branch follows later
    pulled = ana.pull()
    assert pulled.brought is not None
    assert pulled.brought.replayed is not None
    assert [str(one) for one in pulled.brought.replayed.renumbered] == []
    state = ana.repo.registry.state()
    assert state.numbers("fraud") == [1, 2, 3]
    assert state.version("fraud", 3).record.manifest == manifest
    assert state.version("fraud", 2).record.author == "Bo"
    assert git("for-each-ref", "refs/gitmodels/gone", cwd=ana.path) == ""
    ana.push()
    assert on_server(hub, git) == ana.tip()


def test_a_registry_that_is_gone_raises_the_alarm_too(ana: Clone, bo: Clone, hub: Path, git: Git) -> None:
    git("update-ref", "-d", "refs/heads/gitmodels", cwd=hub)
    for act in (ana.pull, ana.push):
        with pytest.raises(Conflict, match="was rewritten"):
            act()
    ana.register()
    with pytest.raises(Conflict, match="was rewritten"):
        ana.push()


@pytest.mark.parametrize("option", ["--depth=1", "--filter=blob:none", "--filter=tree:0", "--single-branch"])
def test_clones_of_every_kind_push_and_pull(
    ana: Clone, bo: Clone, hub: Path, git: Git, clone: Any, option: str
) -> None:
    """Case 64."""
    git("config", "uploadpack.allowFilter", "true", cwd=hub)
    git("symbolic-ref", "HEAD", "refs/heads/gitmodels", cwd=hub)
    ana.set(1)
    ana.push()
    other = clone("cleo", option, "--no-checkout")
    git("checkout", "-q", "--orphan", "code", cwd=other.path)
    git("branch", "-q", "-D", "gitmodels", cwd=other.path)
    assert other.register() == 2
    ana.register()
    ana.set(2)
    ana.push()
    assert [str(one) for one in other.push().renumbered] == ["fraud v2 → v3"]
    other.set(3, "next")
    other.push()
    ana.pull()
    assert ana.tip() == other.tip() == on_server(hub, git)
    assert ana.refs() == other.refs()


@pytest.mark.sha1
def test_ids_of_another_kind_are_refused_in_one_line(ana: Clone, tmp_path: Path, git: Git) -> None:
    git("init", "-q", "--bare", "--object-format=sha256", "other.git", cwd=tmp_path)
    git("remote", "add", "other", str(tmp_path / "other.git"), cwd=ana.path)
    ana.register()
    with pytest.raises(RemoteError, match="has ids of another kind") as caught:
        ana.push(remote="other")
    assert "SHA-256" in caught.value.hint


def test_the_remote_that_is_followed(ana: Clone, git: Git, tmp_path: Path) -> None:
    def followed() -> str:
        return Repo.open(ana.path).registry.remote

    assert followed() == "origin"
    git("remote", "rename", "origin", "hub", cwd=ana.path)
    assert followed() == "hub"
    git("remote", "add", "other", str(tmp_path), cwd=ana.path)
    assert followed() == "origin"
    git("config", "gitmodels.remote", "hub", cwd=ana.path)
    assert followed() == "hub"
    ana.register()
    with pytest.raises(RemoteNotFound, match="no remote 'nowhere'"):
        ana.push(remote="nowhere")
    for hostile in ("--upload-pack=x", "ext::sh -c true", "a\nb"):
        with pytest.raises(Invalid, match="not a remote's name"):
            ana.push(remote=hostile)


def test_objects_go_before_the_branch_and_come_when_they_are_asked_for(
    ana: Clone, bo: Clone, hub: Path, git: Git
) -> None:
    assert ana.register() == 2
    ana.set(2)
    hook(hub, "update", 'case "$1" in refs/heads/*) exit 1;; esac')
    with pytest.raises(RemoteError, match="protected"):
        ana.push()
    packs = git("for-each-ref", "refs/gitmodels/packs", cwd=hub).splitlines()
    assert len(packs) == 2
    (hub / "hooks" / "update").unlink()
    assert ana.push().size == 0
    # Without being asked nobody fetches files.
    manifest = Manifest.from_yaml(ana.repo.registry.state().manifest("fraud", 2))
    assert bo.pull().size == 0
    assert bo.repo.store.missing(manifest)
    assert bo.pull(objects=True).size > 0
    assert not bo.repo.store.missing(manifest)
    assert bo.repo.store.missing(Manifest.from_yaml(ana.repo.registry.state().manifest("fraud", 1)))


def test_a_version_whose_bytes_are_nowhere_is_not_published(ana: Clone, bo: Clone, hub: Path, git: Git) -> None:
    before = on_server(hub, git)
    ana.register()
    shutil.rmtree(ana.repo.store_root / "packs")
    other = Clone(ana.path, git)
    with pytest.raises(ObjectNotFound):
        other.push()
    assert on_server(hub, git) == before
    # One that is marked as deleted has no bytes to send.
    other.repo.registry.apply(lambda s, at: versions.delete(s, "fraud", 2, at))
    other.push()
    assert on_server(hub, git) == other.tip()


def test_the_number_of_a_version_that_is_pushed_at_once_is_final(ana: Clone, bo: Clone) -> None:
    number = bo.register()
    ana.register()
    ana.push()
    assert publishing.push_version(bo.repo, "fraud", number) == ("fraud", 3)
    number = bo.register()
    bo.git("remote", "set-url", "origin", str(bo.path / "nowhere"), cwd=bo.path)
    with pytest.raises(RemoteError, match="registered here as fraud/4, but not pushed: the remote origin"):
        publishing.push_version(Repo.open(bo.path), "fraud", number)


REGISTER = """
import sys
from gitmodels.api import publishing, registering
from gitmodels.repo import Repo
repo = Repo.open(".")
for number in range(int(sys.argv[1])):
    open(f"{sys.argv[2]}.bin", "w").write(f"{sys.argv[2]} {number}")
    registering.register(repo, f"{sys.argv[2]}.bin", "fraud")
    publishing.push(repo)
"""


def _started(count: int, name: str, cwd: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", REGISTER, str(count), name], cwd=cwd, stderr=subprocess.PIPE, text=True
    )


def test_writers_of_one_host_share_a_push(ana: Clone, hub: Path, git: Git) -> None:
    """Each returns when its version is published; who waited finds it done."""
    ana.register()
    started = [_started(3, f"w{number}", ana.path) for number in range(4)]
    told = [process.communicate(timeout=240)[1] for process in started]
    assert [process.returncode for process in started] == [0] * 4, told
    assert on_server(hub, git) == ana.tip()
    assert ana.repo.registry.state().numbers("fraud") == list(range(1, 14))


def test_a_pusher_that_was_paused_is_passed_by(
    ana: Clone, bo: Clone, hub: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case 94: who sleeps while it pushes blocks nobody for long, and harms nothing when it wakes up."""
    monkeypatch.setattr(turns, "PATIENCE_S", 0.5)
    hook(hub, "pre-receive", f"touch {hub}/reached; while [ -e {hub}/closed ]; do sleep 0.05; done")
    (hub / "closed").touch()
    paused = _started(1, "paused", ana.path)
    try:
        while not (hub / "reached").exists():
            assert paused.poll() is None
            time.sleep(0.05)
        os.kill(paused.pid, signal.SIGSTOP)
        (hub / "hooks" / "pre-receive").unlink()
        ana.register()
        assert ana.push().after == ana.tip() == on_server(hub, git)
    finally:
        (hub / "closed").unlink()
        os.kill(paused.pid, signal.SIGCONT)
        told = paused.communicate(timeout=120)[1]
    assert paused.returncode == 0, told
    assert on_server(hub, git) == ana.tip()
    assert ana.repo.registry.state().numbers("fraud") == [1, 2, 3]


def test_writers_of_one_host_share_pushes_though_one_is_paused_and_one_dies(ana: Clone, hub: Path, git: Git) -> None:
    """Each gets a number of its own, without a gap, and far fewer pushes are made than versions published."""
    ana.register()
    ana.push()
    hook(hub, "post-receive", f"echo x >> {hub}/pushes")
    started = [_started(1, f"w{number}", ana.path) for number in range(12)]
    time.sleep(1)
    os.kill(started[0].pid, signal.SIGSTOP)
    started[1].kill()
    for process in started[2:]:
        assert process.communicate(timeout=240)[1] == ""
    os.kill(started[0].pid, signal.SIGCONT)
    assert started[0].communicate(timeout=240)[1] == ""
    started[1].communicate()
    ana.push()
    numbers = ana.repo.registry.state().numbers("fraud")
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) in (12, 13)  # who died may have registered before
    assert on_server(hub, git) == ana.tip()
    assert len((hub / "pushes").read_text().split()) < 12


def test_after_every_loss_the_range_of_the_wait_doubles_in_lengths_of_a_try() -> None:
    now, slept = [0.0], []
    back_off = BackOff(lambda: now[0], slept.append, lambda: 1.0)
    for _ in range(3):
        now[0] += 0.5
        back_off.lost()
    assert slept == [2.0, 4.0, 8.0]
    assert back_off.tries == 4
    now[0] += 60.0
    back_off.mark()
    back_off.lost()
    assert slept[-1] < 1.0, "what was done before the try began does not count"
    for _ in range(MOST_TRIES - 5):
        back_off.lost()
    with pytest.raises(Conflict, match=f"others were quicker {MOST_TRIES} times"):
        back_off.lost()


def _clone_and_register(clones: list[Clone], versions: int, timeout: float) -> None:
    started = [_started(versions, clone.path.name, clone.path) for clone in clones]
    told = [process.communicate(timeout=timeout)[1] for process in started]
    assert [process.returncode for process in started] == [0] * len(clones), told


def check_all_are_there(clones: list[Clone], hub: Path, git: Git, versions: int) -> None:
    """None lost, none twice, no gap, and every clone the same."""
    for clone in clones:
        clone.pull()
    assert {clone.tip() for clone in clones} == {on_server(hub, git)}
    assert len({tuple(clone.refs().items()) for clone in clones}) == 1
    state = clones[0].repo.registry.state()
    found = state.versions("fraud")
    assert [version.number for version in found] == list(range(1, versions + 1))
    assert len({version.record.op for version in found}) == versions


def test_four_clones_that_race_lose_nothing(clone: Callable[..., Clone], hub: Path, git: Git) -> None:
    clones = [clone(f"c{number}") for number in range(4)]
    _clone_and_register(clones, 5, 240)
    check_all_are_there(clones, hub, git, 20)


@pytest.mark.heavy
def test_sixteen_clones_that_race_lose_nothing(clone: Callable[..., Clone], hub: Path, git: Git) -> None:
    clones = [clone(f"c{number}") for number in range(16)]
    _clone_and_register(clones, 20, 3000)
    check_all_are_there(clones, hub, git, 320)
