"""``check`` on real branches: what is sound passes, each of the ways a proposal can be wrong is named (cases of §4)."""

from collections.abc import Callable
from typing import Any

import pytest

from gitmodels import yaml
from gitmodels.api import change_checks
from gitmodels.errors import CheckFailed, NotEvaluated, NotFound
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, evaluations, models, versions
from gitmodels.registry.evaluations import Evaluation
from gitmodels.repo import Repo
from gitmodels.review import checking
from gitmodels.review.checking import Checked
from gitmodels.review.policy.decisions import Outcome

ALIAS = layout.alias_file("fraud", "champion")
PROTECTED = {"name": "production", "aliases": ["champion"], "protected": True}


def _check(desk: Any, head: str = "proposal", **options: Any) -> Checked:
    return change_checks.check(Repo.open(desk.path), base="gitmodels", head=head, **options)


def _wrong(checked: Checked) -> list[tuple[str, str, str]]:
    """Check, subject and outcome of what has not passed."""
    return [
        (each.check, each.subject, each.outcome.value) for each in checked.answers if each.outcome is not Outcome.PASSED
    ]


def _said(checked: Checked) -> str:
    return "\n".join(each.text for each in checked.answers)


def _propose(desk: Any, work: Callable[[], object]) -> str:
    commit: str = desk.aside("proposal", work)
    return commit


def test_a_promotion_that_is_sound_passes(desk: Any) -> None:
    head = _propose(desk, lambda: desk.point("champion", 2, reason="better"))
    checked = _check(desk)
    assert _wrong(checked) == []
    assert checked.outcome is Outcome.PASSED
    assert [str(seen.move) for seen in checked.moves] == ["fraud@champion v1 → v2"]
    assert (checked.base, checked.head) == (desk.tip, head)
    assert not checked.policy


def test_twenty_new_versions_pass_without_any_weights(desk: Any) -> None:
    _propose(desk, lambda: [desk.register() for _ in range(20)])
    for pack in (desk.path / ".git/gitmodels/packs").glob("*.pack"):
        assert b"weights" in pack.read_bytes()  # they are there, and nobody looks into them
    checked = _check(desk)
    assert _wrong(checked) == []
    assert len(checked.versions) == 20
    assert {each.text for each in checked.of("signature")} == {"takes its input example"}


def test_a_protected_move_under_review_passes_its_rule(desk: Any) -> None:
    desk.policy(PROTECTED)
    _propose(desk, lambda: desk.put({ALIAS: _pointing(desk, 2)}))
    checked = _check(desk)
    assert _wrong(checked) == []
    assert checked.moves[0].protected
    assert [(each.rule, each.part) for each in checked.of("policy")] == [("production", "protected")]


def _pointing(desk: Any, number: int, **other: Any) -> bytes:
    """The alias file that would move the champion to ``number``, with some keys otherwise."""
    state = Repo.open(desk.path).registry.state()
    from gitmodels.registry.changes.change import At

    record = aliases.pointed(state, "fraud", "champion", number, At("f" * 32, 0, "", ""), None)
    content = yaml.load(record.to_yaml()) | other
    return yaml.dump({key: value for key, value in content.items() if value is not None})


def test_a_summary_that_was_edited_by_hand_is_seen(desk: Any) -> None:
    content = yaml.load(_pointing(desk, 2))
    content["summary"]["metrics"] = {"auc": 0.99}
    _propose(desk, lambda: desk.put({ALIAS: yaml.dump(content)}))
    checked = _check(desk)
    assert _wrong(checked) == [("aliases", "fraud@champion", "violated")]
    assert "alias-summary" in _said(checked)


def test_an_immutable_file_a_gap_and_a_removed_version_are_seen(desk: Any) -> None:
    folder = layout.version_folder("fraud", 1)
    edited = desk.read(f"{folder}/version.yaml").replace(b"Ana", b"Eve")
    _propose(desk, lambda: desk.put({f"{folder}/version.yaml": edited}))
    assert ("history", folder, "violated") in _wrong(_check(desk))
    files = desk.git("ls-tree", "-r", "--name-only", "gitmodels", layout.version_folder("fraud", 2)).split()
    _propose(desk, lambda: desk.put(dict.fromkeys(files)))
    assert ("history", layout.version_folder("fraud", 2), "violated") in _wrong(_check(desk))
    moved = {path.replace("versions/2/", "versions/4/"): desk.read(path) for path in files}
    _propose(desk, lambda: desk.put(moved))
    assert ("history", layout.versions_folder("fraud"), "violated") in _wrong(_check(desk))


