"""An audit tells every protected move and what shows its review; what is not as it should be is flagged."""

from typing import Any

import pytest

from gitmodels.api import auditing
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases
from gitmodels.registry.changes.change import At
from gitmodels.repo import Repo
from gitmodels.review.audit import Event
from gitmodels.review.policy.facts import Approval

PROTECTED = {"name": "production", "aliases": ["champion"], "protected": True}
BO = {"GIT_AUTHOR_NAME": "Bo", "GIT_AUTHOR_EMAIL": "bo@example.org"}


def _events(desk: Any) -> list[Event]:
    return list(auditing.events(Repo.open(desk.path)))


def _moves(desk: Any) -> list[tuple[str, str, bool]]:
    """Of each protected move the words, what shows its review, and whether it is flagged; newest first."""
    return [(each.text, each.review, each.flagged) for each in _events(desk) if each.kind == "move" and each.protected]


def _file(desk: Any, number: int) -> dict[str, bytes]:
    state = Repo.open(desk.path).registry.state()
    record = aliases.pointed(state, "fraud", "champion", number, At("e" * 32, 0, "", ""), None)
    return {layout.alias_file("fraud", "champion"): record.to_yaml()}


def test_without_a_policy_nothing_is_protected_and_nothing_flagged(desk: Any) -> None:
    desk.point("champion", 2)
    assert [(each.subject, each.protected, each.flagged) for each in _events(desk)] == [
        ("fraud@champion", False, False),
        ("fraud@champion", False, False),
    ]


def test_a_direct_move_of_a_protected_alias_is_flagged(desk: Any) -> None:
    desk.policy(PROTECTED)
    desk.put(_file(desk, 2))
    assert _moves(desk) == [("fraud@champion v1 → v2; nothing shows a review", "", True)]


def test_case_88_a_merge_and_a_squash_by_a_host_show_a_review(desk: Any) -> None:
    desk.policy(PROTECTED)
    base = desk.tip
    head = desk.aside("proposal", lambda: desk.put(_file(desk, 2), **BO))
    merged = desk.git("commit-tree", f"{head}^{{tree}}", "-p", base, "-p", head, "-m", "Merge").strip()
    desk.git("update-ref", "refs/heads/gitmodels", merged)
    assert _moves(desk) == [("fraud@champion v1 → v2", "merged", False)]
    squashed = desk.git("commit-tree", f"{head}^{{tree}}", "-p", base, "-m", "Squash (#1)", **BO).strip()
    desk.git("update-ref", "refs/heads/gitmodels", squashed)
    assert _moves(desk) == [("fraud@champion v1 → v2", "committed", False)]


def test_a_rollback_that_the_policy_lets_go_is_no_offence(desk: Any) -> None:
    desk.point("champion", 2)
    desk.policy(PROTECTED | {"rollback": "free"})
    registry = Repo.open(desk.path).registry
    registry.apply(lambda state, at: aliases.rollback(state, "fraud", "champion", at))
    assert _moves(desk) == [("fraud@champion v2 → v1", "rollback", False)]


def test_missing_approvals_are_flagged_also_in_a_merge(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.policy(PROTECTED | {"approvals": {"min": 1, "signers": ["carol@example.org"]}})
    base = desk.tip
    head = desk.aside("proposal", lambda: desk.put(_file(desk, 2), **BO))
    merged = desk.git("commit-tree", f"{head}^{{tree}}", "-p", base, "-p", head, "-m", "Merge").strip()
    desk.git("update-ref", "refs/heads/gitmodels", merged)
    ((words, review, flagged),) = _moves(desk)
    assert flagged
    assert review == "merged"
    assert "rule 'production': 0 of 1 signed" in words
    from gitmodels.review.audit import audit

    repo = Repo.open(desk.path)
    carol = (Approval("carol@example.org"),)
    found = [each for each in audit(repo.git, repo.registry.state(), lambda *_: lambda move: carol) if each.protected]
    assert [(each.review, each.flagged) for each in found] == [("signed", False)]


def test_a_change_of_the_policy_is_told_and_needs_who_may(desk: Any) -> None:
    desk.policy(PROTECTED, policy_changes={"min": 1, "signers": ["owner@example.org"]})
    desk.policy()
    found = [each for each in _events(desk) if each.kind == "policy"]
    assert [each.flagged for each in found] == [True, False]
    assert "0 of 1 signed" in found[0].text


def test_edited_vanished_and_missing_versions_are_flagged(desk: Any) -> None:
    path = layout.version_file("fraud", 1)
    desk.put({path: desk.read(path).replace(b"Ana", b"Eve")})
    files = desk.git("ls-tree", "-r", "--name-only", "gitmodels", layout.version_folder("fraud", 2)).split()
    desk.register()
    desk.put(dict.fromkeys(files))
    told = {each.text.partition(":")[0] for each in _events(desk) if each.flagged}
    assert told == {"version-edited", "version-vanished", "number-gap"}


def test_case_68_a_remote_that_took_back_what_it_had_is_flagged(desk: Any, bare_repo: Any) -> None:
    desk.git("remote", "add", "origin", str(bare_repo))
    from gitmodels.api import publishing

    publishing.push(Repo.open(desk.path))
    assert not any(each.flagged for each in _events(desk))
    first = desk.git("rev-list", "--max-parents=0", "gitmodels").strip()
    desk.git("update-ref", "refs/remotes/origin/gitmodels", first)
    flagged = [each for each in _events(desk) if each.flagged]
    assert [each.subject for each in flagged] == ["origin"]
    assert "history-rewritten" in flagged[0].text


def test_a_policy_that_could_not_be_read_then_is_flagged_where_it_mattered(desk: Any) -> None:
    desk.put({"policy/policy.yaml": b"format: 1\nrule: []\n"})
    desk.put(_file(desk, 2))
    assert [each.subject for each in _events(desk) if each.flagged] == ["policy/policy.yaml"]


def test_what_is_deeper_than_a_shallow_clone_is_flagged(desk: Any, tmp_path: Any, git: Any) -> None:
    desk.point("champion", 2)
    clone = tmp_path / "shallow"
    git("clone", "-q", "--depth", "2", "--branch", "gitmodels", f"file://{desk.path}", str(clone), cwd=tmp_path)
    found = list(auditing.events(Repo.open(clone)))
    assert "older commits are not here" in next(each for each in found if each.flagged).text
