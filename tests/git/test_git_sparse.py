"""Reading a few paths of a branch elsewhere: what was asked for is there, next to nothing else, in few requests."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import GitModelsError, Invalid, ObjectNotFound, RemoteError
from gitmodels.git import raw, sparse, transport
from gitmodels.git import tree as tree_module
from gitmodels.git.branch import Branch
from gitmodels.git.pushing import push_refs
from gitmodels.git.repository import GitRepository
from tests.git_servers import KINDS, Served

Git = Callable[..., str]
Put = Callable[..., str]
Serve = Callable[..., Served]
REF = "refs/heads/gitmodels"
FRAUD = "models/ab/fraud"


@pytest.fixture
def registry(put: Put) -> str:
    """A branch of many models, each with some versions; its tip."""
    files = {
        f"models/{shard}/{model}/versions/{number}/version.yaml": f"{shard} {model} {number}\n".encode()
        for shard in ("ab", "cd", "ef")
        for model in ("fraud", "churn", "price")
        for number in range(5)
    }
    files |= {f"{FRAUD}/aliases/champion.yaml": b"target: 3\n", f"{FRAUD}/model.yaml": b"m", "gitmodels.yaml": b"f"}
    put({"old": b"history"})
    return put(files)


@pytest.fixture
def opened(branch: Branch, registry: str, tmp_path: Path, serve: Serve) -> Callable[..., GitRepository]:
    """``opened("http")``: a cache for the registry behind that server."""

    def make(kind: str, *, filters: bool = True) -> GitRepository:
        served = serve(kind, filters=filters)
        push_refs(branch.repo, served.address, [(registry, REF, None)], atomic=False)
        tree_module.clear_caches()
        return sparse.open_cache(tmp_path / "cache" / f"{kind}.git", served.address, branch.repo.object_format)

    return make


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Filled with a word for each request: the ref, or how many objects."""
    requests: list[str] = []
    tip, objects = transport.fetch_refs, transport.fetch_objects
    monkeypatch.setattr(sparse, "fetch_refs", lambda *a, **k: requests.append("tip") or tip(*a, **k))
    monkeypatch.setattr(sparse, "fetch_objects", lambda c, r, o, **k: requests.append(len(o)) or objects(c, r, o, **k))
    return requests


def _has(cache: GitRepository, branch: Branch, path: str) -> bool:
    return cache.objects.has(branch.view().oid(path) or "")


@pytest.mark.parametrize("kind", KINDS)
def test_an_alias_and_its_version_are_read_in_a_few_requests(
    kind: str, opened: Callable[..., GitRepository], branch: Branch, asked: list[str], registry: str
) -> None:
    cache = opened(kind)
    view = sparse.fetch_paths(cache, REF, [f"{FRAUD}/", f"{FRAUD}/aliases/"])
    assert view.commit == registry
    assert view.read(f"{FRAUD}/aliases/champion.yaml") == b"target: 3\n"
    assert view.read(f"{FRAUD}/model.yaml") == b"m"
    assert view.names(f"{FRAUD}/versions") == ["0", "1", "2", "3", "4"]
    assert asked[:2] == ["tip", 1]
    assert len(asked) <= 4
    count = len(asked)
    view = sparse.fetch_paths(cache, REF, [f"{FRAUD}/versions/3/", "gitmodels.yaml"], commit=view.commit)
    assert view.read(f"{FRAUD}/versions/3/version.yaml") == b"ab fraud 3\n"
    assert len(asked) == count + 1
    # Nothing of other models, nor the history, came along.
    assert not _has(cache, branch, "models/cd/churn")
    assert not _has(cache, branch, "models/ab/churn")
    with pytest.raises(ObjectNotFound):
        view.read(f"{FRAUD}/versions/2/version.yaml")
    sparse.fetch_paths(cache, REF, [f"{FRAUD}/versions/3/", f"{FRAUD}/aliases/champion.yaml"], commit=view.commit)
    assert len(asked) == count + 1


def test_paths_together_cost_as_many_requests_as_the_deepest(
    opened: Callable[..., GitRepository], asked: list[str]
) -> None:
    cache = opened("file")
    paths = [
        f"models/{shard}/{model}/versions/1/version.yaml" for shard in ("ab", "cd") for model in ("fraud", "price")
    ]
    view = sparse.fetch_paths(cache, REF, paths)
    assert [view.read(path) for path in paths] == [b"ab fraud 1\n", b"ab price 1\n", b"cd fraud 1\n", b"cd price 1\n"]
    assert asked == ["tip", 2, 4, 4, 4, 4]


