"""One answer of one check: about what, whether it holds, and why. What could not be evaluated is no success."""

from collections.abc import Iterable

from gitmodels.review.policy.decisions import Decision, Outcome
from gitmodels.values import frozen

# In the order a report tells them, each with what it asks.
CHECKS = {
    "merge": "what would be merged is free of conflicts",
    "history": "history is only added to; what is published stays as it is",
    "records": "every record can be read and says what its place promises",
    "aliases": "aliases resolve, their summaries are true, and nobody's move is overwritten",
    "versions": "versions say of their files what is so",
    "signature": "models have a signature, and their input examples keep to it",
    "objects": "the bytes of every new version are in the store or on a remote",
    "policy": "the policy of the branch is kept",
}


@frozen
class Answer:
    """``check`` (a key of CHECKS) found ``outcome`` about ``subject``; ``rule`` and ``part`` name the policy's."""

    check: str
    subject: str
    outcome: Outcome
    text: str
    rule: str = ""
    part: str = ""


def of_decision(decision: Decision, subject: str) -> Answer:
    """What a rule decided, as an answer."""
    return Answer("policy", subject, decision.outcome, decision.text, decision.rule, decision.part)


def worst(answers: Iterable[Answer]) -> Outcome:
    """The outcome of all together: violated before not evaluated before warned before passed."""
    found = {each.outcome for each in answers}
    for outcome in (Outcome.VIOLATED, Outcome.UNKNOWN, Outcome.WARNED):
        if outcome in found:
            return outcome
    return Outcome.PASSED
