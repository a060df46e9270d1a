"""Every family of rules, asked about facts: what it lets pass, what it refuses, and that doubt never passes."""

import math

import pytest

from gitmodels import yaml
from gitmodels.errors import NotEvaluated
from gitmodels.review.measurements import EVALUATIONS, Measurement
from gitmodels.review.policy import fixtures, judging
from gitmodels.review.policy.decisions import Outcome, worst
from gitmodels.review.policy.facts import Approval, Facts, VersionFacts
from gitmodels.review.policy.reading import read
from gitmodels.review.policy.rules import Policy
from gitmodels.values import replace

HOUR = 3_600_000
DATA = frozenset({"d41d"})
GOOD = VersionFacts(
    8,
    author="ana@example.org",
    flavors=("python_function", "sklearn"),
    size=41 << 20,
    has_signature=True,
    has_example=True,
    has_card=True,
    unpinned=(),
    tags={"owner": "risk"},
    measurements=(Measurement("auc", 0.93, dataset="holdout", digests=DATA),),
    code_commit="8c1a4f0e3b5d",
)
BEFORE = replace(GOOD, number=7, measurements=(Measurement("auc", 0.92, dataset="holdout", digests=DATA),))
MOVE = Facts("fraud", "champion", GOOD, BEFORE, when=1_792_756_800_000)


def _policy(**keys: object) -> Policy:
    rule = {"name": "one", "aliases": ["champion"], **keys}
    roles = {"release": ["bob@example.org", "carol@example.org"]}
    return read(yaml.dump({"format": 1, "roles": roles, "rules": [rule]}))


def _told(facts: Facts, **keys: object) -> str:
    """The outcome, and what was said by whoever decided it."""
    decisions = judging.judge(_policy(**keys), facts)
    outcome = worst(decisions)
    return f"{outcome.value}: " + "; ".join(each.text for each in decisions if each.outcome is outcome)


def _version(**fields: object) -> Facts:
    return replace(MOVE, version=replace(GOOD, **fields))


REQUIRE_ALL = ["signature", "example", "card", "pinned-dependencies", "code-commit"]


def test_a_version_that_brings_all_that_is_asked_passes() -> None:
    assert _told(MOVE, require=REQUIRE_ALL, tags={"owner": "*"}, flavors=["sklearn"]).startswith("passed")


@pytest.mark.parametrize(
    ("lacks", "says"),
    [
        ({"has_signature": False}, "there is none"),
        ({"has_example": False}, "there is none"),
        ({"has_card": False}, "there is none"),
        ({"unpinned": ("shap",)}, "not pinned: shap"),
        ({"unpinned": None}, "no requirements.txt"),
        ({"code_commit": None}, "not known from which commit"),
        ({"code_dirty": True}, "not committed"),
    ],
)
def test_what_is_required_and_lacks_is_named(lacks: dict[str, object], says: str) -> None:
    told = _told(_version(**lacks), require=REQUIRE_ALL)
    assert told.startswith("violated")
    assert says in told


def test_case_45_files_that_no_flavor_loads_need_no_signature() -> None:
    plain = _version(flavors=(), has_signature=False, unpinned=None)
    assert _told(plain, require=["signature", "pinned-dependencies"], flavors=["onnx"]).startswith("passed")


def test_tags_flavors_code_and_size_are_held_to_what_is_allowed() -> None:
    assert _told(MOVE, tags={"owner": "fraud*"}) == "violated: is risk; fraud* is asked"
    assert _told(MOVE, tags={"reviewed": "*"}).startswith("violated: the tag is missing")
    assert _told(MOVE, flavors=["onnx"]) == "violated: sklearn; allowed: onnx"
    assert _told(_version(code_execution="pickle"), code_execution=["none"]).startswith(
        "violated: loading it runs: pickle"
    )
    assert _told(MOVE, max_size="40MiB") == "violated: 43 MB of at most 42 MB"
    assert _told(MOVE, max_size="41MiB").startswith("passed")


def _measured(*found: Measurement) -> Facts:
    return _version(measurements=found)