def test_what_is_not_there_is_not_there(opened: Callable[..., GitRepository]) -> None:
    cache = opened("file")
    paths = ["models/zz/none/", "models/ab/none", f"{FRAUD}/model.yaml/below", "none", f"{FRAUD}/model.yaml/"]
    view = sparse.fetch_paths(cache, REF, paths)
    assert [view.oid(path.rstrip("/")) is None for path in paths] == [True, True, True, True, False]
    assert view.read(f"{FRAUD}/model.yaml") == b"m"
    assert sparse.fetch_paths(cache, REF, ["/", ""]).names() == ["gitmodels.yaml", "models", "old"]
    with pytest.raises(RemoteError) as raised:
        sparse.fetch_paths(cache, "refs/heads/absent", ["a"])
    assert raised.value.kind == "no-ref"


@pytest.mark.parametrize("rule", ["no filters", "no trees"])
def test_servers_that_filter_less_are_asked_for_more(
    rule: str, opened: Callable[..., GitRepository], serve: Serve, branch: Branch, git: Git, asked: list[str]
) -> None:
    cache = opened("file", filters=rule != "no filters")
    server = Path(str(cache.config("remote.origin.url")).removeprefix("file://"))
    if rule == "no trees":
        git("config", "uploadpackfilter.tree.allow", "false", cwd=server)
        with pytest.raises(RemoteError) as raised:
            sparse.fetch_paths(cache, REF, [f"{FRAUD}/aliases/champion.yaml"])
        assert raised.value.kind == "no-filter"
        return
    view = sparse.fetch_paths(cache, REF, [f"{FRAUD}/aliases/champion.yaml"])
    assert view.read(f"{FRAUD}/aliases/champion.yaml") == b"target: 3\n"
    assert asked == ["tip"]


def test_the_next_tip_costs_what_changed(
    opened: Callable[..., GitRepository], branch: Branch, put: Put, asked: list[str]
) -> None:
    cache = opened("file")
    first = sparse.fetch_paths(cache, REF, [f"{FRAUD}/aliases/champion.yaml"])
    tip = put({f"{FRAUD}/aliases/champion.yaml": b"target: 4\n"})
    push_refs(branch.repo, str(cache.config("remote.origin.url")), [(tip, REF, first.commit)], atomic=False)
    view = sparse.fetch_paths(cache, REF, [f"{FRAUD}/aliases/champion.yaml"])
    assert (view.commit, view.read(f"{FRAUD}/aliases/champion.yaml")) == (tip, b"target: 4\n")
    assert first.read(f"{FRAUD}/aliases/champion.yaml") == b"target: 3\n"


def test_many_may_make_and_use_one_cache(opened: Callable[..., GitRepository], registry: str) -> None:
    first = opened("file")
    address, path = str(first.config("remote.origin.url")), first.common_dir.with_name("shared.git")
    read: list[bytes | None] = []

    def use() -> None:
        cache = sparse.open_cache(path, address, first.object_format)
        read.append(sparse.fetch_paths(cache, REF, [f"{FRAUD}/model.yaml"]).read(f"{FRAUD}/model.yaml"))

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [b"m"] * 3
    assert not list(path.parent.glob("sparse-*"))


def test_a_lock_that_a_killed_git_left_is_removed(opened: Callable[..., GitRepository]) -> None:
    cache = opened("file")
    lock = cache.common_dir / "shallow.lock"
    lock.write_bytes(b"")
    with pytest.raises(RemoteError, match=r"shallow\.lock"):
        sparse.fetch_paths(cache, REF, ["gitmodels.yaml"])
    os.utime(lock, (0, 0))
    assert sparse.fetch_paths(cache, REF, ["gitmodels.yaml"]).read("gitmodels.yaml") == b"f"


def test_a_cache_with_ids_of_the_other_kind_says_so(
    opened: Callable[..., GitRepository], branch: Branch, tmp_path: Path
) -> None:
    other = raw.SHA256 if branch.repo.object_format is raw.SHA1 else raw.SHA1
    cache = sparse.open_cache(tmp_path / "other.git", str(opened("file").config("remote.origin.url")), other)
    with pytest.raises(RemoteError) as raised:
        sparse.fetch_paths(cache, REF, ["gitmodels.yaml"])
    assert raised.value.kind == "format"


def test_caches_that_cannot_be(tmp_path: Path) -> None:
    sparse.open_cache(tmp_path / "a.git", "https://example.org/a")
    with pytest.raises(Invalid, match="of another repository"):
        sparse.open_cache(tmp_path / "a.git", "https://example.org/b")
    with pytest.raises(Invalid, match="not an address"):
        sparse.open_cache(tmp_path / "c.git", "ext::sh -c true")
    (tmp_path / "file").write_text("")
    with pytest.raises(GitModelsError, match="cannot make the cache"):
        sparse.open_cache(tmp_path / "file" / "c.git", "https://example.org/b")
