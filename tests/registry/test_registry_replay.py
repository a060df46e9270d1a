"""What two people did apart, one put on top of the other: numbers follow, agreement is silent, the rest is told."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import gitmodels.registry.changes
from gitmodels.errors import Conflict, FormatTooNew, Invalid
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.catching_up import Brought, catch_up
from gitmodels.registry.changes import aliases, cards, configure, evaluations, models, repair, versions
from gitmodels.registry.configuration import Configuration
from gitmodels.registry.evaluations import Evaluation, of_version
from gitmodels.registry.operations import table
from gitmodels.registry.operations.asked import Wishes
from gitmodels.registry.registry import Registry
from gitmodels.registry.state import State

Git = Callable[..., str]


class Two:
    """Ana and Bo with the same registry: ``bring`` puts Ana's operations on top of Bo's."""

    def __init__(self, ana: Registry, bo: Registry, git: Git, new_version: Any) -> None:
        self.ana, self.bo, self.git, self.new_version = ana, bo, git, new_version

    def fetch(self) -> str:
        self.git("fetch", "-q", str(self.bo.git.common_dir), "+gitmodels:refs/other", cwd=self.ana.git.common_dir)
        return self.git("rev-parse", "refs/other", cwd=self.ana.git.common_dir).strip()

    def bring(self, mine: str = "", theirs: str = "", **options: Any) -> Brought:
        wishes = Wishes(frozenset(mine.split()), frozenset(theirs.split()))
        return catch_up(self.ana, self.fetch(), wishes, **options)

    def refused(self, match: str, **options: Any) -> Conflict:
        """The conflict; nothing has changed."""
        before = self.ana.branch.tip(), self.ana.branch.refs.list("refs/gitmodels/")
        with pytest.raises(Conflict, match=match) as caught:
            self.bring(**options)
        assert (self.ana.branch.tip(), self.ana.branch.refs.list("refs/gitmodels/")) == before
        return caught.value

    def register(self, who: Registry, content: bytes, name: str = "fraud") -> int:
        return who.apply(lambda s, at: versions.register(s, name, self.new_version(content), at))

    def set(self, who: Registry, number: int, alias: str = "champion", reason: str | None = None) -> Any:
        return who.apply(lambda s, at: aliases.set_alias(s, "fraud", alias, number, at, reason=reason))

    @property
    def state(self) -> State:
        return self.ana.state()


@pytest.fixture
def two(registry: Registry, new_version: Any, tmp_path: Path, git: Git) -> Two:
    """Three versions of fraud, champion at 1, and risk without versions; the same at Bo's."""
    for content in (b"1", b"2", b"3"):
        registry.apply(lambda s, at, c=content: versions.register(s, "fraud", new_version(c), at))
    registry.apply(lambda s, at: models.create(s, "risk", at))
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 1, at))
    git("clone", "-q", "--bare", str(registry.git.common_dir), "bo.git", cwd=tmp_path)
    return Two(
        registry, Registry(GitRepository.open(tmp_path / "bo.git"), Identity("Bo", "bo@x.org")), git, new_version
    )