@pytest.mark.parametrize(
    ("facts", "asked", "outcome"),
    [
        (MOVE, {"min": 0.93}, "passed"),
        (MOVE, {"min": 0.931}, "violated"),
        (MOVE, {"max": 0.9}, "violated"),
        (_measured(), {"min": 0}, "violated"),
        (_measured(Measurement("auc", math.nan)), {"min": 0}, "violated"),
        (_measured(Measurement("auc", math.inf)), {"min": 0}, "violated"),
        (MOVE, {"min": 0, "dataset": "other"}, "violated"),
        (MOVE, {"min": 0, "digest": "d41d"}, "passed"),
        (MOVE, {"min": 0, "source": "evaluations"}, "violated"),
        (MOVE, {"max_drop": 0}, "passed"),
        (_measured(Measurement("auc", 0.90, digests=DATA)), {"max_drop": 0.02}, "passed"),
        (_measured(Measurement("auc", 0.90, digests=DATA)), {"max_drop": 0.0199}, "violated"),
        (_measured(Measurement("auc", 0.90, digests=DATA)), {"max_drop": "3%"}, "passed"),
        (_measured(Measurement("auc", 0.90, digests=DATA)), {"max_drop": "2%"}, "violated"),
        (_measured(Measurement("auc", 0.95, digests=DATA)), {"max_drop": 0.01, "direction": "lower"}, "violated"),
        (_measured(Measurement("auc", 0.99, digests=frozenset({"other"}))), {"max_drop": 0.5}, "violated"),
        (_measured(Measurement("auc", 0.99)), {"max_drop": 0.5}, "violated"),
        (_measured(Measurement("auc", math.nan, digests=DATA)), {"max_drop": 0.5}, "violated"),
        (replace(MOVE, before=None), {"max_drop": 0}, "passed"),
    ],
)
def test_case_29_metrics_that_are_missing_not_numbers_or_of_other_data_never_pass(
    facts: Facts, asked: dict[str, object], outcome: str
) -> None:
    assert _told(facts, metrics=[{"name": "auc", **asked}]).startswith(outcome)


def test_an_evaluation_counts_before_the_run_and_the_newest_before_older_ones() -> None:
    found = _measured(
        Measurement("auc", 0.80, EVALUATIONS), Measurement("auc", 0.91, EVALUATIONS), Measurement("auc", 0.99)
    )
    assert _told(found, metrics=[{"name": "auc", "min": 0.95}]) == "violated: 0.91, at least 0.95"
    assert _told(found, metrics=[{"name": "auc", "min": 0.95, "source": "run"}]).startswith("passed")


def test_a_version_must_have_been_under_the_alias_for_long_enough() -> None:
    asked: dict[str, object] = {"from_alias": "staging", "soak": "24h"}
    assert _told(MOVE, **asked) == "violated: v8 was never under staging"
    assert _told(replace(MOVE, held={"staging": 23 * HOUR}), **asked) == "violated: 23 h under staging, at least 24 h"
    assert _told(replace(MOVE, held={"staging": 24 * HOUR}), **asked).startswith("passed")
    assert _told(replace(MOVE, held=None, unknown={"held": "shallow"}), **asked) == "not evaluated: shallow"


def test_nothing_moves_in_a_window() -> None:
    freeze = [{"from": "fri 16:00", "until": "mon 08:00"}]
    friday = 1_792_771_200_000
    assert _told(replace(MOVE, when=friday), freeze=freeze).startswith("violated: nothing moves from fri 16:00")
    assert _told(replace(MOVE, when=friday - 1), freeze=freeze).startswith("passed")


def test_a_protected_alias_moves_by_review_only() -> None:
    assert _told(MOVE, protected=True).startswith("passed")
    assert _told(replace(MOVE, direct=True), protected=True) == "violated: moves by pull request only"
    assert _told(replace(MOVE, direct=True, version=None), protected=True).startswith("violated")


def test_approvals_count_members_once_and_never_authors() -> None:
    asked = {"min": 2, "roles": ["release"]}
    bob, carol, eve = (Approval(f"{name}@example.org") for name in ("bob", "carol", "eve"))

    def told(*given: Approval, authors: frozenset[str] = frozenset()) -> str:
        return _told(replace(MOVE, approvals=given, authors=authors), approvals=asked)

    assert told(bob, carol) == "passed: 2 of 2 signed (bob@example.org, carol@example.org)"
    assert told(bob, bob) == "violated: 1 of 2 signed (bob@example.org)"
    assert told(bob, eve) == "violated: 1 of 2 signed (bob@example.org); not counted: eve@example.org"
    assert told(bob, carol, authors=frozenset({"Bob@example.org"})).startswith("violated: 1 of 2")
    assert _told(replace(MOVE, approvals=None), approvals=asked).startswith("not evaluated")


def test_a_breaking_signature_passes_by_signed_reasons_only() -> None:
    broken = replace(MOVE, breaking=("input region was added",))
    asked: dict[str, object] = {"signature": {"breaking": "refuse", "override": {"min": 1, "roles": ["release"]}}}
    assert _told(MOVE, **asked).startswith("passed")
    assert _told(broken, **asked).startswith("violated: breaks callers: input region was added; 0 of 1 signed")
    mute = replace(broken, approvals=(Approval("bob@example.org"),))
    assert _told(mute, **asked).startswith("violated")
    said = replace(broken, approvals=(Approval("bob@example.org", "all callers send it since May"),))
    assert _told(said, **asked).startswith("warned")
    assert _told(broken, signature={"breaking": "warn"}).startswith("warned")
    assert _told(broken, signature={"breaking": "allow"}).startswith("passed")
    assert _told(broken, signature={}).startswith("violated")
    assert _told(replace(MOVE, breaking=None), signature={}).startswith("not evaluated")


