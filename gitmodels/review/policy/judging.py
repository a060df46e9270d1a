"""A policy asked about one change: every rule that matches, and what each part of it decided.

Pure: the same policy and facts give the same decisions. This room puts the families of rules in their order.
"""

from collections.abc import Iterator

from gitmodels.review.policy import agreement, compatibility, contents, metrics, origins, timing
from gitmodels.review.policy.decisions import Decision, passed
from gitmodels.review.policy.facts import Facts
from gitmodels.review.policy.rules import ALLOW, Policy, Rule
from gitmodels.values import frozen


@frozen
class Needs:
    """Which facts the rules that match would look at: what nobody looks at need not be found out."""

    held: frozenset[str] = frozenset()
    branches: frozenset[str] = frozenset()
    breaking: bool = False
    approvals: bool = False


def needs(policy: Policy, model: str, alias: str | None) -> Needs:
    """What has to be known to judge a move of ``alias`` of ``model``, or a new version where it is None."""
    matching = policy.matching(model, alias)
    return Needs(
        held=frozenset(rule.from_alias for rule in matching if rule.from_alias is not None),
        branches=frozenset(rule.code_branch for rule in matching if rule.code_branch is not None),
        breaking=any(rule.breaking != ALLOW for rule in matching),
        approvals=any(rule.approvals is not None or rule.override is not None for rule in matching),
    )


def judge(policy: Policy, facts: Facts) -> tuple[Decision, ...]:
    """What each part of each rule that matches decides about the change, in the order of the file."""
    return tuple(
        decision for rule in policy.matching(facts.model, facts.alias) for decision in _asked(policy, rule, facts)
    )


def judge_policy_change(policy: Policy, facts: Facts) -> tuple[Decision, ...]:
    """What the policy says of a change of itself; ``facts`` hold its authors and approvals. Nothing without a rule."""
    if policy.policy_changes is None:
        return ()
    return (agreement.approved(policy, policy.policy_changes, facts, "policy_changes", "approvals"),)


def _asked(policy: Policy, rule: Rule, facts: Facts) -> Iterator[Decision]:
    if rule.free_rollback and facts.goes_back and facts.version is not None:
        yield passed(rule.name, "rollback", f"goes back to v{facts.version.number}, where it was before")
        return
    yield from agreement.judge(policy, rule, facts)
    yield from contents.judge(rule, facts)
    yield from compatibility.judge(policy, rule, facts)
    yield from metrics.judge(rule, facts)
    yield from timing.judge(rule, facts)
    yield from origins.judge(rule, facts)
