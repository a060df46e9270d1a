"""Clones that lack objects by right: what is read is fetched, many records at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import RemoteError
from gitmodels.git import tree as tree_module
from gitmodels.git.repository import GitRepository
from gitmodels.registry import fetching
from gitmodels.registry import state as state_module
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.registry import Registry
from gitmodels.uris import parse_ref

Git = Callable[..., str]


@pytest.fixture
def full(registry: Registry, new_version, git: Git) -> Registry:
    for name in ("fraud", "risk", "theft"):
        for number in (1, 2, 3, 4):
            content = f"{name}{number}".encode()
            registry.apply(lambda s, at, n=name, c=content: versions.register(s, n, new_version(c), at))
        registry.apply(lambda s, at, n=name: aliases.set_alias(s, n, "prod", 3, at))
    git("config", "uploadpack.allowFilter", "true", cwd=registry.git.common_dir)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=registry.git.common_dir)
    return registry


@pytest.fixture(params=["blob:none", "tree:0"])
def partial(request: pytest.FixtureRequest, full: Registry, tmp_path: Path, git: Git, monkeypatch) -> Registry:
    source = f"file://{full.git.common_dir}"
    options = ["--bare", "--depth=1", "--branch=gitmodels", f"--filter={request.param}"]
    git("clone", "--quiet", *options, source, "partial.git", cwd=tmp_path)
    # This process has seen every object already; another one would not have.
    tree_module.clear_caches()
    monkeypatch.setattr(state_module, "_parsed", {})
    return Registry(GitRepository.open(tmp_path / "partial.git"), full.author)


@pytest.fixture
def fetches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many objects each fetch asked for."""
    asked: list[int] = []
    real = fetching.prefetch

    def count(repo: GitRepository, oids: list[str]) -> int:
        asked.append(len(oids))
        return real(repo, oids)

    monkeypatch.setattr(fetching, "prefetch", count)
    return asked


def test_resolving_and_listing_fetch_what_they_read(full: Registry, partial: Registry, fetches: list[int]) -> None:
    state = partial.state()
    found = state.resolve(parse_ref("fraud@prod"))
    assert (found.number, found.record.author) == (3, "Ana Test")
    assert len(fetches) <= 8
    fetches.clear()
    assert list(state.model_names()) == ["fraud", "risk", "theft"]
    assert {name: state.numbers(name) for name in ("fraud", "risk")} == {"fraud": [1, 2, 3, 4], "risk": [1, 2, 3, 4]}
    assert len(fetches) <= 4
    assert state.skipped == {}


def test_refs_are_derived_as_everywhere(full: Registry, partial: Registry, fetches: list[int], git: Git) -> None:
    partial.rebuild()
    listing = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/gitmodels")
    assert git(*listing, cwd=partial.git.common_dir) == git(*listing, cwd=full.git.common_dir)
    assert len(fetches) <= 16


def test_writing_works_as_well(partial: Registry, new_version) -> None:
    assert partial.apply(lambda s, at: versions.register(s, "fraud", new_version(b"new"), at)) == 5
    partial.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 5, at))
    partial.apply(lambda s, at: models.create(s, "new", at))
    assert partial.state().aliased("fraud", "prod") == 5


def test_a_remote_that_is_gone_is_told(full: Registry, partial: Registry) -> None:
    full.git.common_dir.rename(full.git.common_dir.with_name("moved"))
    with pytest.raises(RemoteError):
        partial.state().resolve(parse_ref("fraud@prod"))
