"""Servers that refuse, lie or die: each told apart from a lost race, with what can be done about it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import RefChanged, RemoteError
from gitmodels.git import refusals, remote_program, transport
from gitmodels.git.branch import Branch
from gitmodels.git.pushing import Answer, push_refs
from gitmodels.git.repository import GitRepository
from tests.git_servers import PASSWORD, GitServers, Served, decline

Git = Callable[..., str]
Put = Callable[..., str]
Serve = Callable[..., Served]
REF = "refs/heads/gitmodels"
ALIAS = "refs/gitmodels/aliases/fraud/champion"
VAGUE = "fatal: Could not read from remote repository."


@pytest.fixture(params=("file", "http"))
def served(request: pytest.FixtureRequest, serve: Serve) -> Served:
    """A fresh bare repository; what git says of a hook does not depend on the way there."""
    return serve(request.param)


def _pushed(branch: Branch, address: str, put: Put, *refs: str, atomic: bool = False) -> list[Answer]:
    tip = put({"a": b"1"})
    return push_refs(branch.repo, address, [(tip, ref, None) for ref in refs or (REF,)], atomic=atomic)


def _error(branch: Branch, address: str, put: Put) -> RemoteError:
    with pytest.raises(RemoteError) as raised:
        _pushed(branch, address, put)
    return raised.value


def _refused(answer: Answer) -> RemoteError:
    with pytest.raises(RemoteError) as raised:
        answer.check()
    return raised.value


@pytest.mark.parametrize(
    ("hook", "script"),
    [
        (
            "pre-receive",
            "echo 'GitLab: You are not allowed to push code to protected branches on this project.'; exit 1",
        ),
        ("update", "echo 'error: GH006: Protected branch update failed for refs/heads/gitmodels.'; exit 1"),
    ],
)
def test_a_protected_branch_is_no_lost_race(served: Served, branch: Branch, put: Put, hook: str, script: str) -> None:
    decline(served.path, hook, script)
    (answer,) = _pushed(branch, served.address, put)
    assert answer.state == "protected"
    error = _refused(answer)
    assert (error.kind, error.outcome_unknown, error.fields["ref"]) == ("protected", False, REF)
    assert "rotected branch" in error.message
    assert "hook declined" in error.message
    assert "pull request" in error.hint


def test_a_host_that_takes_no_refs_of_ours(served: Served, branch: Branch, put: Put, git: Git) -> None:
    git("config", "receive.hideRefs", "refs/gitmodels", cwd=served.path)
    kept, hidden = _pushed(branch, served.address, put, REF, ALIAS)
    assert (kept.state, hidden.state) == ("created", "ref-refused")
    assert "hidden ref" in _refused(hidden).message
    git("config", "--unset", "receive.hideRefs", cwd=served.path)
    decline(served.path, "update", 'case "$1" in refs/heads/*) ;; *) echo only branches; exit 1 ;; esac')
    (declined,) = _pushed(branch, served.address, put, ALIAS)
    assert declined.state == "ref-refused"
    assert "only branches" in _refused(declined).message


def test_a_server_that_cannot_change_refs_together(served: Served, branch: Branch, put: Put, git: Git) -> None:
    git("config", "receive.advertiseAtomic", "false", cwd=served.path)
    tip = put({"a": b"1"})
    with pytest.raises(RemoteError) as raised:
        push_refs(branch.repo, served.address, [(tip, REF, None)], atomic=True)
    assert (raised.value.kind, raised.value.outcome_unknown) == ("no-atomic", False)
    assert push_refs(branch.repo, served.address, [(tip, REF, None)], atomic=False)[0].done


@pytest.mark.parametrize("kind", ["http", "ssh"])
def test_credentials_that_only_read(serve: Serve, branch: Branch, put: Put, kind: str) -> None:
    served = serve(kind, may_push=False)
    error = _error(branch, served.address, put)
    assert (error.kind, error.outcome_unknown) == ("authentication", False)
    assert error.message.startswith("the remote")
    assert PASSWORD not in error.message
    assert transport.remote_refs(branch.repo, served.address) == {}


@pytest.mark.parametrize("kind", ["http", "ssh"])
def test_no_credentials_at_all_ask_nobody(serve: Serve, branch: Branch, put: Put, kind: str) -> None:
    assert _error(branch, serve(kind, credentials=False).address, put).kind == "authentication"


def test_a_password_in_an_address_is_not_shown(git_servers: GitServers, serve: Serve, branch: Branch, put: Put) -> None:
    serve("http", credentials=False)
    address = git_servers.http("git/x.git").replace("//", "//ann:wrong-word@")
    error = _error(branch, address, put)
    assert error.kind == "authentication"
    assert "wrong-word" not in str(error.message) + error.hint


def test_a_daemon_that_takes_no_pushes(serve: Serve, branch: Branch, put: Put, git: Git) -> None:
    served = serve("daemon")
    git("config", "daemon.receivepack", "false", cwd=served.path)
    assert _error(branch, served.address, put).kind == "authentication"


@pytest.mark.parametrize("path", ["login/x.git", "git/absent.git", "nothing/x"])
def test_an_address_without_a_repository(
    git_servers: GitServers, serve: Serve, branch: Branch, put: Put, path: str
) -> None:
    serve("http")
    address = git_servers.http(path)
    for error in (_error(branch, address, put), _raised(lambda: transport.remote_refs(branch.repo, address))):
        assert (error.kind, error.outcome_unknown) == ("no-repository", False)
        assert "\n" not in error.message


@pytest.mark.parametrize("kind", ["file", "ssh", "daemon"])
def test_a_folder_that_is_no_repository(
    git_servers: GitServers, serve: Serve, branch: Branch, put: Put, kind: str
) -> None:
    serve(kind)
    assert _error(branch, git_servers.address(kind, "absent.git"), put).kind == "no-repository"


def test_a_web_server_that_only_hands_out_files(
    git_servers: GitServers, serve: Serve, branch: Branch, put: Put, git: Git
) -> None:
    served = serve("http")
    assert _pushed(branch, served.address, put)[0].done
    git("update-server-info", cwd=served.path)
    address = git_servers.http(f"dumb/{served.path.name}")
    assert list(transport.remote_refs(branch.repo, address)) == [REF]
    assert _raised(lambda: _pushed(branch, address, put, ALIAS)).kind == "no-repository"


def test_servers_that_are_not_there(git_servers: GitServers, serve: Serve, branch: Branch, put: Put) -> None:
    serve("http")
    addresses = ["http://127.0.0.1:1/x", "git://127.0.0.1:1/x", "ssh://127.0.0.1:1/x", "https://name.invalid/x"]
    for address in (*addresses, git_servers.http("broken/x")):
        error = _error(branch, address, put)
        assert (error.kind, error.outcome_unknown) == ("unreachable", False), address


def test_a_stranger_behind_a_known_name_is_not_talked_to(
    git_servers: GitServers, serve: Serve, branch: Branch, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve("ssh")
    command = git_servers.environment("ssh")["GIT_SSH_COMMAND"]
    monkeypatch.setenv("GIT_SSH_COMMAND", command.replace("known_hosts", "nobody-is-known"))
    error = _error(branch, served.address, put)
    assert (error.kind, "Host key verification failed" in error.message) == ("unreachable", True)


def test_an_outcome_that_nobody_told_is_called_unknown(
    git_servers: GitServers, serve: Serve, branch: Branch, put: Put, git: Git
) -> None:
    served = serve("http")
    tip = put({"a": b"1"})
    cut = git_servers.http(f"cut/{served.path.name}")
    error = _raised(
        lambda: [answer.check() for answer in push_refs(branch.repo, cut, [(tip, REF, None)], atomic=False)]
    )
    assert error.outcome_unknown
    assert "fetch, look" in error.hint
    assert transport.remote_refs(branch.repo, served.address) == {REF: tip}
    assert push_refs(branch.repo, served.address, [(tip, REF, None)], atomic=False)[0].state == "same"


@pytest.mark.parametrize("kind", ["file", "ssh"])
def test_a_server_that_dies_after_it_wrote(
    git_servers: GitServers, serve: Serve, branch: Branch, put: Put, git: Git, git_repo: Path, kind: str
) -> None:
    served = serve(kind)
    tip = put({"a": b"1"})
    git("remote", "add", "origin", served.address, cwd=git_repo)
    git("config", "remote.origin.receivepack", str(git_servers.cut_receive_pack()), cwd=git_repo)
    updates = [(tip, REF, None)]
    error = _raised(lambda: [answer.check() for answer in push_refs(branch.repo, "origin", updates, atomic=True)])
    assert error.outcome_unknown
    assert transport.remote_refs(branch.repo, "origin") == {REF: tip}


def test_a_ref_that_is_locked_on_the_server_is_a_race(served: Served, branch: Branch, put: Put) -> None:
    lock = served.path / f"{REF}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_bytes(b"")
    (answer,) = _pushed(branch, served.address, put)
    assert answer.state == "raced"
    with pytest.raises(RefChanged):
        answer.check()


def test_refs_and_objects_that_are_not_there(served: Served, branch: Branch, put: Put) -> None:
    _pushed(branch, served.address, put)
    gone = _raised(lambda: transport.fetch_refs(branch.repo, served.address, ["refs/heads/absent:refs/x/y"]))
    assert gone.kind == "no-ref"
    lost = _raised(lambda: transport.fetch_refs(branch.repo, served.address, ["1" * len(branch.tip() or "")]))
    assert lost.kind == "no-object"


def test_a_filter_that_the_server_does_not_know(
    served: Served, branch: Branch, put: Put, git: Git, bare_repo: Path
) -> None:
    _pushed(branch, served.address, put)
    git("config", "uploadpackfilter.tree.allow", "false", cwd=served.path)
    here = GitRepository.open(bare_repo)
    error = _raised(lambda: transport.fetch_refs(here, served.address, [f"{REF}:{REF}"], filter="tree:0"))
    assert error.kind == "no-filter"


def test_a_silent_server_is_not_waited_for_without_end(
    serve: Serve, branch: Branch, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve("file")
    decline(served.path, "pre-receive", "exec sleep 60 >/dev/null 2>&1")
    monkeypatch.setattr(remote_program, "SILENCE_S", 0.3)
    error = _error(branch, served.address, put)
    assert (error.kind, error.outcome_unknown) == ("timeout", True)


def test_what_servers_say_is_cleaned() -> None:
    text = "fatal: unable to access 'https://me:token@host/x': \x1b[2J\x9b31m\x07no"
    assert refusals.clean(text) == "fatal: unable to access 'https://host/x': 31mno"
    error = refusals.failure(text + "\nremote: \x1b]0;title\x07", remote="https://me:token@host/x")
    assert "token" not in error.message
    assert "\x1b" not in error.message


# What hosts say, as their documentation and their users quote it; the hosts themselves were not asked.
QUOTED = [
    ("[remote rejected] (protected branch hook declined)", REF, "protected"),
    ("[remote rejected] (push declined due to repository rule violations)", REF, "protected"),
    ("[remote rejected] (push declined due to repository rule violations)", ALIAS, "ref-refused"),
    ("[remote rejected] (prohibited by Gerrit: not permitted: create)", REF, "protected"),
    (
        "[remote rejected] (TF402455: Pushes to this branch are not permitted; you must use a pull request)",
        REF,
        "protected",
    ),
    ("[remote rejected] (deny updating a hidden ref)", ALIAS, "ref-refused"),
    ("[remote rejected] (funny refname)", ALIAS, "ref-refused"),
    ("[remote rejected] (non-fast-forward)", ALIAS, "ref-refused"),
    ("[remote rejected] (deletion prohibited)", REF, "protected"),
    ("[rejected] (non-fast-forward)", REF, "raced"),
    ("[remote rejected] (cannot lock ref 'refs/heads/gitmodels': is at 1a but expected 2b)", REF, "raced"),
    ("[remote rejected] (failed to update ref)", REF, "raced"),
    ("[remote rejected] (incorrect old value provided)", REF, "raced"),
    ("[remote rejected] (shallow update not allowed)", REF, "shallow"),
    ("[rejected] (fetch first)", REF, "raced"),
    ("[rejected] (stale info)", REF, "raced"),
    ("[remote rejected] (atomic push failure)", REF, "together"),
    ("[remote failure] (remote failed to report status)", REF, "unknown"),
    ("[remote rejected] (unpacker error)", REF, "failed"),
]


@pytest.mark.parametrize(("reason", "ref", "kind"), QUOTED)
def test_reasons_are_told_apart(reason: str, ref: str, kind: str) -> None:
    assert refusals.kind_of_refusal(ref, reason, "") == kind
    assert refusals.refusal(ref, kind, reason, "remote: said\n").message


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            "remote: Permission to a/b.git denied to bot.\nfatal: The requested URL returned error: 403",
            "authentication",
        ),
        (f"git@github.com: Permission denied (publickey).\n{VAGUE}", "authentication"),
        ("remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://x/'", "authentication"),
        ("remote: Repository not found.\nfatal: repository 'https://x/' not found", "no-repository"),
        (f"ssh: Could not resolve hostname x: Name or service not known\n{VAGUE}", "unreachable"),
        ("fatal: unable to access 'https://x/': SSL certificate problem: self-signed certificate", "unreachable"),
        ("error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413", "too-large"),
        ("remote: error: GH001: Large files detected.", "too-large"),
        ("remote: fatal: write error: No space left on device", "full"),
        ("error: RPC failed; curl 56 Recv failure: Connection reset by peer\nfatal: hung up", "interrupted"),
        ("", "failed"),
    ],
)
def test_failures_are_told_apart(words: str, kind: str) -> None:
    error = refusals.failure(words, remote="origin", pushing=True)
    assert error.kind == kind
    assert error.outcome_unknown == (kind in ("interrupted", "failed"))


def _raised(call: Callable[[], object]) -> RemoteError:
    with pytest.raises(RemoteError) as raised:
        call()
    return raised.value