def kinds() -> Iterator[str]:
    """Every kind that a change is made with, wherever it stands in the source."""
    for path in Path(gitmodels.registry.changes.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text())
        takes = {"Change": 2}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [one.arg for one in node.args.args]
                takes |= {node.name: names.index("kind")} if "kind" in names else {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                given = [one.value for one in node.keywords if one.arg == "kind"]
                given += node.args[takes[name] : takes[name] + 1] if name in takes else []
                yield from (one.value for one in given if isinstance(one, ast.Constant))


def test_every_kind_of_operation_can_be_asked_again() -> None:
    found = set(kinds())
    assert {"register", "alias", "rollback", "tag", "repair", "evaluate", "card"} <= found
    assert found == set(table.ASKING)


def test_a_version_that_lost_the_race_gets_the_next_number_and_all_that_speaks_of_it_follows(two: Two) -> None:
    two.register(two.bo, b"theirs")
    assert two.register(two.ana, b"mine") == 4
    tree = two.state.tree.oid(layout.version_folder("fraud", 4))
    record = two.state.version("fraud", 4).record
    two.set(two.ana, 4, reason="better")
    two.ana.apply(lambda s, at: versions.set_tag(s, "fraud", 4, "ok", "yes"))
    two.ana.apply(lambda s, at: evaluations.add(s, "fraud", 4, Evaluation(record.manifest, {"auc": 0.9}), at))
    two.ana.apply(lambda s, at: versions.copy(s, s.version("fraud", 4), "risk", at))
    two.ana.apply(lambda s, at: versions.register(s, "risk", two.new_version(b"x", source="models:/fraud/4"), at))
    brought = two.bring()
    assert brought.replayed is not None
    assert [str(one) for one in brought.replayed.renumbered] == ["fraud v4 → v5"]
    assert two.state.version("fraud", 4).record.manifest != record.manifest
    # The folder is the same to the byte: content, time, author and operation.
    assert two.state.tree.oid(layout.version_folder("fraud", 5)) == tree
    assert two.state.aliased("fraud", "champion") == 5
    assert two.state.alias("fraud", "champion").previous.version == 1
    assert two.state.meta("fraud", 5).tags == {"ok": "yes"}
    assert [one.metrics for one in of_version(two.state, "fraud", 5, record.manifest)] == [{"auc": 0.9}]
    assert [two.state.version("risk", n).record.source for n in (1, 2)] == ["models:/fraud/5"] * 2


def test_authors_times_and_operations_stay_with_what_is_asked_again(two: Two, git: Git) -> None:
    two.register(two.ana, b"mine")
    two.ana.apply(lambda s, at: models.update(s, "fraud", at, "Who pays back?"))
    show = ("log", "-2", "--format=%an %ae %at %ct %B", "gitmodels")
    before = git(*show, cwd=two.ana.git.common_dir)
    updated = two.state.model("fraud").updated
    two.register(two.bo, b"theirs", "other")
    two.bring()
    assert git(*show, cwd=two.ana.git.common_dir) == before
    assert two.state.model("fraud").updated == updated


def test_the_alias_refs_follow(two: Two, git: Git) -> None:
    two.register(two.bo, b"theirs")
    two.register(two.ana, b"mine")
    two.set(two.ana, 4)
    two.set(two.bo, 4, alias="next")
    two.bring()
    catch = two.ana.projection.behind(two.state)
    assert catch == {}
    refs = two.ana.branch.refs.list(layout.ALIAS_REFS)
    assert len(refs) == 2
    git("fetch", "-q", str(two.ana.git.common_dir), "gitmodels:refs/ana", cwd=two.bo.git.common_dir)
    catch_up(two.bo, str(two.ana.branch.tip()))
    assert two.bo.branch.refs.list(layout.ALIAS_REFS) == refs


def test_nothing_unpublished_is_a_fast_forward(two: Two) -> None:
    two.register(two.bo, b"theirs")
    two.set(two.bo, 4)
    brought = two.bring()
    assert (brought.replayed, brought.after) == (None, two.bo.branch.tip())
    assert two.ana.projection.behind(two.state) == {}
    assert two.bring().before == brought.after


def test_a_dry_run_tells_and_changes_nothing(two: Two) -> None:
    two.register(two.bo, b"theirs")
    two.register(two.ana, b"mine")
    before = two.ana.branch.tip()
    told = two.bring(dry=True).replayed
    assert told is not None
    assert [str(one) for one in told.renumbered] == ["fraud v4 → v5"]
    assert two.ana.branch.tip() == before


def test_two_moves_of_one_alias_end_in_one_message_with_both_sides(two: Two) -> None:
    two.set(two.bo, 2, reason="recall")
    two.set(two.ana, 3, reason="AUC 0.91")
    error = two.refused("fraud@champion was moved by both")
    assert "there v1 → v2 by Bo on 20" in error.message
    assert '"recall", here v1 → v3 by Ana Test on 2026-02-03' in error.message
    assert error.message.endswith('"AUC 0.91"')
    assert error.hint == (
        "git models pull --theirs fraud@champion keeps theirs, git models pull --mine fraud@champion keeps yours"
    )


def test_theirs_gives_up_the_move_and_mine_makes_it_again(two: Two) -> None:
    two.set(two.bo, 2)
    two.set(two.ana, 3)
    two.register(two.ana, b"mine")
    told = two.bring(theirs="fraud@champion").replayed
    assert told is not None
    assert [one.kind for one in told.dropped] == ["alias"]
    assert (two.state.aliased("fraud", "champion"), two.state.numbers("fraud")) == (2, [1, 2, 3, 4])
    two.set(two.ana, 1)
    two.set(two.bo, 3)
    two.bring(mine="fraud@champion")
    record = two.state.alias("fraud", "champion")
    assert (record.target.version, record.previous.version) == (1, 3)


def test_the_same_move_by_both_converges(two: Two) -> None:
    two.set(two.bo, 2)
    two.set(two.ana, 2)
    two.set(two.ana, 3)
    told = two.bring().replayed
    assert told is not None
    assert [len(told.there), len(told.done)] == [1, 1]
    assert two.state.alias("fraud", "champion").previous.version == 2


def test_a_move_there_and_back_is_a_move(two: Two) -> None:
    two.set(two.bo, 2)
    two.set(two.bo, 1)
    two.set(two.ana, 3)
    two.refused("moved by both: there v2 → v1")


@pytest.mark.parametrize("how", ["clear", "rollback", "delete"])
def test_clearing_rolling_back_and_deleting_are_moves_too(two: Two, how: str) -> None:
    two.set(two.ana, 3)
    two.set(two.bo, 2)
    two.bring(theirs="fraud@champion")
    does = {
        "clear": lambda s, at: aliases.delete_alias(s, "fraud", "champion", at),
        "rollback": lambda s, at: aliases.rollback(s, "fraud", "champion", at),
        "delete": lambda s, at: versions.delete(s, "fraud", 2, at),
    }
    two.bo.apply(does[how])
    two.set(two.ana, 3)
    two.refused("fraud@champion was moved by both")
    two.bring(mine="fraud@champion")
    assert two.state.aliased("fraud", "champion") == 3


def test_two_who_roll_back_agree(two: Two) -> None:
    two.set(two.ana, 3)
    two.git("fetch", "-q", str(two.ana.git.common_dir), "+gitmodels:gitmodels", cwd=two.bo.git.common_dir)
    for who in (two.ana, two.bo):
        who.apply(lambda s, at: aliases.rollback(s, "fraud", "champion", at, reason="worse"))
    two.bring()
    assert two.state.aliased("fraud", "champion") == 1


def test_what_was_deleted_meanwhile_cannot_be_worked_on(two: Two) -> None:
    two.bo.apply(lambda s, at: versions.delete(s, "fraud", 3, at, "bad data"))
    two.ana.apply(lambda s, at: versions.set_tag(s, "fraud", 3, "ok", "yes"))
    two.set(two.ana, 3)
    error = two.refused("fraud v3 was deleted by Bo")
    assert error.hint == "git models pull --theirs fraud/3 gives up what was done here"
    told = two.bring(theirs="fraud/3").replayed
    assert told is not None
    assert len(told.dropped) == 2


def test_two_who_delete_agree(two: Two) -> None:
    for who in (two.ana, two.bo):
        who.apply(lambda s, at: versions.delete(s, "fraud", 3, at))
        who.apply(lambda s, at: models.delete(s, "risk", at))
    assert two.bring().after == two.bo.branch.tip()


def test_a_version_that_others_point_at_is_not_deleted_without_asking(two: Two) -> None:
    two.set(two.bo, 3, alias="prod")
    two.ana.apply(lambda s, at: versions.delete(s, "fraud", 3, at))
    two.refused("fraud@prod was set to v3 by Bo")
    two.bring(mine="fraud/3")
    assert two.state.aliases("fraud") == {"champion": 1}


def test_a_model_that_was_moved_away_is_followed_when_wished(two: Two) -> None:
    two.bo.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    two.register(two.ana, b"mine")
    two.set(two.ana, 4)
    error = two.refused("fraud was renamed to theft by Bo")
    assert "--mine fraud keeps yours" in error.hint
    told = two.bring(mine="fraud").replayed
    assert told is not None
    assert [str(one) for one in told.renumbered] == ["fraud v4 → theft v4"]
    assert (two.state.numbers("theft"), two.state.aliased("theft", "champion")) == ([1, 2, 3, 4], 4)


def test_a_model_that_was_renamed_here_takes_the_others_versions_along(two: Two) -> None:
    two.ana.apply(lambda s, at: models.rename(s, "fraud", "theft", at))
    two.register(two.ana, b"mine", "theft")
    two.register(two.bo, b"theirs")
    told = two.bring().replayed
    assert told is not None
    assert [str(one) for one in told.renumbered] == ["theft v4 → v5"]
    assert two.state.numbers("theft") == [1, 2, 3, 4, 5]


def test_a_model_that_was_deleted_comes_back_only_when_wished(two: Two) -> None:
    two.bo.apply(lambda s, at: models.delete(s, "fraud", at))
    two.register(two.ana, b"mine")
    two.refused("fraud was deleted by Bo")
    two.bring(mine="fraud")
    assert two.state.numbers("fraud") == [4]


def test_a_model_that_others_work_with_is_not_deleted_without_asking(two: Two) -> None:
    two.register(two.bo, b"theirs")
    two.ana.apply(lambda s, at: models.delete(s, "fraud", at))
    two.refused("fraud got new versions or aliases there")
    two.bring(mine="fraud")
    assert list(two.state.model_names()) == ["risk"]


def test_two_who_start_the_same_model_share_it(two: Two) -> None:
    two.bo.apply(lambda s, at: models.create(s, "new", at, tags={"team": "a"}))
    two.ana.apply(lambda s, at: models.create(s, "new", at, tags={"ok": "yes"}, description="Mine"))
    two.register(two.bo, b"theirs", "new")
    two.register(two.ana, b"mine", "new")
    two.bring()
    record = two.state.model("new")
    assert (record.tags, record.description) == ({"ok": "yes", "team": "a"}, "Mine")
    assert two.state.numbers("new") == [1, 2]


def test_a_stage_that_others_filled_is_not_emptied_without_asking(two: Two) -> None:
    def stage(who: Registry, number: int) -> None:
        who.apply(lambda s, at: versions.stage(s, "fraud", number, "Production", at, archive=True))

    stage(two.bo, 2)
    stage(two.ana, 3)
    two.refused("fraud v2 was moved to Production by Bo on .*, and would be archived")
    two.bring(mine="fraud/3")
    assert [two.state.meta("fraud", n).stage for n in (2, 3)] == ["Archived", "Production"]


def test_two_cards_conflict_and_one_is_kept(two: Two) -> None:
    two.bo.apply(lambda s, at: cards.write(s, "fraud", "# Theirs\n"))
    two.ana.apply(lambda s, at: cards.write(s, "fraud", "# Mine\n"))
    two.refused("the card of fraud was written by Bo")
    two.bring(mine="fraud:README.md")
    assert two.state.card("fraud") == b"# Mine\n"


def test_a_remote_that_both_name_differently_is_a_conflict_and_others_come_together(two: Two) -> None:
    two.bo.apply(lambda s, at: configure.add_remote(s, "storage", "s3://theirs"))
    two.bo.apply(lambda s, at: configure.add_remote(s, "more", "s3://more"))
    two.ana.apply(lambda s, at: configure.add_remote(s, "storage", "s3://mine"))
    two.refused("the remote storage is s3://theirs there")
    two.bring(theirs="remote:storage")
    two.ana.apply(lambda s, at: configure.add_remote(s, "mine", "s3://mine", default=True))
    two.ana.apply(lambda s, at: configure.remove_remote(s, "more"))
    two.bring()
    known = Configuration.of(two.state)
    assert known.remotes == {"storage": "s3://theirs", "mine": "s3://mine"}
    assert known.remote == "mine"


def test_all_disagreements_are_told_at_once_with_the_commands(two: Two) -> None:
    for alias in ("champion", "prod"):
        two.set(two.bo, 2, alias=alias)
        two.set(two.ana, 3, alias=alias)
    error = two.refused("fraud@champion was moved by both.*; fraud@prod was moved by both")
    assert "git models pull --mine fraud@champion --mine fraud@prod keeps yours" in error.hint
    two.bring(mine="fraud@champion", theirs="fraud@prod")
    assert two.state.aliases("fraud") == {"champion": 3, "prod": 2}


def test_a_wish_about_nothing_is_refused(two: Two) -> None:
    two.register(two.bo, b"theirs")
    two.register(two.ana, b"mine")
    with pytest.raises(Invalid, match="nothing that was not pushed disagrees about fraud@nobody"):
        two.bring(mine="fraud@nobody")


def test_a_repair_is_made_again_or_not_needed(two: Two, put: Any) -> None:
    path = layout.alias_file("fraud", "champion")
    data = two.state.tree.read(path)
    put({path: data.replace(b"size: 1", b"size: 7")})
    two.git("fetch", "-q", str(two.ana.git.common_dir), "+gitmodels:gitmodels", cwd=two.bo.git.common_dir)
    for who in (two.ana, two.bo):
        assert who.apply(lambda s, at: repair.alias(s, "fraud", "champion", at))
    assert two.bring().after == two.bo.branch.tip()


def test_a_commit_of_somebody_elses_hand_is_not_put_on_top(two: Two, put: Any) -> None:
    put({"README.md": b"# Ours\n"})
    assert two.bring().after == two.ana.branch.tip()  # nothing to put on top of anything
    two.register(two.bo, b"theirs")
    error = two.refused("'by hand'.* was not made by git models")
    assert "merge" in error.hint


def test_an_operation_of_a_newer_gitmodels_is_left_to_it(two: Two, git: Git) -> None:
    folder = two.ana.git.common_dir
    message = "bless fraud\n\nGitmodels-Op: ab\nGitmodels-Kind: bless\nGitmodels-Model: fraud\nGitmodels-Args: {}\n"
    done = git("commit-tree", "gitmodels^{tree}", "-p", "gitmodels", "-m", message, cwd=folder).strip()
    git("update-ref", "refs/heads/gitmodels", done, cwd=folder)
    two.register(two.bo, b"theirs")
    with pytest.raises(FormatTooNew, match="bless fraud: an operation of a newer gitmodels"):
        two.bring()


def test_what_was_rebased_by_a_host_is_done_nothing_twice(two: Two, git: Git) -> None:
    two.register(two.ana, b"mine")
    two.set(two.ana, 4)
    two.ana.apply(lambda s, at: models.set_tag(s, "fraud", "team", "a"))
    two.register(two.bo, b"theirs")
    # The pull request was taken by rebase: the same messages on other commits.
    git("fetch", "-q", str(two.ana.git.common_dir), "gitmodels:refs/ana", cwd=two.bo.git.common_dir)
    catch_up(two.bo, git("rev-parse", "refs/ana", cwd=two.bo.git.common_dir).strip())
    assert two.bo.state().aliased("fraud", "champion") == 4  # Bo's own was put on top, as v5
    two.bo.apply(lambda s, at: models.set_tag(s, "fraud", "team", "b"))
    assert two.bring().replayed is None
    # And by squashing, into one commit on what was there before.
    base = git("merge-base", "gitmodels", "refs/other", cwd=two.ana.git.common_dir).strip()
    assert base == two.ana.branch.tip()


def test_a_replay_holds_no_half_when_the_disk_fails(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    two.register(two.bo, b"theirs")
    two.register(two.ana, b"mine")
    before = two.ana.branch.tip()

    def fail(objects: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(two.ana.branch.packs, "write", fail)
    with pytest.raises(Exception, match="No space left"):
        two.bring()
    assert two.ana.branch.tip() == before
    done = subprocess.run(["git", "fsck"], cwd=two.ana.git.common_dir, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_two_registries_without_a_common_commit_are_told(two: Two, git: Git, tmp_path: Path) -> None:
    git("init", "-q", "--bare", "alien.git", cwd=tmp_path)
    alien = tmp_path / "alien.git"
    tree = git("hash-object", "-t", "tree", "-w", "/dev/null", cwd=alien).strip()
    done = git("-c", "user.name=x", "-c", "user.email=x@x", "commit-tree", tree, "-m", "x", cwd=alien).strip()
    git("update-ref", "refs/heads/gitmodels", done, cwd=alien)
    git("fetch", "-q", str(alien), "+gitmodels:refs/other", cwd=two.ana.git.common_dir)
    with pytest.raises(Conflict, match="no commit in common"):
        catch_up(two.ana, done)
