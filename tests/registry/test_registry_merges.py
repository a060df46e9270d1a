"""Two people work apart and git merges: what says different things conflicts, everything else merges clean."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Corrupt
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.registry import Registry

Git = Callable[..., str]


class Pair:
    """The same registry in two repositories, and what git makes of both."""

    def __init__(self, mine: Registry, theirs: Registry, git: Git) -> None:
        self.mine, self.theirs, self.git = mine, theirs, git

    def merge(self) -> list[str]:
        """Merge theirs into mine with stock git; the paths in conflict, none when it was clean (then mine is moved)."""
        folder = self.mine.git.common_dir
        self.git("fetch", "--quiet", str(self.theirs.git.common_dir), "+gitmodels:refs/other", cwd=folder)
        done = subprocess.run(
            ["git", "merge-tree", "--write-tree", "--name-only", "-z", "gitmodels", "refs/other"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        tree, *rest = done.stdout.split("\0")
        if done.returncode == 0:
            new = self.git(
                "commit-tree", tree, "-p", "gitmodels", "-p", "refs/other", "-m", "merge", cwd=folder
            ).strip()
            self.git("update-ref", "refs/heads/gitmodels", new, cwd=folder)
        return sorted(set(rest[: rest.index("")])) if done.returncode else []


@pytest.fixture
def pair(registry: Registry, new_version, tmp_path: Path, git: Git) -> Pair:
    for content in (b"1", b"2", b"3"):
        registry.apply(lambda s, at, c=content: versions.register(s, "fraud", new_version(c), at))
    registry.apply(lambda s, at: models.create(s, "risk", at))
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 1, at))
    git("clone", "--quiet", "--bare", str(registry.git.common_dir), "theirs.git", cwd=tmp_path)
    return Pair(registry, Registry(GitRepository.open(tmp_path / "theirs.git"), Identity("Bo", "bo@x.org")), git)


def test_the_same_new_alias_conflicts(pair: Pair) -> None:
    pair.mine.apply(lambda s, at: aliases.set_alias(s, "fraud", "new", 2, at))
    pair.theirs.apply(lambda s, at: aliases.set_alias(s, "fraud", "new", 3, at))
    assert pair.merge() == ["models/39/fraud/aliases/new.yaml"]


def test_two_moves_of_one_alias_conflict(pair: Pair) -> None:
    pair.mine.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 2, at))
    pair.theirs.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 3, at))
    assert pair.merge() == ["models/39/fraud/aliases/prod.yaml"]


def test_a_move_and_a_clearing_conflict(pair: Pair) -> None:
    pair.mine.apply(lambda s, at: aliases.delete_alias(s, "fraud", "prod", at))
    pair.theirs.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 3, at))
    assert pair.merge() == ["models/39/fraud/aliases/prod.yaml"]


def test_a_move_there_and_back_conflicts_with_a_move(pair: Pair) -> None:
    for number in (2, 1):
        pair.mine.apply(lambda s, at, n=number: aliases.set_alias(s, "fraud", "prod", n, at))
    pair.theirs.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 3, at))
    assert pair.merge() == ["models/39/fraud/aliases/prod.yaml"]


def test_the_same_number_given_twice_conflicts(pair: Pair, new_version) -> None:
    pair.mine.apply(lambda s, at: versions.register(s, "fraud", new_version(b"mine"), at))
    pair.theirs.apply(lambda s, at: versions.register(s, "fraud", new_version(b"theirs"), at))
    assert "models/39/fraud/versions/4/version.yaml" in pair.merge()


def test_versions_of_different_models_merge(pair: Pair, new_version) -> None:
    pair.mine.apply(lambda s, at: versions.register(s, "fraud", new_version(b"mine"), at))
    pair.theirs.apply(lambda s, at: versions.register(s, "risk", new_version(b"theirs"), at))
    assert pair.merge() == []
    state = pair.mine.state()
    assert (state.numbers("fraud"), state.numbers("risk")) == ([1, 2, 3, 4], [1])


def test_tags_of_different_versions_and_far_apart_keys_merge(pair: Pair) -> None:
    for key in "bcdefghij":
        pair.mine.apply(lambda s, at, k=key: versions.set_tag(s, "fraud", 1, k, "x"))
    pair.git("fetch", "-q", str(pair.mine.git.common_dir), "+gitmodels:gitmodels", cwd=pair.theirs.git.common_dir)
    pair.mine.apply(lambda s, at: versions.set_tag(s, "fraud", 1, "a", "mine"))
    pair.mine.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "ok", "mine"))
    pair.theirs.apply(lambda s, at: versions.set_tag(s, "fraud", 1, "z", "theirs"))
    pair.theirs.apply(lambda s, at: versions.set_tag(s, "fraud", 3, "ok", "theirs"))
    assert pair.merge() == []
    state = pair.mine.state()
    assert (state.meta("fraud", 1).tags["a"], state.meta("fraud", 1).tags["z"]) == ("mine", "theirs")
    assert (state.meta("fraud", 2).tags, state.meta("fraud", 3).tags) == ({"ok": "mine"}, {"ok": "theirs"})


def test_the_same_key_with_two_values_conflicts(pair: Pair) -> None:
    pair.mine.apply(lambda s, at: versions.set_tag(s, "fraud", 1, "ok", "yes"))
    pair.theirs.apply(lambda s, at: versions.set_tag(s, "fraud", 1, "ok", "no"))
    assert pair.merge() == ["models/39/fraud/meta/1.yaml"]


def test_a_deleted_version_keeps_the_tag_that_somebody_gave_it(pair: Pair, new_version) -> None:
    """With a real deletion git's rename detection carried the tag over to the new, similar version."""
    pair.mine.apply(lambda s, at: versions.delete(s, "fraud", 2, at))
    pair.mine.apply(lambda s, at: versions.register(s, "fraud", new_version(b"4"), at))
    pair.theirs.apply(lambda s, at: versions.set_tag(s, "fraud", 2, "validated", "yes"))
    conflicts = pair.merge()
    assert conflicts in ([], ["models/39/fraud/meta/2.yaml"])
    state = pair.mine.state()
    assert state.meta("fraud", 4).tags == {}
    if not conflicts:
        assert state.meta("fraud", 2).tags == {"validated": "yes"}
        assert state.meta("fraud", 2).status == "deleted"


