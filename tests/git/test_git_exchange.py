"""Fetching, listing and pushing against real servers of every kind: exactly what was asked for, never by force."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Invalid, RefChanged, RemoteError
from gitmodels.git import transport
from gitmodels.git.branch import Branch
from gitmodels.git.history import History
from gitmodels.git.pushing import push_refs
from gitmodels.git.refs import Refs
from gitmodels.git.repository import GitRepository
from tests.git.conftest import ANN
from tests.git_servers import Served

Git = Callable[..., str]
Put = Callable[..., str]
REF = "refs/heads/gitmodels"
ALIAS = "refs/gitmodels/aliases/fraud/champion"


@pytest.fixture(params=("file", "http"))
def near(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Served:
    """A fresh bare repository, for what does not depend on the way there."""
    return serve(request.param)


def _refs(served: Served, git: Git) -> dict[str, str]:
    lines = git("for-each-ref", "--format=%(refname) %(objectname)", cwd=served.path).splitlines()
    return dict(tuple(line.split(" ", 1)) for line in lines)


def test_refs_are_pushed_listed_and_fetched(
    served: Served, branch: Branch, put: Put, git: Git, bare_repo: Path
) -> None:
    first, second = put({"a": b"1"}), put({"b": b"2"})
    updates = [(second, REF, None), (first, ALIAS, None)]
    answers = push_refs(branch.repo, served.address, updates, atomic=True)
    assert [(answer.ref, answer.state, answer.done) for answer in answers] == [
        (REF, "created", True),
        (ALIAS, "created", True),
    ]
    assert _refs(served, git) == {REF: second, ALIAS: first}
    here = GitRepository.open(bare_repo)
    assert transport.remote_refs(here, served.address) == {REF: second, ALIAS: first}
    assert transport.remote_refs(here, served.address, [REF]) == {REF: second}
    assert transport.remote_refs(here, served.address, ["refs/gitmodels/*"]) == {ALIAS: first}
    assert transport.remote_refs(here, served.address, ["refs/heads/other"]) == {}
    transport.fetch_refs(here, served.address, [f"{REF}:refs/remotes/origin/gitmodels"])
    assert Refs(here).list("refs/remotes") == {"refs/remotes/origin/gitmodels": second}
    assert [commit.oid for commit in History(here).log(second)] == [second, first]


def test_each_push_is_a_compare_and_swap(served: Served, branch: Branch, put: Put, git: Git) -> None:
    first, second, third = put({"a": b"1"}), put({"a": b"2"}), put({"a": b"3"})
    push_refs(branch.repo, served.address, [(first, REF, None)], atomic=False)
    (moved,) = push_refs(branch.repo, served.address, [(second, REF, first)], atomic=False)
    assert moved.state == "updated"
    (same,) = push_refs(branch.repo, served.address, [(second, REF, first)], atomic=False)
    assert (same.state, same.done) == ("same", True)
    for expected in (first, None):
        (raced,) = push_refs(branch.repo, served.address, [(third, REF, expected)], atomic=False)
        assert (raced.state, raced.done) == ("raced", False)
        with pytest.raises(RefChanged, match="changed by somebody else"):
            raced.check()
    (absent,) = push_refs(branch.repo, served.address, [(third, "refs/heads/new", second)], atomic=False)
    assert absent.state == "raced"
    assert _refs(served, git) == {REF: second}


def test_an_atomic_push_changes_all_or_nothing(served: Served, branch: Branch, put: Put, git: Git) -> None:
    first, second = put({"a": b"1"}), put({"a": b"2"})
    push_refs(branch.repo, served.address, [(first, REF, None), (first, ALIAS, None)], atomic=True)
    answers = push_refs(branch.repo, served.address, [(second, REF, first), (second, ALIAS, second)], atomic=True)
    assert {answer.ref: answer.state for answer in answers} == {REF: "together", ALIAS: "raced"}
    with pytest.raises(RefChanged, match="because another ref"):
        answers[0].check()
    assert _refs(served, git) == {REF: first, ALIAS: first}
    answers = push_refs(branch.repo, served.address, [(second, REF, first), (second, ALIAS, second)], atomic=False)
    assert [answer.state for answer in answers] == ["updated", "raced"]


def test_a_ref_is_deleted_only_as_what_it_is(near: Served, branch: Branch, put: Put, git: Git) -> None:
    first, second = put({"a": b"1"}), put({"a": b"2"})
    push_refs(branch.repo, near.address, [(first, ALIAS, None)], atomic=False)
    (raced,) = push_refs(branch.repo, near.address, [(None, ALIAS, second)], atomic=False)
    assert raced.state == "raced"
    (gone,) = push_refs(branch.repo, near.address, [(None, ALIAS, first)], atomic=False)
    assert (gone.state, _refs(near, git)) == ("deleted", {})
    with pytest.raises(Invalid, match="only be deleted"):
        push_refs(branch.repo, near.address, [(None, ALIAS, None)], atomic=False)


def test_a_branch_never_moves_back_but_an_alias_may(near: Served, branch: Branch, put: Put, git: Git) -> None:
    first, second = put({"a": b"1"}), put({"a": b"2"})
    push_refs(branch.repo, near.address, [(second, REF, None), (second, ALIAS, None)], atomic=False)
    with pytest.raises(Invalid, match="would lose what it has"):
        push_refs(branch.repo, near.address, [(first, REF, second)], atomic=False)
    (back,) = push_refs(branch.repo, near.address, [(first, ALIAS, second)], atomic=False)
    assert (back.state, _refs(near, git)) == ("updated", {REF: second, ALIAS: first})


def test_two_who_push_at_once_and_neither_saw_the_other(
    near: Served, branch: Branch, put: Put, git: Git, bare_repo: Path
) -> None:
    first = put({"a": b"1"})
    push_refs(branch.repo, near.address, [(first, REF, None)], atomic=False)
    other = GitRepository.open(bare_repo)
    transport.fetch_refs(other, near.address, [f"{REF}:{REF}"])
    theirs = Branch(other, REF).commit({"b": b"2"}, "Theirs", expected=first, author=ANN, when_ms=0)
    ours = put({"c": b"3"})
    assert push_refs(other, near.address, [(theirs, REF, first)], atomic=True)[0].done
    (raced,) = push_refs(branch.repo, near.address, [(ours, REF, first)], atomic=True)
    assert raced.state == "raced"
    assert _refs(near, git) == {REF: theirs}


def test_a_branch_that_was_rewritten_is_not_fetched_over_ours(
    near: Served, branch: Branch, put: Put, git: Git, bare_repo: Path
) -> None:
    first, second = put({"a": b"1"}), put({"a": b"2"})
    push_refs(branch.repo, near.address, [(second, REF, None)], atomic=False)
    other = GitRepository.open(bare_repo)
    transport.fetch_refs(other, near.address, [f"{REF}:refs/remotes/origin/gitmodels"])
    git("update-ref", REF, first, cwd=near.path)
    with pytest.raises(RefChanged, match="history was changed"):
        transport.fetch_refs(other, near.address, [f"{REF}:refs/remotes/origin/gitmodels"])
    assert Refs(other).read("refs/remotes/origin/gitmodels") == second
    transport.fetch_refs(other, near.address, [f"+{REF}:refs/remotes/origin/gitmodels"])
    assert Refs(other).read("refs/remotes/origin/gitmodels") == first


def test_a_fetch_can_be_shallow_and_without_files(near: Served, branch: Branch, put: Put, bare_repo: Path) -> None:
    put({f"v/{number}": b"%d" % number for number in range(20)})
    tip = put({"w": b"x"})
    push_refs(branch.repo, near.address, [(tip, REF, None)], atomic=False)
    here = GitRepository.open(bare_repo)
    transport.fetch_refs(here, near.address, [f"{REF}:{REF}"], depth=1, filter="tree:0")
    assert [commit.oid for commit in History(here).log(tip)] == [tip]
    assert here.incomplete() == "a partial clone"
    assert not here.objects.has(branch.view(tip).tree or "")


def test_a_named_remote_is_used_as_it_is_configured(
    near: Served, branch: Branch, put: Put, git: Git, git_repo: Path
) -> None:
    first, second = put({"a": b"1"}), put({"a": b"2"})
    git("remote", "add", "--mirror=push", "mirror", near.address, cwd=git_repo)
    git("remote", "add", "origin", near.address, cwd=git_repo)
    git("config", "push.followTags", "true", cwd=git_repo)
    git("config", "push.gpgSign", "false", cwd=git_repo)
    git("tag", "-a", "-m", "t", "v1", second, cwd=git_repo)
    assert push_refs(branch.repo, "mirror", [(first, REF, None)], atomic=False)[0].done
    assert push_refs(branch.repo, "origin", [(second, REF, first)], atomic=False)[0].done
    assert _refs(near, git) == {REF: second}
    git("config", "--add", "remote.origin.fetch", "+refs/heads/*:refs/elsewhere/*", cwd=git_repo)
    transport.fetch_refs(branch.repo, "origin", [f"{REF}:refs/remotes/origin/gitmodels"])
    assert Refs(branch.repo).list("refs/elsewhere") == {}
    assert transport.remote_refs(branch.repo, "origin") == {REF: second}


def test_a_relative_address_is_read_from_the_top_of_the_work_tree(
    branch: Branch, put: Put, git: Git, git_repo: Path
) -> None:
    tip = put({"a": b"1"})
    git("init", "--quiet", "--bare", str(git_repo.parent / "up.git"), cwd=git_repo)
    git("config", "remote.origin.url", "../up.git", cwd=git_repo)
    assert push_refs(branch.repo, "origin", [(tip, REF, None)], atomic=False)[0].done
    assert transport.remote_refs(branch.repo, "../up.git") == {REF: tip}


def test_progress_tells_the_bytes_that_moved(near: Served, branch: Branch, put: Put, bare_repo: Path) -> None:
    import random

    tip = put({f"f{number}": random.Random(number).randbytes(200_000) for number in range(5)})
    sent: list[int] = []
    push_refs(branch.repo, near.address, [(tip, REF, None)], atomic=False, progress=sent.append)
    got: list[int] = []
    transport.fetch_refs(GitRepository.open(bare_repo), near.address, [f"{REF}:{REF}"], progress=got.append)
    for moved in (sent, got):
        assert 900_000 < sum(moved) < 1_200_000
        assert min(moved) > 0


def test_what_breaks_off_a_push_ends_it(near: Served, branch: Branch, put: Put, git: Git) -> None:
    import random

    tip = put({f"f{number}": random.Random(number).randbytes(100_000) for number in range(5)})

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push_refs(branch.repo, near.address, [(tip, REF, None)], atomic=False, progress=stop)
    # What the server had got by then it may still be writing.
    while not push_refs(branch.repo, near.address, [(tip, REF, None)], atomic=False)[0].done:
        assert _refs(near, git).items() <= {REF: tip}.items()
    assert _refs(near, git) == {REF: tip}


@pytest.mark.parametrize(
    "refspec",
    ["main", "--upload-pack=x", "refs/heads/a b", "refs/heads/*:refs/x/y", ":refs/heads/x", "^refs/heads/x", "1" * 39],
)
def test_refspecs_that_are_refused(branch: Branch, put: Put, refspec: str) -> None:
    put({"a": b"1"})
    with pytest.raises(Invalid):
        transport.fetch_refs(branch.repo, "/srv/x.git", [refspec])


def test_nothing_to_push_asks_nobody(branch: Branch, put: Put) -> None:
    put({"a": b"1"})
    assert push_refs(branch.repo, "https://127.0.0.1:1/x", [], atomic=True) == []
    transport.fetch_refs(branch.repo, "https://127.0.0.1:1/x", [])
    with pytest.raises(RemoteError):
        transport.remote_refs(branch.repo, "https://127.0.0.1:1/x")
