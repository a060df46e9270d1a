"""Rules about who agrees: protected aliases that move by review only, and signed approvals.

One person counts once; who wrote the version or the move does not count where the rule says so.
"""

from collections.abc import Iterator

from gitmodels.review.policy.decisions import Decision, either, unknown
from gitmodels.review.policy.facts import Facts
from gitmodels.review.policy.rules import Approvals, Policy, Rule


def judge(policy: Policy, rule: Rule, facts: Facts) -> Iterator[Decision]:
    """What the rule asks of people."""
    if rule.protected:
        text = "moves by pull request only" if facts.direct else "moves by pull request"
        yield either(not facts.direct, rule.name, "protected", text)
    if rule.approvals is not None:
        yield approved(policy, rule.approvals, facts, rule.name, "approvals")


def approved(policy: Policy, asked: Approvals, facts: Facts, rule: str, part: str) -> Decision:
    """Whether enough of those who count have signed."""
    if facts.approvals is None:
        return unknown(rule, part, facts.unknown.get("approvals", "the signatures could not be verified"))
    who = counted(policy, asked, facts)
    names = f" ({', '.join(who)})" if who else ""
    reasons = " with a reason" if asked.needs_reason else ""
    left_out = sorted({each.signer for each in facts.approvals} - set(who))
    others = f"; not counted: {', '.join(left_out)}" if left_out else ""
    text = f"{len(who)} of {asked.minimum} signed{reasons}{names}{others}"
    return either(len(who) >= asked.minimum, rule, part, text)


def counted(policy: Policy, asked: Approvals, facts: Facts) -> list[str]:
    """Whose approvals count, sorted."""
    members = policy.members(asked)
    authors = {author.casefold() for author in facts.authors} if asked.not_author else set()
    return sorted(
        {
            each.signer
            for each in facts.approvals or ()
            if (members is None or each.signer in members)
            and each.signer.casefold() not in authors
            and (each.reason or not asked.needs_reason)
        }
    )
