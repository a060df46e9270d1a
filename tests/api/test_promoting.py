"""Promotions and registrations by branch and pull request: on servers that protect the registry's branch."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.api import promoting, proposing, publishing, registering
from gitmodels.api.proposing import Sent
from gitmodels.errors import Conflict, Invalid, RemoteError, VersionNotFound
from gitmodels.registry.changes import aliases, versions
from gitmodels.registry.changes.promotion import Moved, Wanted
from gitmodels.repo import Repo
from tests.git_servers import decline

Git = Callable[..., str]
_PROTECT = 'case "$1" in refs/heads/gitmodels) echo "GH006: Protected branch update failed" >&2; exit 1;; esac'


class Person:
    """A clone of the bare repository ``hub``."""

    def __init__(self, path: Path, hub: Path, git: Git) -> None:
        path.mkdir()
        git("init", "-q", cwd=path)
        git("remote", "add", "origin", str(hub), cwd=path)
        self.path, self.hub, self.git, self.count = path, hub, git, 0
        self.repo = Repo.open(path, author=(path.name.capitalize(), f"{path.name}@x.org"))

    def file(self) -> str:
        self.count += 1
        (self.path / "weights.bin").write_text(f"{self.path.name} {self.count}")
        return str(self.path / "weights.bin")

    def register(self, name: str = "fraud") -> int:
        return registering.register(self.repo, self.file(), name)

    def propose(self, *wanted: Wanted, ask: bool = True) -> Sent:
        found = promoting.branch(self.repo, wanted, reason="better", ask=ask)
        return proposing.send(self.repo, None, found)

    def alias(self, name: str = "fraud", alias: str = "champion") -> int | None:
        return aliases.target_of(self.repo.registry.state(), name, alias).version

    def merge(self, branch: str, how: str = "merge") -> str:
        """What a host does with a pull request, by git alone."""
        who = ("-c", "user.name=Host", "-c", "user.email=host@x.org")
        work = self.hub.parent / f"host-{branch.replace('/', '-')}-{how}"
        self.git("clone", "-q", "--branch", "gitmodels", str(self.hub), str(work), cwd=self.hub.parent)
        if how == "merge":
            self.git(*who, "merge", "-q", "--no-ff", "-m", "Merge (#1)", f"origin/{branch}", cwd=work)
        elif how == "squash":
            self.git(*who, "merge", "-q", "--squash", f"origin/{branch}", cwd=work)
            self.git(*who, "commit", "-q", "-m", "Squashed (#1)", cwd=work)
        elif how == "rebase":
            self.git(*who, "cherry-pick", f"gitmodels..origin/{branch}", cwd=work)
        return self.git("push", "-q", "origin", "gitmodels", cwd=work)


@pytest.fixture
def hub(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "--bare", "--initial-branch=main", "hub.git", cwd=tmp_path)
    return tmp_path / "hub.git"


@pytest.fixture
def ana(hub: Path, tmp_path: Path, git: Git) -> Person:
    """Two versions of fraud, champion at the first, published."""
    ana = Person(tmp_path / "ana", hub, git)
    for _ in range(2):
        ana.register()
    promoting.promote(ana.repo, [Wanted("fraud", 1, "champion")])
    publishing.push(ana.repo)
    return ana


@pytest.fixture
def bo(ana: Person, tmp_path: Path, git: Git) -> Person:
    bo = Person(tmp_path / "bo", ana.hub, git)
    publishing.pull(bo.repo)
    return bo


def test_several_aliases_move_in_one_commit_or_not_at_all(ana: Person) -> None:
    before = ana.repo.registry.branch.tip()
    moves = promoting.promote(ana.repo, [Wanted("fraud", 2, "champion"), Wanted("fraud", 1, "previous")], reason="r")
    assert [(one.version, two.version) for one, two in moves] == [(1, 2), (None, 1)]
    assert ana.git("rev-list", "--count", f"{before}..gitmodels", cwd=ana.path).strip() == "1"
    assert (ana.alias(), ana.alias(alias="previous")) == (2, 1)
    tip = ana.repo.registry.branch.tip()
    with pytest.raises(VersionNotFound):
        promoting.promote(ana.repo, [Wanted("fraud", 1, "champion"), Wanted("fraud", 9, "previous")])
    with pytest.raises(Invalid, match="two places"):
        promoting.promote(ana.repo, [Wanted("fraud", 1, "champion"), Wanted("fraud", 2, "champion")])
    assert ana.repo.registry.branch.tip() == tip


def test_a_promotion_of_several_is_asked_again_as_one(ana: Person, bo: Person) -> None:
    ana.register()
    publishing.push(ana.repo)
    assert bo.register() == 3
    promoting.promote(bo.repo, [Wanted("fraud", 3, "champion"), Wanted("fraud", 2, "previous")], reason="mine")
    publishing.push(bo.repo)
    assert (bo.alias(), bo.alias(alias="previous")) == (4, 2)
    # Now both move one of them.
    publishing.pull(ana.repo)
    promoting.promote(ana.repo, [Wanted("fraud", 1, "champion")])
    publishing.push(ana.repo)
    tip = bo.repo.registry.branch.tip()
    promoting.promote(bo.repo, [Wanted("fraud", 2, "champion"), Wanted("fraud", 1, "previous")])
    with pytest.raises(Conflict, match="fraud@champion was moved by both"):
        publishing.push(bo.repo)
    publishing.pull(bo.repo, wishes=publishing.Wishes(theirs=frozenset({"fraud@champion"})))
    assert (bo.alias(), bo.alias(alias="previous")) == (1, 2)
    assert tip is not None


def test_an_expected_previous_is_compared_and_the_other_side_is_named(ana: Person) -> None:
    promoting.promote(ana.repo, [Wanted("fraud", 2, "champion")], reason="recall")
    with pytest.raises(Moved, match=r"points at v2, not at none.*Ana did on .* \"recall\""):
        promoting.promote(ana.repo, [Wanted("fraud", 1, "champion", previous=None, guarded=True)])
    # What is there already is no conflict.
    [(before, after)] = promoting.promote(ana.repo, [Wanted("fraud", 2, "champion", previous=1, guarded=True)])
    assert before == after


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_promotion_is_a_branch_on_what_is_published_and_merging_it_is_the_promotion(ana: Person, how: str) -> None:
    ana.register()  # not published: it stays at home
    tip = ana.repo.registry.branch.tip()
    sent = ana.propose(Wanted("fraud", 2, "champion"))
    assert (sent.branch, sent.remote, sent.opened) == ("promote/fraud-2-champion", "origin", False)
    assert ana.repo.registry.branch.tip() == tip
    assert ana.alias() == 1
    changed = ana.git("diff", "--name-only", f"gitmodels...{sent.branch}", cwd=ana.hub)
    assert changed.split() == ["models/39/fraud/aliases/champion.yaml"]
    assert ana.propose(Wanted("fraud", 2, "champion")).commit == sent.commit
    ana.merge(sent.branch, how)
    publishing.pull(ana.repo)
    assert ana.alias() == 2
    assert ana.repo.registry.state().numbers("fraud") == [1, 2, 3]
    assert publishing.push(ana.repo).operations == 1


def test_without_a_remote_the_branch_stands_on_the_registry_here(tmp_path: Path, git: Git) -> None:
    alone = Person(tmp_path / "alone", tmp_path / "none.git", git)
    alone.register()
    found = promoting.branch(alone.repo, [Wanted("fraud", 1, "champion")])
    assert found.base == alone.repo.registry.branch.tip()
    assert found.made
    again = promoting.branch(alone.repo, [Wanted("fraud", 1, "champion")])
    assert (again.commit, again.made) == (found.commit, False)
    # What it stood on moved on: it is made anew on top of that.
    alone.register()
    renewed = promoting.branch(alone.repo, [Wanted("fraud", 1, "champion")])
    assert renewed.base == alone.repo.registry.branch.tip()
    other = git(
        "-c",
        "user.name=x",
        "-c",
        "user.email=x",
        "commit-tree",
        "-m",
        "x",
        f"{renewed.commit}^{{tree}}",
        cwd=alone.path,
    )
    git("update-ref", renewed.ref, other.strip(), cwd=alone.path)
    with pytest.raises(Conflict, match="with something else on it"):
        promoting.branch(alone.repo, [Wanted("fraud", 1, "champion")])


def test_case_82_what_somebody_else_moved_meanwhile_is_not_promoted_over(ana: Person, bo: Person) -> None:
    promoting.promote(bo.repo, [Wanted("fraud", 2, "champion")], reason="recall")
    publishing.push(bo.repo)
    ana.register()
    with pytest.raises(Moved, match=r"fraud@champion points at v2, not at v1.*Bo did on"):
        ana.propose(Wanted("fraud", 3, "champion"))
    publishing.pull(ana.repo)
    publishing.push(ana.repo)
    assert ana.propose(Wanted("fraud", 3, "champion")).branch == "promote/fraud-3-champion"


def test_a_version_that_is_not_published_is_not_promoted_by_a_branch(ana: Person) -> None:
    ana.register()
    with pytest.raises(VersionNotFound) as caught:
        ana.propose(Wanted("fraud", 3, "champion"))
    assert "git models push" in caught.value.hint


def test_a_branch_of_that_name_on_the_remote_is_left_alone(ana: Person, git: Git) -> None:
    git("branch", "promote/fraud-2-champion", "gitmodels", cwd=ana.hub)
    with pytest.raises(Conflict, match="has a branch promote/fraud-2-champion already"):
        ana.propose(Wanted("fraud", 2, "champion"))


@pytest.mark.parametrize("hook", ["update", "pre-receive"])
def test_case_73_a_protected_branch_leads_to_a_proposal_and_its_merge_is_pulled(
    ana: Person, bo: Person, hook: str
) -> None:
    script = _PROTECT if hook == "update" else f'while read old new ref; do set -- "$ref"; {_PROTECT}; done'
    decline(ana.hub, hook, script)
    ana.register()
    ana.repo.registry.apply(lambda s, at: versions.set_tag(s, "fraud", 3, "ok", "yes"))
    with pytest.raises(RemoteError, match="gitmodels is protected") as caught:
        publishing.push(ana.repo)
    assert "git models push --pr" in caught.value.hint
    sent = publishing.propose(ana.repo)
    assert sent is not None
    assert publishing.propose(ana.repo) == Sent(sent.branch, sent.commit, "origin")
    (ana.hub / "hooks" / hook).unlink()
    # Somebody else is quicker: the host cannot merge both numbers, the author proposes again.
    bo.register()
    publishing.push(bo.repo)
    again = publishing.propose(ana.repo)
    assert again is not None
    ana.merge(again.branch, "squash")
    publishing.pull(ana.repo)
    state = ana.repo.registry.state()
    assert (state.numbers("fraud"), state.meta("fraud", 4).tags) == ([1, 2, 3, 4], {"ok": "yes"})
    assert publishing.propose(ana.repo) is None


def test_a_registration_is_proposed_with_its_bytes_first_and_adds_a_version_only(ana: Person, bo: Person) -> None:
    decline(ana.hub, "update", _PROTECT)
    tip = ana.repo.registry.branch.tip()
    proposal = registering.propose(ana.repo, ana.file(), "fraud", registering.Wish(tags={"a": "b"}))
    sent = proposing.send(ana.repo, None, proposal)
    assert proposal.result == 3
    assert sent.branch.startswith("register/fraud-3-")
    assert ana.repo.registry.branch.tip() == tip
    status = ana.git("diff", "--name-status", f"gitmodels...{sent.branch}", cwd=ana.hub)
    assert {line[0] for line in status.splitlines()} == {"A"}
    assert sent.size > 0
    (ana.hub / "hooks" / "update").unlink()
    ana.merge(sent.branch, "squash")
    pulled = publishing.pull(bo.repo)
    assert bo.repo.registry.state().version("fraud", 3).meta.tags == {"a": "b"}
    assert pulled.brought is not None
    assert publishing.pull(bo.repo, objects=True).brought is not None
    publishing.pull(ana.repo)
    assert publishing.push(ana.repo).operations == 0


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program gh that notes its arguments, as the real one would get them."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "gh").write_text(
        f"#!{sys.executable}\nimport json, sys, pathlib\n"
        f"pathlib.Path({str(folder / 'arguments')!r}).write_text(json.dumps(sys.argv[1:]))\n"
        "print('https://github.com/team/models/pull/7')\n"
    )
    (folder / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "gh"


def on_github(person: Person) -> None:
    """The remote's address is that of a project on GitHub, which git is told to look for in the hub."""
    address = "https://github.com/team/models.git"
    person.git("remote", "set-url", "origin", address, cwd=person.path)
    person.git("config", f"url.{person.hub}.insteadOf", address, cwd=person.path)


