"""Rules about when: the alias a version must have been under, for how long, and times in which nothing moves."""

from collections.abc import Iterator

from gitmodels.review.policy.decisions import Decision, either, passed, unknown, violated
from gitmodels.review.policy.facts import Facts
from gitmodels.review.policy.rules import Rule
from gitmodels.review.policy.units import shown_span


def judge(rule: Rule, facts: Facts) -> Iterator[Decision]:
    """What the rule asks of the time; of the way a version came only where one is pointed at."""
    if rule.freeze:
        frozen = next((window for window in rule.freeze if window.holds(facts.when)), None)
        text = f"nothing moves from {frozen.text} (UTC)" if frozen is not None else "not now"
        yield either(frozen is None, rule.name, "freeze", text)
    if rule.from_alias is None or facts.version is None:
        return
    if facts.held is None:
        yield unknown(rule.name, "from_alias", facts.unknown.get("held", "the history is not known"))
        return
    held = facts.held.get(rule.from_alias)
    if held is None:
        yield violated(rule.name, "from_alias", f"v{facts.version.number} was never under {rule.from_alias}")
        return
    yield passed(rule.name, "from_alias", f"v{facts.version.number} was under {rule.from_alias}")
    if rule.soak is not None:
        text = f"{shown_span(held)} under {rule.from_alias}, at least {shown_span(rule.soak)}"
        yield either(held >= rule.soak, rule.name, "soak", text)
