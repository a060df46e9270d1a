"""Alias refs are derived: deleted, damaged or foreign, they come back bit for bit, and never lead anywhere else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import RegistryNotFound
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.registry import Registry

Git = Callable[..., str]
PREFIX = "refs/gitmodels/aliases"


@pytest.fixture
def full(registry: Registry, new_version) -> Registry:
    for name in ("fraud", "Risk", "a..b"):
        for number in (1, 2, 3):
            content = f"{name}{number}".encode()
            registry.apply(lambda s, at, n=name, c=content: versions.register(s, n, new_version(c), at))
        for alias, number in (("champion", 2), ("Prod", 3), ("x" * 220, 1)):
            registry.apply(lambda s, at, n=name, a=alias, v=number: aliases.set_alias(s, n, a, v, at))
    return registry


def _refs(registry: Registry, git: Git) -> str:
    return git("for-each-ref", "--format=%(refname) %(objectname)", "refs/gitmodels", cwd=registry.git.common_dir)


def test_refs_and_notes_deleted_come_back_bit_for_bit(full: Registry, git: Git) -> None:
    import shutil

    before = _refs(full, git)
    assert before.count("\n") == 9
    folder = full.git.common_dir
    shutil.rmtree(folder / "refs" / "gitmodels")
    shutil.rmtree(folder / "gitmodels")
    git("reflog", "expire", "--all", "--expire=now", cwd=folder)
    git("gc", "--quiet", "--prune=now", cwd=folder)
    again = Registry(GitRepository.open(folder), full.author)
    assert len(again.projection.behind(again.state())) == 9
    assert again.rebuild() == 9
    assert _refs(again, git) == before
    assert again.rebuild() == 0
    assert again.projection.behind(again.state()) == {}
    assert git("fsck", "--strict", "--no-dangling", cwd=folder) == ""


def test_every_clone_derives_the_same(full: Registry, git: Git, tmp_path: Path) -> None:
    source = str(full.git.common_dir)
    git("clone", "--quiet", "--bare", source, "clone.git", cwd=tmp_path)
    git(
        "clone", "--quiet", "--bare", "--depth=1", "--branch=gitmodels", f"file://{source}", "shallow.git", cwd=tmp_path
    )
    for name in ("clone.git", "shallow.git"):
        clone = Registry(GitRepository.open(tmp_path / name), full.author)
        clone.rebuild()
        assert _refs(clone, git) == _refs(full, git)


def test_what_others_pushed_is_mirrored_by_the_next_operation(full: Registry, git: Git, tmp_path: Path) -> None:
    git("clone", "--quiet", "--bare", str(full.git.common_dir), "clone.git", cwd=tmp_path)
    clone = Registry(GitRepository.open(tmp_path / "clone.git"), full.author)
    clone.rebuild()
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 3, at))
    full.apply(lambda s, at: models.rename(s, "Risk", "Danger", at))
    full.apply(lambda s, at: models.delete(s, "a..b", at))
    git("fetch", "--quiet", "origin", "gitmodels:gitmodels", cwd=tmp_path / "clone.git")
    clone.apply(lambda s, at: models.create(s, "other", at))
    assert _refs(clone, git) == _refs(full, git)
    assert clone.projection.behind(clone.state()) == {}


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"0" * 40 + b"\n", b"ref: refs/heads/main\n", b"ref: refs/nowhere/x\n"]
)
def test_a_damaged_ref_is_repaired_and_leads_nowhere_else(full: Registry, git: Git, content: bytes) -> None:
    before = _refs(full, git)
    folder = full.git.common_dir
    git("commit", "--allow-empty", "-q", "-m", "code", cwd=folder.parent)
    main = git("rev-parse", "main", cwd=folder)
    (folder / PREFIX / "fraud" / "champion").write_bytes(content)
    assert list(full.projection.behind(full.state())) == [f"{PREFIX}/fraud/champion"]
    assert full.rebuild() == 1
    assert _refs(full, git) == before
    assert git("rev-parse", "main", cwd=folder) == main
    (folder / PREFIX / "fraud" / "champion").write_bytes(content)
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 1, at))
    assert full.projection.behind(full.state()) == {}
    assert git("rev-parse", "main", cwd=folder) == main


def test_foreign_refs_go_also_where_they_are_in_the_way(full: Registry, git: Git) -> None:
    before = _refs(full, git)
    folder = full.git.common_dir
    tip = full.branch.tip()
    git("update-ref", f"{PREFIX}/nobody/here", tip, cwd=folder)
    git("update-ref", "-d", f"{PREFIX}/fraud/champion", cwd=folder)
    git("update-ref", f"{PREFIX}/fraud/champion/deep", tip, cwd=folder)
    assert full.projection.behind(full.state()) == {
        f"{PREFIX}/fraud/champion": "missing",
        f"{PREFIX}/fraud/champion/deep": "foreign",
        f"{PREFIX}/nobody/here": "foreign",
    }
    git("pack-refs", "--all", cwd=folder)
    assert full.rebuild() == 3
    assert _refs(full, git) == before


def test_a_lost_branch_does_not_take_the_refs_along(full: Registry, git: Git) -> None:
    before = _refs(full, git)
    git("update-ref", "-d", "refs/heads/gitmodels", cwd=full.git.common_dir)
    with pytest.raises(RegistryNotFound):
        full.rebuild()
    assert _refs(full, git) == before


def test_an_edited_early_version_moves_the_refs_as_a_fresh_clone_would(full: Registry, put, git: Git) -> None:
    path = layout.version_folder("fraud", 1)
    put({f"{path}/MLmodel": b"flavors: {sklearn: {}}\n"})
    full.apply(lambda s, at: models.create(s, "other", at))
    assert full.projection.behind(full.state()) == {}


def test_a_record_that_cannot_be_read_keeps_its_place_in_the_line(full: Registry, put, git: Git) -> None:
    put({layout.version_file("fraud", 1): b"a: 1\na: 2\n"})
    full.rebuild()
    folder = full.git.common_dir
    shown = git("log", "--format=%an %at", f"{PREFIX}/fraud/champion", cwd=folder).splitlines()
    assert len(shown) == 2
    assert shown[1] == "gitmodels 0"
    assert f"{PREFIX}/fraud/{'x' * 134}" in _refs(full, git)


def test_an_alias_to_a_version_that_is_not_there_has_no_ref(full: Registry, put, git: Git) -> None:
    data = full.state().tree.read(layout.alias_file("fraud", "champion")).replace(b"-> 2", b"-> 9")
    put({layout.alias_file("fraud", "champion"): data})
    full.rebuild()
    assert f"{PREFIX}/fraud/champion" not in _refs(full, git)


def test_a_thousand_versions_are_one_pack(registry: Registry, new_version, git: Git) -> None:
    change = registry.apply(lambda s, at: versions.register(s, "fraud", new_version(), at))
    state = registry.state()
    tree = {
        path: state.tree.read(f"{layout.version_folder('fraud', change)}/{path}")
        for path in ("version.yaml", "manifest.yaml")
    }
    edits = {f"{layout.version_folder('fraud', n)}/{path}": data for n in range(2, 301) for path, data in tree.items()}
    registry.branch.commit(edits, "many", expected=state.commit, author=registry.author, when_ms=0)
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 300, at))
    folder = registry.git.common_dir
    assert git("rev-list", "--count", f"{PREFIX}/fraud/champion", cwd=folder).strip() == "300"
    assert "count: 0\n" in git("count-objects", "-v", cwd=folder)
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 150, at))
    assert git("rev-list", "--count", f"{PREFIX}/fraud/champion", cwd=folder).strip() == "150"


def test_commits_that_git_dropped_are_written_again(full: Registry, git: Git) -> None:
    """Of a line of commits the last may be there while an earlier one is gone, as after a repair by hand."""
    folder = full.git.common_dir
    full.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 3, at))
    first = git("rev-parse", f"{PREFIX}/fraud/champion~2", cwd=folder).strip()
    has = full.git.objects.has
    full.git.objects.has = lambda oid: oid != first and has(oid)  # type: ignore[method-assign]
    assert full.projection.commits.derive(full.state(), "fraud", 1).commit == first
    assert len(full.projection.commits.derive(full.state(), "fraud", 1).fresh) == 1
