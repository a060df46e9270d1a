"""Operations on a real branch: one commit each, refs that follow, retries that do nothing twice."""

import logging
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Conflict, FormatTooNew, InvalidRecord, RefChanged, RegistryNotFound
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.changes.change import Change
from gitmodels.registry.registry import Registry

Git = Callable[..., str]
REF = "refs/gitmodels/aliases/fraud/champion"


@pytest.fixture
def two(registry: Registry, new_version) -> Registry:
    for content in (b"one", b"two"):
        registry.apply(lambda s, at, c=content: versions.register(s, "fraud", new_version(c), at))
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 1, at))
    return registry


def test_two_clones_begin_with_the_same_commit(tmp_path: Path, git: Git, registry: Registry) -> None:
    other = tmp_path / "other"
    git("init", "--quiet", str(other), cwd=tmp_path)
    second = Registry(GitRepository.open(other), registry.author)
    assert second.init()
    assert not second.init()
    assert second.state().commit == registry.state().commit


def test_the_first_write_starts_the_registry(git_repo: Path, registry: Registry, new_version) -> None:
    assert registry.exists()
    fresh = Registry(GitRepository.open(git_repo), registry.author, branch="refs/heads/other")
    assert not fresh.exists()
    assert fresh.apply(lambda s, at: versions.register(s, "fraud", new_version(), at)) == 1
    assert list(fresh.existing_state().model_names()) == ["fraud"]


def test_reading_where_nothing_is(git_repo: Path, registry: Registry) -> None:
    fresh = Registry(GitRepository.open(git_repo), registry.author, branch="refs/heads/other")
    assert list(fresh.state().model_names()) == []
    with pytest.raises(RegistryNotFound, match="does not exist"):
        fresh.existing_state()


def test_one_operation_is_one_commit_with_its_story(two: Registry, git: Git) -> None:
    folder = two.git.common_dir
    assert git("rev-list", "--count", "gitmodels", cwd=folder).strip() == "4"
    message = git("log", "-1", "--format=%B", "gitmodels", cwd=folder)
    assert message.startswith("alias fraud@champion -> v1\n")
    trailers = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message, text=True, capture_output=True, check=True
    ).stdout
    assert "Gitmodels-Kind: alias" in trailers
    assert two.state().alias("fraud", "champion").op in trailers
    assert git("log", "-1", "--format=%an <%ae>", "gitmodels", cwd=folder).strip() == "Ana Test <ana@example.org>"


def test_the_alias_ref_shows_the_version_to_stock_git(two: Registry, git: Git) -> None:
    folder = two.git.common_dir
    assert git("show", f"{REF}:MLmodel", cwd=folder) == "flavors: {}\n"
    first = git("rev-parse", REF, cwd=folder).strip()
    two.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 2, at))
    assert git("rev-parse", f"{REF}~1", cwd=folder).strip() == first
    assert git("fsck", "--strict", cwd=folder) is not None
    two.apply(lambda s, at: aliases.delete_alias(s, "fraud", "champion", at))
    assert git("for-each-ref", "refs/gitmodels", cwd=folder) == ""


def test_nothing_of_the_users_is_touched(git_repo: Path, git: Git, new_version) -> None:
    (git_repo / "train.py").write_text("x = 1\n")
    git("add", "train.py", cwd=git_repo)
    before = {name: (git_repo / ".git" / name).read_bytes() for name in ("HEAD", "index")}
    registry = Registry(GitRepository.open(git_repo), GitRepository.open(git_repo).identity())
    registry.apply(lambda s, at: versions.register(s, "fraud", new_version(), at))
    assert {name: (git_repo / ".git" / name).read_bytes() for name in ("HEAD", "index")} == before
    assert git("status", "--porcelain", cwd=git_repo) == "A  train.py\n"


def test_nothing_to_do_makes_no_commit(two: Registry) -> None:
    tip = two.branch.tip()
    two.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 1, at))
    two.apply(lambda s, at: aliases.delete_alias(s, "fraud", "nobody", at))
    two.apply(lambda s, at: models.delete_tag(s, "fraud", "nothing"))
    assert two.branch.tip() == tip


def test_a_move_under_us_is_asked_again(two: Registry, git_repo: Path, new_version) -> None:
    other = Registry(GitRepository.open(git_repo), two.author)
    asked = []

    def ask(state, at):
        if not asked:
            # Another program moves the branch between our reading and our writing, outside the queue.
            other._state = None
            other.apply(lambda s, a: versions.register(s, "fraud", new_version(b"theirs"), a))
        asked.append(at)
        return versions.register(state, "fraud", new_version(b"ours"), at)

    assert two.apply(ask) == 4
    assert [at.again for at in asked] == [False, True]
    assert asked[0].op == asked[1].op


