"""Rules about where a version came from: its code commit is on a branch that others see."""

from collections.abc import Iterator

from gitmodels.review.policy.decisions import Decision, either, unknown, violated
from gitmodels.review.policy.facts import Facts
from gitmodels.review.policy.rules import Rule


def judge(rule: Rule, facts: Facts) -> Iterator[Decision]:
    """What the rule asks of the code commit."""
    branch = rule.code_branch
    if branch is None or facts.version is None:
        return
    commit = facts.version.code_commit
    if commit is None:
        yield violated(rule.name, "code_branch", "it is not known from which commit of the code it came")
        return
    found = facts.branches.get(branch)
    if found is None:
        why = facts.unknown.get("branches", f"{branch} is not known here")
        yield unknown(rule.name, "code_branch", why)
        return
    text = f"code commit {commit[:10]} is {'' if found else 'not '}on {branch}"
    yield either(found, rule.name, "code_branch", text)