def test_what_was_wrong_before_is_not_held_against_who_did_not_do_it(desk: Any) -> None:
    folder = layout.version_folder("fraud", 1)
    desk.put({f"{folder}/version.yaml": desk.read(f"{folder}/version.yaml").replace(b"Ana", b"Eve")})
    _propose(desk, desk.register)
    assert _wrong(_check(desk)) == []


def test_a_version_must_say_what_its_files_say(desk: Any) -> None:
    _propose(desk, desk.register)
    path = layout.version_file("fraud", 3)
    record = yaml.load(desk.read(path, "proposal"))
    for key, value, says in (
        ("signature", {}, "other signature"),
        ("flavors", ["onnx"], "other flavors"),
        ("size", 1, "says 1 bytes"),
    ):
        desk.branch("forged", "proposal")
        desk.put({path: yaml.dump(record | {key: value})}, on="forged")
        checked = _check(desk, "forged")
        assert ("versions", "fraud/3", "violated") in _wrong(checked)
        assert says in _said(checked)


def test_case_104_a_copy_of_the_mlmodel_that_is_not_the_models_own_is_seen(desk: Any, mlmodel: Any) -> None:
    _propose(desk, desk.register)
    path = f"{layout.version_folder('fraud', 3)}/MLmodel"
    desk.put({path: mlmodel(signature=False)}, on="proposal")
    checked = _check(desk)
    assert "MLmodel is not the file that the manifest lists" in _said(checked)
    assert checked.outcome is Outcome.VIOLATED


def test_case_45_a_missing_signature_warns_a_broken_one_and_one_that_refuses_its_example_are_violated(
    desk: Any, mlmodel: Any
) -> None:
    _propose(desk, lambda: desk.register(model=mlmodel(signature=False)))
    assert _wrong(_check(desk)) == [("signature", "fraud/3", "warned")]
    _propose(desk, lambda: desk.register(example={"columns": ["age"], "data": [[1]]}, sound=False))
    checked = _check(desk)
    assert _wrong(checked) == [("signature", "fraud/3", "violated")]
    assert "the model's own input example do not agree" in _said(checked)


def test_case_36_a_signature_that_cannot_be_parsed_is_violated(desk: Any, mlmodel: Any) -> None:
    for columns in ('"[{}]"', [{"type": "decimal", "name": "age"}], [{"type": 5}]):
        broken = mlmodel(columns)
        path = f"{layout.version_folder('fraud', 3)}/MLmodel"
        _propose(desk, desk.register)
        desk.put({path: broken}, on="proposal")
        assert ("signature", "fraud/3", "violated") in _wrong(_check(desk))


def test_case_43_an_example_that_is_too_large_or_no_json_is_not_read_as_a_pass(desk: Any) -> None:
    _propose(desk, lambda: desk.register(sound=False, **{"input_example__json": b"\x80\x04pickle"}))
    checked = _check(desk)
    assert ("signature", "fraud/3", "violated") in _wrong(checked)


def test_plain_files_need_no_signature(desk: Any, tmp_path: Any) -> None:
    from gitmodels.api import registering

    (tmp_path / "table.csv").write_text("a,b\n")
    _propose(desk, lambda: registering.register(Repo.open(desk.path), str(tmp_path / "table.csv"), "table"))
    assert _wrong(_check(desk)) == []


def test_bytes_that_are_nowhere_are_violated_and_a_remote_that_cannot_be_asked_leaves_it_open(desk: Any) -> None:
    _propose(desk, desk.register)
    for pack in (desk.path / ".git/gitmodels/packs").glob("*.pack"):
        pack.unlink()
    checked = _check(desk)
    assert ("objects", "fraud/3", "violated") in _wrong(checked)
    assert ("signature", "fraud/3", "not evaluated") in _wrong(checked)
    desk.git("remote", "add", "origin", str(desk.path / "gone"))
    checked = _check(desk)
    assert ("objects", "fraud/3", "not evaluated") in _wrong(checked)
    with pytest.raises(NotEvaluated, match="could not be evaluated"):
        checking.raise_for(checked)


def test_case_84_a_clean_merge_that_dangles_fails_on_the_merge_result_only(desk: Any) -> None:
    _propose(desk, lambda: desk.point("champion", 2))
    registry = Repo.open(desk.path).registry
    registry.apply(lambda state, at: versions.delete(state, "fraud", 2, at))
    merge = _check(desk, merge_result=True)
    assert ("aliases", "fraud@champion", "violated") in _wrong(merge)
    assert "alias-deleted" in _said(merge)
    before = desk.git("count-objects", "-v")
    _check(desk, merge_result=True)
    assert desk.git("count-objects", "-v") == before


