"""What this clone decided: kept in its own configuration and a file of ours, and never wider than it was said."""

from pathlib import Path

import pytest

from gitmodels.digest import Digest
from gitmodels.errors import Invalid, InvalidName
from gitmodels.git.repository import GitRepository
from gitmodels.trusted import Saved, Trusted, from_setting

ONE, TWO = Digest("1" * 64), Digest("2" * 64)


@pytest.fixture
def trusted(git_repo: Path) -> Trusted:
    return Trusted(GitRepository.open(git_repo))


def test_nothing_is_trusted_but_what_was_logged_here(trusted: Trusted) -> None:
    decision = trusted.decision()
    assert (decision.everything, decision.local, decision.approved, decision.digests) == (
        False,
        True,
        False,
        frozenset(),
    )
    assert not trusted.is_local(ONE)
    trusted.logged_here(ONE)
    trusted.logged_here(ONE)
    assert trusted.is_local(ONE)
    assert not trusted.is_local(TWO)
    assert trusted.decision().digests == frozenset()


def test_single_models_are_allowed_by_their_digest(trusted: Trusted) -> None:
    trusted.allow(ONE)
    trusted.allow(ONE)
    assert trusted.allowed() == [ONE]
    assert trusted.decision().digests == {ONE}
    assert not trusted.is_local(ONE)


@pytest.mark.parametrize("level", ["all", "approved", "digests"])
def test_a_level_is_kept_in_the_repositorys_own_configuration(level: str, trusted: Trusted) -> None:
    trusted.set_level(level, ["champion"] if level == "approved" else [])
    again = Trusted(GitRepository.open(trusted.git.common_dir))
    assert again.level() == level
    assert (again.decision().everything, again.decision().approved) == (level == "all", level == "approved")


def test_approved_needs_aliases_and_only_approved_takes_them(trusted: Trusted) -> None:
    with pytest.raises(Invalid, match="no alias is named"):
        trusted.set_level("approved")
    for level in ("all", "digests"):
        with pytest.raises(Invalid, match="for the level approved only"):
            trusted.set_level(level, ["champion"])
    with pytest.raises(InvalidName):
        trusted.set_level("approved", ["v1"])
    assert (trusted.level(), trusted.aliases()) == (None, ())
    trusted.set_level("approved", ["champion", "prod"])
    trusted.set_level("all")
    trusted.set_level("approved")
    assert trusted.aliases() == ("champion", "prod")


def test_a_word_that_is_no_level_never_widens_trust(trusted: Trusted) -> None:
    with pytest.raises(Invalid):
        trusted.set_level("everything")
    trusted.git.set_config("gitmodels.trust", "ALL ")
    with pytest.raises(Invalid, match="it is one of all, approved, digests"):
        trusted.decision()


@pytest.mark.parametrize(
    "rest", [b"allowed " + b"3" * 63, b"allowed", b"\xff\xfe", b"\nallowed xyz", b"allowed " + b"z" * 64]
)
def test_a_torn_line_trusts_nothing_and_hurts_no_other(rest: bytes, trusted: Trusted) -> None:
    trusted.allow(ONE)
    path = trusted.git.own_dir / "trusted"
    with path.open("ab") as stream:
        stream.write(rest)
    trusted.allow(TWO)
    assert trusted.decision().digests == {ONE, TWO}


def test_what_a_user_saved_is_noted_for_that_user_alone(tmp_path: Path) -> None:
    Saved(tmp_path / "ana").add(ONE)
    assert Saved(tmp_path / "ana").has(ONE)
    assert not Saved(tmp_path / "bob").has(ONE)
    assert (tmp_path / "ana" / "gitmodels" / "saved").stat().st_mode & 0o077 == 0


def test_the_variable_grants_what_it_says_and_nothing_else() -> None:
    for text in (None, "", "0", "none"):
        assert not from_setting(text).everything
    for text in ("1", "all", "true", "yes"):
        assert from_setting(text).everything
    assert from_setting(str(ONE)).digests == {ONE}
    with pytest.raises(Invalid):
        from_setting("al")
