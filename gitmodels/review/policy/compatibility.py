"""Rules about signatures that break who calls the version before, and who may let one pass all the same."""

from collections.abc import Iterator

from gitmodels.review.policy import rules
from gitmodels.review.policy.agreement import approved
from gitmodels.review.policy.decisions import Decision, Outcome, passed, unknown
from gitmodels.review.policy.facts import Facts
from gitmodels.review.policy.rules import Policy, Rule

_PART = "signature"
_SHOWN = 3


def judge(policy: Policy, rule: Rule, facts: Facts) -> Iterator[Decision]:
    """What the rule says about a signature that breaks callers; nothing where it allows it."""
    if rule.breaking == rules.ALLOW or facts.version is None:
        return
    if facts.before is None:
        yield passed(rule.name, _PART, "nothing was there before that could break")
    elif facts.breaking is None:
        yield unknown(rule.name, _PART, facts.unknown.get("breaking", "the signatures cannot be compared"))
    elif not facts.breaking:
        yield passed(rule.name, _PART, f"breaks no caller of v{facts.before.number}")
    else:
        yield from _broken(policy, rule, facts, facts.breaking)


def _broken(policy: Policy, rule: Rule, facts: Facts, breaking: tuple[str, ...]) -> Iterator[Decision]:
    shown = "; ".join(breaking[:_SHOWN]) + (f"; and {len(breaking) - _SHOWN} more" if len(breaking) > _SHOWN else "")
    if rule.breaking == rules.WARN:
        yield Decision(rule.name, _PART, Outcome.WARNED, f"breaks callers: {shown}")
        return
    if rule.override is None:
        yield Decision(rule.name, _PART, Outcome.VIOLATED, f"breaks callers: {shown}")
        return
    consent = approved(policy, rule.override, facts, rule.name, _PART)
    outcome = Outcome.WARNED if consent.outcome is Outcome.PASSED else consent.outcome
    yield Decision(rule.name, _PART, outcome, f"breaks callers: {shown}; {consent.text}")
