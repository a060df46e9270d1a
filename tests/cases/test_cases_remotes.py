"""Cases 48, 72 to 77 and 83 to 85: servers, hooks, addresses, settings and merges that mean, or do, no good."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.api import cloning, fluent, hooks, loading, publishing, registering
from gitmodels.errors import CheckFailed, Corrupt, GitModelsError, Invalid, NotFound, RemoteError
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.repo import Repo
from gitmodels.uris import parse_ref
from tests.git_servers import PASSWORD, decline

Git = Callable[..., str]
BRANCH = "refs/heads/gitmodels"


class Person:
    """Somebody with a clone of what a server keeps."""

    def __init__(self, name: str, address: str, folder: Path, git: Git) -> None:
        self.path = folder / name
        self.path.mkdir()
        git("init", "-q", cwd=self.path)
        git("remote", "add", "origin", address, cwd=self.path)
        self.repo = Repo.open(self.path, author=(name, f"{name}@example.org"))
        self.count = 0

    def register(self) -> int:
        self.count += 1
        (self.path / "w.bin").write_text(f"{self.path.name} {self.count}")
        return registering.register(self.repo, str(self.path / "w.bin"), "fraud")

    def do(self, change: Callable[..., Any], *arguments: Any) -> Any:
        return self.repo.registry.apply(lambda state, at: change(state, *arguments, at))

    def refused(self, *arguments: str) -> str:
        """What a command says that has to be refused in one line with a way out; its exit code comes first."""
        command = [sys.executable, "-m", "gitmodels", *arguments]
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True, check=False)
        assert done.returncode not in (0, 70), done
        assert "Traceback" not in done.stderr
        return f"{done.returncode}: {done.stderr}"


@pytest.fixture
def people(serve: Callable[..., Any], git: Git, tmp_path: Path) -> tuple[Person, Person, Any]:
    """Ana, who published fraud v1 and v2, Bo, who pulled them, and their server, which hands out files."""
    served = serve("file")
    ana, bo = (Person(name, served.address, tmp_path, git) for name in ("ana", "bo"))
    ana.register()
    ana.register()
    ana.do(aliases.set_alias, "fraud", "champion", 1)
    publishing.push(ana.repo)
    publishing.pull(bo.repo)
    return ana, bo, served


def test_case_48_a_login_page_is_no_registry_and_leaves_nothing(
    git_servers: Any, serve: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve("http")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    address = git_servers.http("login/models.git")
    for ask in (
        lambda: cloning.clone(address, tmp_path / "clone"),
        lambda: loading.open_model(f"git+{address}#fraud@champion"),
    ):
        with pytest.raises(RemoteError, match="is no git repository") as caught:
            ask()
        assert "login page" in str(caught.value.hint)
    assert not (tmp_path / "clone").exists()


def test_case_72_a_hook_that_is_skipped_or_cannot_run_is_caught_by_the_server(
    people: tuple[Person, Person, Any], git: Git
) -> None:
    ana, _, served = people
    before = git("rev-parse", BRANCH, cwd=served.path)
    tree = ana.path / "by-hand"
    git("worktree", "add", "-q", str(tree), "gitmodels", cwd=ana.path)
    next(tree.glob("models/*/fraud/versions/1/version.yaml")).write_text("{")
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "by hand", cwd=tree)
    old, new = before.strip(), git("rev-parse", BRANCH, cwd=ana.path).strip()
    # What the clone's own hook would have said, had it run, the server's says.
    for name, line in (("pre-push", f"{BRANCH} {new} {BRANCH} {old}"), ("pre-receive", f"{old} {new} {BRANCH}")):
        with pytest.raises(CheckFailed, match="would be damaged"):
            hooks.run(Repo.open(ana.path), name, hooks.Given([line]))
    script = f'PYTHONPATH={Path.cwd()} exec {sys.executable} -m gitmodels hook pre-receive "$@"'
    decline(served.path, "pre-receive", script)
    dead = ana.path / ".git/hooks/pre-push"
    dead.parent.mkdir(exist_ok=True)
    dead.write_text("#!/bin/sh\nexit 0\n")
    dead.chmod(0o644)
    for options in (["--no-verify"], [], ["--force"]):
        done = subprocess.run(
            ["git", "push", *options, "origin", "gitmodels"], cwd=ana.path, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert "version-edited" in done.stderr
    assert git("rev-parse", BRANCH, cwd=served.path) == before


@pytest.mark.parametrize("kind", ["http", "ssh"])
def test_case_73_a_token_that_only_reads_is_told_at_once_and_loses_nothing(
    serve: Callable[..., Any], git: Git, tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(kind, may_push=False)
    ana = Person("ana", served.address, tmp_path, git)
    number = ana.register()
    with pytest.raises(RemoteError) as caught:
        publishing.push_version(ana.repo, "fraud", number)
    assert caught.value.fields["kind"] == "authentication"
    assert "registered here as fraud/1, but not pushed" in caught.value.message
    assert "git push --dry-run" in str(caught.value.hint)
    assert PASSWORD not in caught.value.message
    assert git("for-each-ref", cwd=served.path) == ""
    assert ana.repo.registry.state().numbers("fraud") == [1]


def test_case_73_a_server_that_asks_for_a_push_option_is_quoted(people: tuple[Person, Person, Any], git: Git) -> None:
    ana, _, served = people
    git("config", "receive.advertisePushOptions", "true", cwd=served.path)
    refuse = (
        'case "$1" in refs/heads/*) [ "$GIT_PUSH_OPTION_COUNT" ] || { echo "give -o ticket=N" >&2; exit 1; };; esac'
    )
    decline(served.path, "update", refuse)
    ana.register()
    with pytest.raises(RemoteError, match="give -o ticket=N") as caught:
        publishing.push(ana.repo)
    assert caught.value.fields["kind"] == "protected"


def test_case_74_a_number_whose_acknowledgement_was_lost_is_the_same_when_asked_again(
    people: tuple[Person, Person, Any], git: Git
) -> None:
    ana, bo, served = people
    # The server moves the branch, and dies before it says so; meanwhile somebody else is quicker with the next.
    decline(served.path, "reference-transaction", f'[ "$1" = committed ] && grep -q {BRANCH} && kill -9 $PPID; exit 0')
    number = ana.register()
    assert publishing.push_version(ana.repo, "fraud", number) == ("fraud", 3)
    (served.path / "hooks/reference-transaction").unlink()
    assert bo.register() == 3
    assert publishing.push_version(bo.repo, "fraud", 3) == ("fraud", 4)
    assert publishing.push_version(ana.repo, "fraud", number) == ("fraud", 3)
    publishing.pull(ana.repo)
    assert ana.repo.registry.state().numbers("fraud") == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c 'touch {canary}'", "--upload-pack=touch {canary}", "-u{canary}", "fd::17", "ssh://-oProxyCommand=x/y"],
)
def test_case_75_an_address_that_runs_something_is_given_to_nobody(
    people: tuple[Person, Person, Any], git: Git, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, _, _ = people
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    canary = tmp_path / "canary"
    hostile = url.format(canary=canary)
    for ask in (
        lambda: cloning.clone(hostile, tmp_path / "clone"),
        lambda: loading.open_model(f"git+{hostile}#fraud/1"),
        lambda: fluent.set_registry_uri(f"git+{hostile}") or fluent.search_model_versions(),
        lambda: publishing.push(ana.repo, hostile),
        lambda: publishing.pull(ana.repo, hostile),
    ):
        with pytest.raises((Invalid, NotFound, RemoteError)):
            ask()
    fluent.set_registry_uri("")
    # One that stands in git's own configuration is git's to refuse.
    git("config", "remote.origin.url", hostile, cwd=ana.path)
    ana.register()
    for verb in (publishing.push, publishing.pull, publishing.fetch):
        with pytest.raises(GitModelsError):
            verb(Repo.open(ana.path))
    assert not canary.exists()
    assert ana.repo.registry.state().numbers("fraud") == [1, 2, 3]


@pytest.mark.parametrize("name", ["x\ny", "-x", "../x", "a b", "--upload-pack=x", "x\0"])
def test_case_75_a_remote_of_such_a_name_is_refused(people: tuple[Person, Person, Any], name: str) -> None:
    ana, _, _ = people
    for verb in (publishing.push, publishing.pull, publishing.fetch):
        with pytest.raises((Invalid, NotFound)) as caught:
            verb(ana.repo, name)
        assert "\n" not in caught.value.message


def test_case_76_a_configuration_of_pushes_and_fetches_moves_nothing_else(
    people: tuple[Person, Person, Any], git: Git, tmp_path: Path
) -> None:
    ana, _, served = people
    canary = tmp_path / "canary"
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "code", cwd=ana.path)
    git("-c", "user.name=x", "-c", "user.email=x@x", "tag", "-a", "-m", "t", "private", "gitmodels", cwd=ana.path)
    for key, value in {
        "remote.origin.mirror": "true",
        "remote.origin.push": "+refs/*:refs/*",
        "remote.origin.prune": "true",
        "remote.origin.tagOpt": "--tags",
        "push.default": "matching",
        "push.followTags": "true",
        "push.gpgSign": "if-asked",
        "push.recurseSubmodules": "on-demand",
        "fetch.prune": "true",
        "fetch.parallel": "0",
        "core.hooksPath": str(tmp_path),
        "core.askPass": f"touch {canary}",
        "core.editor": f"touch {canary}",
        "commit.gpgSign": "true",
        "i18n.logOutputEncoding": "utf-16",
    }.items():
        git("config", key, value, cwd=ana.path)
    (tmp_path / "pre-push").write_text(f"#!/bin/sh\ntouch {canary}\n")
    (tmp_path / "pre-push").chmod(0o755)
    ana.register()
    again = Repo.open(ana.path)
    assert publishing.push(again).versions == (("fraud", 3),)
    publishing.pull(again)
    refs = git("for-each-ref", "--format=%(refname)", cwd=served.path).split()
    assert {ref for ref in refs if not ref.startswith("refs/gitmodels/")} == {BRANCH}
    assert git("rev-parse", "private^{commit}", cwd=ana.path)
    assert not canary.exists()


def test_case_77_attributes_in_the_registry_change_nothing(people: tuple[Person, Person, Any], git: Git) -> None:
    ana, bo, _ = people
    canary = ana.path / "canary"
    tree = ana.path.parent / "by-hand"
    git("worktree", "add", "-q", str(tree), "gitmodels", cwd=ana.path)
    lines = "* text eol=crlf filter=evil merge=evil diff=evil ident export-ignore\n"
    (tree / ".gitattributes").write_text(lines)
    git("add", "-A", cwd=tree)
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "attributes", cwd=tree)
    git("worktree", "remove", "--force", str(tree), cwd=ana.path)
    git("push", "-q", "origin", "gitmodels", cwd=ana.path)
    for who in (ana, bo):
        for key in ("filter.evil.clean", "filter.evil.smudge", "merge.evil.driver", "diff.evil.textconv"):
            git("config", key, f"touch {canary}", cwd=who.path)
        git("config", "filter.evil.required", "true", cwd=who.path)
    bo.register()
    publishing.pull(bo.repo)
    assert publishing.push(bo.repo).versions == (("fraud", 3),)
    publishing.pull(ana.repo)
    version = ana.repo.registry.state().version("fraud", 3)
    assert b"\r" not in git("show", f"gitmodels:{_path(ana, 3)}", cwd=ana.path).encode()
    assert version.record.op
    assert not canary.exists()


def _path(who: Person, number: int) -> str:
    from gitmodels.registry import layout

    return f"{layout.version_folder('fraud', number)}/version.yaml"


def test_case_83_who_swaps_two_aliases_and_dies_between_leaves_whole_ones_and_refs_follow(
    people: tuple[Person, Person, Any], git: Git
) -> None:
    ana, _, _ = people
    ana.do(aliases.set_alias, "fraud", "staging", 2)
    # The first of the two moves is a commit; its refs, and the second move, never come.
    code = (
        "import os, sys\nfrom gitmodels.repo import Repo\nfrom gitmodels.registry.changes import aliases\n"
        "from gitmodels.registry.registry import Registry\nRegistry.mirror = lambda *a, **k: os._exit(9)\n"
        "Repo.open('.').registry.apply(lambda s, at: aliases.set_alias(s, 'fraud', 'champion', 2, at))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ana.path, check=False)
    assert done.returncode in (0, 9)
    again = Repo.open(ana.path)
    assert again.registry.state().aliases("fraud") == {"champion": 2, "staging": 2}
    ana.do(aliases.set_alias, "fraud", "staging", 1)
    shown = {
        name: git("rev-parse", f"refs/gitmodels/aliases/fraud/{name}^{{tree}}", cwd=ana.path).strip()
        for name in ("champion", "staging")
    }
    folders = {number: git("rev-parse", f"gitmodels:{_folder(number)}", cwd=ana.path).strip() for number in (1, 2)}
    assert shown == {"champion": folders[2], "staging": folders[1]}


def _folder(number: int) -> str:
    from gitmodels.registry import layout

    return layout.version_folder("fraud", number)


def test_case_84_a_clean_merge_of_a_move_and_a_deletion_is_refused_and_readers_fail_closed(
    people: tuple[Person, Person, Any], git: Git
) -> None:
    ana, bo, served = people
    ana.do(versions.delete, "fraud", 2)
    publishing.push(ana.repo)
    bo.do(aliases.set_alias, "fraud", "champion", 2)
    # As a host merges a pull request: by git alone, cleanly.
    git("fetch", "-q", "origin", "gitmodels", cwd=bo.path)
    tree = git("merge-tree", "--write-tree", "gitmodels", "FETCH_HEAD", cwd=bo.path).split()[0]
    who = ("-c", "user.name=x", "-c", "user.email=x@x")
    merged = git(*who, "commit-tree", tree, "-p", "FETCH_HEAD", "-p", "gitmodels", "-m", "Merge", cwd=bo.path).strip()
    old = git("rev-parse", BRANCH, cwd=served.path).strip()
    with pytest.raises(CheckFailed, match=r"alias"):
        hooks.run(Repo.open(bo.path), "pre-receive", hooks.Given([f"{old} {merged} {BRANCH}"]))
    git("update-ref", BRANCH, merged, cwd=bo.path)
    with pytest.raises(Corrupt, match="which was deleted"):
        Repo.open(bo.path).registry.state().resolve(parse_ref("fraud@champion"))


def test_case_85_a_model_that_was_deleted_and_made_anew_keeps_counting_whoever_is_second(
    people: tuple[Person, Person, Any],
) -> None:
    ana, bo, _ = people
    ana.do(models.delete, "fraud")
    assert ana.register() == 3
    publishing.push(ana.repo)
    assert bo.register() == 3
    published = publishing.push(bo.repo)
    assert [(one.number, one.became) for one in published.renumbered] == [(3, 4)]
    publishing.pull(ana.repo)
    assert ana.repo.registry.state().numbers("fraud") == [3, 4]
    assert ana.repo.registry.branch.tip() == bo.repo.registry.branch.tip()
    assert os.listdir(ana.path)