def test_the_code_has_to_be_on_the_branch() -> None:
    assert _told(MOVE, code_branch="main") == "not evaluated: main is not known here"
    assert _told(replace(MOVE, branches={"main": True}), code_branch="main").startswith("passed")
    assert _told(replace(MOVE, branches={"main": False}), code_branch="main").startswith(
        "violated: code commit 8c1a4f0e3b"
    )
    assert _told(_version(code_commit=None), code_branch="main").startswith("violated")


def test_going_back_asks_nothing_where_the_rule_says_so() -> None:
    back = replace(MOVE, goes_back=True, direct=True)
    assert _told(back, protected=True, approvals={"min": 2}).startswith("violated")
    assert _told(back, protected=True, approvals={"min": 2}, rollback="free").startswith("passed: goes back to v8")
    cleared = replace(back, version=None)
    assert _told(cleared, protected=True, rollback="free").startswith("violated")


def test_every_rule_that_matches_is_asked_so_none_weakens_another() -> None:
    policy = read(
        yaml.dump(
            {
                "format": 1,
                "rules": [
                    {"name": "wide", "aliases": "*", "require": ["card"]},
                    {"name": "narrow", "models": "fraud", "aliases": "champion", "require": ["signature"]},
                    {"name": "versions", "require": ["example"]},
                ],
            }
        )
    )
    decisions = judging.judge(policy, _version(has_card=False))
    assert [(each.rule, each.outcome) for each in decisions] == [
        ("wide", Outcome.VIOLATED),
        ("narrow", Outcome.PASSED),
    ]
    registered = judging.judge(policy, replace(MOVE, alias=None))
    assert [each.rule for each in registered] == ["versions"]


def test_only_what_rules_look_at_need_be_found_out() -> None:
    assert judging.needs(_policy(require=["card"]), "fraud", "champion") == judging.Needs()
    asked = judging.needs(_policy(from_alias="staging", code_branch="main", signature={}), "fraud", "champion")
    assert asked == judging.Needs(frozenset({"staging"}), frozenset({"main"}), breaking=True, approvals=False)
    assert judging.needs(_policy(code_branch="main"), "fraud", "other") == judging.Needs()


FIXTURE = b"""format: 1
tests:
- name: a champion needs two
  model: fraud
  alias: champion
  at: 2026-10-23T12:00:00Z
  version: {number: 8, flavors: [sklearn], metrics: [{name: auc, value: 0.93, digest: d1}]}
  before: {number: 7, flavors: [sklearn], metrics: [{name: auc, value: 0.92, digest: d1}]}
  held: {staging: 25h}
  on_branches: main
  approvals: [bob@example.org, {signer: carol@example.org, reason: seen}]
  expect: %s
  by: one
"""


def test_a_fixture_says_a_change_in_words_and_what_comes_of_it() -> None:
    asked: dict[str, object] = {
        "approvals": {"min": 2, "roles": ["release"]},
        "metrics": [{"name": "auc", "max_drop": 0}],
        "from_alias": "staging",
        "soak": "24h",
        "code_branch": "main",
    }
    (allowed,) = fixtures.read(FIXTURE % b"allowed", "policy/tests/a.yaml")
    # The version does not say where its code came from, which a branch is asked of.
    assert not fixtures.run(_policy(**asked), allowed).holds
    known = FIXTURE.replace(b"number: 8", b"number: 8, code_commit: 8c1a4f0e3b")
    (allowed,) = fixtures.read(known % b"allowed", "policy/tests/a.yaml")
    assert fixtures.run(_policy(**asked), allowed).holds
    (refused,) = fixtures.read(known % b"refused", "policy/tests/a.yaml")
    assert not fixtures.run(_policy(**asked), refused).holds
    assert fixtures.run(_policy(max_size="1B", flavors=["onnx"]), refused).holds


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "mapping"),
        (b"format: 1\n", "at least one test"),
        (FIXTURE % b"maybe", "unknown 'maybe'"),
        (FIXTURE.replace(b"held:", b"holding:") % b"allowed", "unknown key 'holding'"),
        (FIXTURE.replace(b"25h", b"a day") % b"allowed", "span of time"),
        (FIXTURE.replace(b"2026-10-23T12", b"23 Oct ") % b"allowed", "UTC time"),
    ],
)
def test_case_37_a_test_in_doubt_is_not_evaluated(data: bytes, says: str) -> None:
    with pytest.raises(NotEvaluated) as caught:
        fixtures.read(data, "policy/tests/a.yaml")
    assert says in caught.value.message
