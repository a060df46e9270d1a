"""Annotated tags as git writes them, loose and packed, and what is none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Corrupt
from gitmodels.git import tags
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]


@pytest.mark.parametrize("packed", [False, True])
def test_annotated_tags_are_read_with_author_time_and_message(git_repo: Path, git: Git, packed: bool) -> None:
    git("commit", "--quiet", "--allow-empty", "-m", "one", cwd=git_repo)
    commit = git("rev-parse", "HEAD", cwd=git_repo).strip()
    git("tag", "-a", "fraud@v1.0.0", "-m", "It works\n\nReally.", cwd=git_repo, GIT_COMMITTER_DATE="1764000000 +0200")
    git("tag", "-a", "fraud#prod#2", "-m", "On", cwd=git_repo)
    git("tag", "light", cwd=git_repo)
    git("tag", "-a", "of-a-tree", "-m", "x", "HEAD^{tree}", cwd=git_repo)
    if packed:
        git("gc", "--quiet", cwd=git_repo)
    repo = GitRepository.open(git_repo)
    found = {tag.name: tag for tag in tags.annotated(repo, lambda name: True)}
    assert sorted(found) == ["fraud#prod#2", "fraud@v1.0.0"]
    tag = found["fraud@v1.0.0"]
    assert (tag.commit, tag.author, tag.email) == (commit, "Ana Test", "ana@example.org")
    assert (tag.when_ms, tag.message) == (1_764_000_000_000, "It works\n\nReally.")
    assert [tag.name for tag in tags.annotated(repo, lambda name: "prod" in name)] == ["fraud#prod#2"]


def test_what_is_odd_in_a_tag_harms_nobody() -> None:
    head = b"object %s\ntype commit\ntag v1\n" % (b"0" * 40)
    plain = tags.parse("v1", head)
    assert plain is not None
    assert (plain.author, plain.when_ms, plain.message) == ("unknown", 0, "")
    signed = tags.parse("v1", head + b"tagger A <a@b> 99999999999999 +0000\n\nWords\n-----BEGIN PGP SIGNATURE-----\nx")
    assert signed is not None
    assert (signed.when_ms, signed.message) == (0, "Words")
    assert tags.parse("v1", b"object %s\ntype tree\ntag v1\n" % (b"0" * 40)) is None
    with pytest.raises(Corrupt, match="header"):
        tags.parse("v1", b"type commit\n\nobject")