def test_a_branch_that_never_stands_still_is_a_conflict(two: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(*_: object, **__: object) -> str:
        raise RefChanged("moved")

    monkeypatch.setattr(two.branch, "commit", moved)
    with pytest.raises(Conflict, match="kept moving"):
        two.apply(lambda s, at: models.create(s, "other", at))


@pytest.mark.parametrize("squash", [False, True])
def test_an_operation_tried_again_is_done_once(two: Registry, git: Git, new_version, squash: bool) -> None:
    op = "0123456789abcdef0123456789abcdef"
    for number in (2, 1):
        two.apply(lambda s, at, n=number: aliases.set_alias(s, "fraud", "champion", n, at))
    assert two.apply(lambda s, at: versions.register(s, "fraud", new_version(b"three"), at), op=op) == 3
    move = two.apply(lambda s, at: aliases.rollback(s, "fraud", "champion", at), op=op)
    if squash:
        folder = two.git.common_dir
        root = git("rev-list", "--max-parents=0", "gitmodels", cwd=folder).strip()
        new = git("commit-tree", "gitmodels^{tree}", "-p", root, "-m", "Squashed by the host", cwd=folder).strip()
        git("update-ref", "refs/heads/gitmodels", new, cwd=folder)
    tip = two.branch.tip()
    assert two.apply(lambda s, at: versions.register(s, "fraud", new_version(b"three"), at), op=op) == 3
    assert two.apply(lambda s, at: aliases.rollback(s, "fraud", "champion", at), op=op) == move
    assert two.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 2, at), op=op) == move
    assert two.branch.tip() == tip


def test_a_newer_format_is_read_and_not_written(two: Registry, put) -> None:
    put({layout.REGISTRY_FILE: b"format: 2\nnew: yes\n"})
    assert two.state().aliased("fraud", "champion") == 1
    tip = two.branch.tip()
    with pytest.raises(FormatTooNew, match="format 2"):
        two.apply(lambda s, at: models.create(s, "other", at))
    with pytest.raises(FormatTooNew):
        two.rebuild()
    assert two.branch.tip() == tip


def test_another_branch_of_that_name_is_no_registry(git_repo: Path, git: Git, registry: Registry) -> None:
    tree = git("hash-object", "-t", "tree", "-w", "/dev/null", cwd=git_repo).strip()
    new = git("commit-tree", tree, "-m", "not ours", cwd=git_repo).strip()
    git("update-ref", "refs/heads/gitmodels", new, cwd=git_repo)
    with pytest.raises(InvalidRecord, match="not a registry"):
        registry.apply(lambda s, at: models.create(s, "fraud", at))


def test_a_ref_that_cannot_follow_never_fails_the_operation(
    two: Registry, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, git: Git
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise Conflict("in the way")

    with monkeypatch.context() as patch:
        patch.setattr(two.projection.refs, "replace", broken)
        with caplog.at_level(logging.WARNING):
            two.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 2, at))
    assert "git models rebuild" in caplog.text
    assert two.state().aliased("fraud", "champion") == 2
    assert two.projection.behind(two.state()) == {REF: "stale"}
    # The next operation, whatever it is about, mirrors what is missing.
    two.apply(lambda s, at: models.create(s, "other", at))
    assert two.projection.behind(two.state()) == {}


def test_a_clone_reads_the_remote_branch_and_writes_on_top_of_it(two: Registry, tmp_path: Path, git: Git) -> None:
    git("commit", "--allow-empty", "-q", "-m", "code", cwd=tmp_path / "repo")
    git("clone", "--quiet", str(tmp_path / "repo"), "clone", cwd=tmp_path)
    clone = Registry(GitRepository.open(tmp_path / "clone"), two.author)
    assert clone.branch.tip() is None
    assert clone.state().aliased("fraud", "champion") == 1
    clone.apply(lambda s, at: models.create(s, "other", at))
    assert git("rev-parse", "gitmodels~1", cwd=tmp_path / "clone").strip() == two.branch.tip()
    assert clone.projection.behind(clone.state()) == {}
    assert git("rev-parse", REF, cwd=tmp_path / "clone") == git("rev-parse", REF, cwd=tmp_path / "repo")


def test_a_bare_repository_serves_as_well(bare_repo: Path, new_version) -> None:
    registry = Registry(GitRepository.open(bare_repo), GitRepository.open(bare_repo).identity())
    assert registry.apply(lambda s, at: versions.register(s, "fraud", new_version(), at)) == 1


def test_what_the_question_raises_leaves_nothing(two: Registry) -> None:
    tip = two.branch.tip()

    def ask(state, at) -> Change[None]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        two.apply(ask)
    assert two.branch.tip() == tip
    two.apply(lambda s, at: models.create(s, "other", at))