def test_case_86_a_version_added_to_a_model_that_was_moved_meanwhile_is_seen(desk: Any) -> None:
    _propose(desk, desk.register)
    registry = Repo.open(desk.path).registry
    registry.apply(lambda state, at: models.rename(state, "fraud", "scam", at))
    checked = _check(desk, merge_result=True)
    assert "version-stray" in _said(checked)
    assert checked.outcome is Outcome.VIOLATED


def test_case_82_two_different_moves_of_one_alias_conflict_and_both_are_shown(desk: Any) -> None:
    desk.register()
    _propose(desk, lambda: desk.point("champion", 2))
    desk.point("champion", 3)
    checked = _check(desk, merge_result=True)
    assert ("merge", ALIAS, "violated") in _wrong(checked)
    checked = _check(desk)
    assert "was promoted over v1, but the branch has v3 now" in _said(checked)


def test_case_89_a_promotion_over_a_base_that_moved_is_told_to_start_again(desk: Any) -> None:
    desk.register()
    desk.point("champion", 3)
    desk.branch("other")
    head = desk.put({ALIAS: _pointing(desk, 2, previous={"target": "fraud@champion -> none"})}, on="other")
    checked = _check(desk, head)
    assert _wrong(checked) == [("aliases", "fraud@champion", "violated")]
    assert "promoted over none, but the branch has v3" in _said(checked)


def test_case_81_two_clones_that_give_one_number_conflict(desk: Any) -> None:
    _propose(desk, desk.register)
    desk.register()
    checked = _check(desk, merge_result=True)
    assert {each.check for each in checked.answers if each.outcome is Outcome.VIOLATED} >= {"merge"}


def test_case_90_policy_and_alias_in_one_proposal_are_judged_by_the_policy_before(desk: Any) -> None:
    desk.policy({"name": "big", "aliases": "champion", "max_size": "1B"})
    lax = yaml.dump({"format": 1, "rules": []})
    _propose(desk, lambda: desk.put({ALIAS: _pointing(desk, 2), "policy/policy.yaml": lax}))
    checked = _check(desk)
    assert ("policy", "fraud@champion", "violated") in _wrong(checked)
    assert ("policy", "policy", "warned") in _wrong(checked)


def test_case_90_a_change_of_the_policy_needs_its_owners(desk: Any) -> None:
    desk.policy(PROTECTED, policy_changes={"min": 1, "signers": ["owner@example.org"]})
    lax = yaml.dump({"format": 1, "rules": []})
    _propose(desk, lambda: desk.put({"policy/policy.yaml": lax}))
    checked = _check(desk)
    assert _wrong(checked) == [("policy", "policy", "violated")]
    _propose(desk, lambda: desk.put({"policy/allowed_signers": b"eve@example.org ssh-ed25519 AAAA\n"}))
    assert _wrong(_check(desk)) == [("policy", "policy", "violated")]


def test_case_37_a_policy_in_doubt_is_not_evaluated_and_one_that_would_come_is_violated(desk: Any) -> None:
    _propose(desk, lambda: desk.put({"policy/policy.yaml": b"format: 1\nrule: []\n"}))
    assert ("policy", "policy/policy.yaml", "violated") in _wrong(_check(desk))
    desk.git("update-ref", "refs/heads/gitmodels", "proposal")
    _propose(desk, lambda: desk.put({ALIAS: _pointing(desk, 2)}))
    checked = _check(desk)
    assert _wrong(checked) == [("policy", "policy/policy.yaml", "not evaluated")]
    with pytest.raises(NotEvaluated):
        checking.raise_for(checked)


def test_a_policy_whose_own_tests_fail_is_not_taken(desk: Any) -> None:
    test = b"format: 1\ntests: [{name: none, model: fraud, alias: champion, version: {number: 1}, expect: refused}]\n"
    files = {"policy/policy.yaml": yaml.dump({"format": 1, "rules": []}), "policy/tests/a.yaml": test}
    _propose(desk, lambda: desk.put(files))
    assert ("policy", "policy/tests", "violated") in _wrong(_check(desk))


def test_case_35_conflict_markers_are_told_with_their_line(desk: Any) -> None:
    text = desk.read(ALIAS)
    marked = b"<<<<<<< ours\n" + text + b"=======\n" + text + b">>>>>>> theirs\n"
    _propose(desk, lambda: desk.put({ALIAS: marked}))
    checked = _check(desk)
    assert ("records", ALIAS, "violated") in _wrong(checked)
    assert "unresolved merge conflict at line 1" in _said(checked)