def test_case_103_gh_opens_the_pull_request_and_gets_words_not_a_shell(ana: Person, gh: Path, tmp_path: Path) -> None:
    on_github(ana)
    reason = f"better\n$(touch {tmp_path}/pwned) `id` @team"
    found = promoting.branch(ana.repo, [Wanted("fraud", 2, "champion")], reason=reason, ask=True)
    sent = proposing.send(ana.repo, None, found)
    assert (sent.opened, sent.url) == (True, "https://github.com/team/models/pull/7")
    arguments = json.loads((gh.parent / "arguments").read_text())
    body = arguments.pop()
    assert arguments == [
        *("pr", "create", "--repo", "github.com/team/models", "--head", "promote/fraud-2-champion"),
        *("--base", "gitmodels", "--title", "alias fraud@champion -> v2", "--body"),
    ]
    assert body.startswith(reason)
    assert f"Gitmodels-Op: {ana.repo.registry.state_of(found.commit).alias('fraud', 'champion').op}" in body
    assert not (tmp_path / "pwned").exists()


def test_without_gh_page_and_command_are_told(ana: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    on_github(ana)
    monkeypatch.setattr("shutil.which", lambda name: None)
    sent = ana.propose(Wanted("fraud", 2, "champion"))
    assert not sent.opened
    assert sent.url == "https://github.com/team/models/compare/gitmodels...promote/fraud-2-champion?expand=1"
    assert sent.command is not None
    assert sent.command.startswith("gh pr create --repo github.com/team/models --head promote/fraud-2-champion ")


def test_a_gh_that_fails_leaves_page_and_command_and_says_why(
    ana: Person, gh: Path, caplog: pytest.LogCaptureFixture
) -> None:
    on_github(ana)
    gh.write_text("#!/bin/sh\necho 'To get started, please run:  gh auth login' >&2\nexit 4\n")
    sent = ana.propose(Wanted("fraud", 2, "champion"))
    assert (sent.opened, sent.command is None) == (False, False)
    assert "gh auth login" in caplog.text