def test_a_cleared_alias_never_lends_its_target_to_another(pair: Pair) -> None:
    pair.mine.apply(lambda s, at: aliases.delete_alias(s, "fraud", "prod", at))
    pair.mine.apply(lambda s, at: aliases.set_alias(s, "fraud", "live", 1, at))
    pair.theirs.apply(lambda s, at: aliases.set_alias(s, "fraud", "prod", 2, at))
    assert pair.merge() == ["models/39/fraud/aliases/prod.yaml"]


def test_a_clean_merge_can_leave_an_alias_to_a_deleted_version_and_readers_fail_closed(pair: Pair) -> None:
    pair.mine.apply(lambda s, at: versions.delete(s, "fraud", 2, at))
    pair.theirs.apply(lambda s, at: aliases.set_alias(s, "fraud", "new", 2, at))
    assert pair.merge() == []
    with pytest.raises(Corrupt, match="was deleted"):
        pair.mine.state().aliased("fraud", "new")


def test_a_rename_and_work_under_the_old_name_merge_into_two_places(pair: Pair, new_version) -> None:
    pair.mine.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    pair.theirs.apply(lambda s, at: versions.register(s, "fraud", new_version(b"4"), at))
    assert pair.merge() == []
    state = pair.mine.state()
    # Nothing is lost and nothing is served: the old name leads to the new one, doctor tells of the stray version.
    assert state.follow("fraud") == "theft"
    assert state.all_numbers("fraud") == [1, 2, 3, 4]
    assert state.all_numbers("theft") == [1, 2, 3]