@pytest.mark.parametrize("alias", ["latest", "v3"])
def test_case_7_an_alias_that_no_command_would_set_is_refused(desk: Any, alias: str) -> None:
    record = _pointing(desk, 2, previous=None).replace(b"@champion", f"@{alias}".encode())
    _propose(desk, lambda: desk.put({layout.alias_file("fraud", alias): record}))
    checked = _check(desk)
    assert ("aliases", f"fraud@{alias}", "violated") in _wrong(checked)


def test_case_67_what_shares_no_history_is_refused_and_what_is_no_registry_is_told(desk: Any) -> None:
    tree = desk.git("rev-parse", "gitmodels^{tree}").strip()
    other = desk.git("commit-tree", tree, "-m", "elsewhere").strip()
    checked = _check(desk, other)
    assert ("history", other[:10], "violated") in _wrong(checked)
    (desk.path / "code.py").write_text("1\n")
    desk.git("add", "code.py")
    desk.git("commit", "-qm", "code")
    with pytest.raises(Exception, match="is no registry"):
        _check(desk, "main")
    with pytest.raises(NotFound, match="no commit is called"):
        _check(desk, "$(touch hacked)")


def test_case_88_squash_rebase_revert_and_cherry_pick_give_a_valid_state(desk: Any) -> None:
    head = _propose(desk, lambda: (desk.point("champion", 2), desk.register()))
    base = desk.tip
    squashed = desk.git("commit-tree", f"{head}^{{tree}}", "-p", base, "-m", "squashed").strip()
    merged = desk.git("commit-tree", f"{head}^{{tree}}", "-p", base, "-p", head, "-m", "merge").strip()
    for commit in (squashed, merged):
        assert _wrong(_check(desk, commit)) == []
    reverted = desk.git("commit-tree", f"{base}^{{tree}}", "-p", squashed, "-m", "revert").strip()
    desk.git("update-ref", "refs/heads/gitmodels", squashed)
    # The version that came with it was published: only its removal speaks against the revert.
    wrong = _wrong(_check(desk, reverted))
    assert ("history", layout.version_folder("fraud", 3), "violated") in wrong


def test_by_default_the_branch_is_judged_against_what_was_published(desk: Any, bare_repo: Any) -> None:
    assert change_checks.check(Repo.open(desk.path)).outcome is Outcome.PASSED
    desk.git("remote", "add", "origin", str(bare_repo))
    desk.git("push", "-q", "origin", "gitmodels")
    desk.git("fetch", "-q", "origin")
    desk.point("champion", 2)
    checked = change_checks.check(Repo.open(desk.path))
    assert [str(seen.move) for seen in checked.moves] == ["fraud@champion v1 → v2"]


def test_what_is_staged_in_a_work_tree_of_the_registry_is_judged(desk: Any, tmp_path: Any, git: Any) -> None:
    tree = tmp_path / "registry"
    desk.git("worktree", "add", "-q", str(tree), "gitmodels")
    assert change_checks.check(Repo.open(tree), staged=True).outcome is Outcome.PASSED
    path = tree / layout.alias_file("fraud", "champion")
    path.write_bytes(path.read_bytes().replace(b"-> 1", b"-> 2", 1))
    git("add", ".", cwd=tree)
    checked = change_checks.check(Repo.open(tree), staged=True)
    assert checked.outcome is Outcome.VIOLATED
    assert "alias-manifest" in _said(checked)


def test_the_exit_code_says_what_came_of_it(desk: Any) -> None:
    checking.raise_for(_check(desk, "gitmodels"))
    _propose(desk, lambda: desk.put({ALIAS: b"not: one\n"}))
    with pytest.raises(CheckFailed) as caught:
        checking.raise_for(_check(desk))
    assert caught.value.exit_code == 7


def test_evaluations_that_change_or_go_are_seen(desk: Any) -> None:
    registry = Repo.open(desk.path).registry
    new = Evaluation(registry.state().any_version("fraud", 2).record.manifest, {"auc": 0.93})
    registry.apply(lambda state, at: evaluations.add(state, "fraud", 2, new, at))
    folder = layout.evaluations_folder("fraud", 2)
    name = desk.git("ls-tree", "--name-only", "gitmodels", f"{folder}/").strip()
    _propose(desk, lambda: desk.put({name: desk.read(name).replace(b"0.93", b"0.99")}))
    assert ("history", name, "violated") in _wrong(_check(desk))
