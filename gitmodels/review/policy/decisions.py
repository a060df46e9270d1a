"""One answer of one rule: which rule, which part of it, what it decided and why."""

import enum
from collections.abc import Iterable

from gitmodels.values import frozen


class Outcome(enum.Enum):
    """What was decided. What could not be evaluated is no pass."""

    PASSED = "passed"
    WARNED = "warned"
    VIOLATED = "violated"
    UNKNOWN = "not evaluated"


@frozen
class Decision:
    """``part`` (a key of the rule, or of its list) of the rule ``rule`` decided ``outcome`` because of ``text``."""

    rule: str
    part: str
    outcome: Outcome
    text: str


def passed(rule: str, part: str, text: str) -> Decision:
    """A part that is kept."""
    return Decision(rule, part, Outcome.PASSED, text)


def violated(rule: str, part: str, text: str) -> Decision:
    """A part that is not kept."""
    return Decision(rule, part, Outcome.VIOLATED, text)


def unknown(rule: str, part: str, text: str) -> Decision:
    """A part that could not be judged."""
    return Decision(rule, part, Outcome.UNKNOWN, text)


def either(kept: bool, rule: str, part: str, text: str) -> Decision:
    """A part that is kept or not."""
    return passed(rule, part, text) if kept else violated(rule, part, text)


def worst(decisions: Iterable[Decision]) -> Outcome:
    """The outcome of all together: violated before not evaluated before warned before passed."""
    found = {each.outcome for each in decisions}
    for outcome in (Outcome.VIOLATED, Outcome.UNKNOWN, Outcome.WARNED):
        if outcome in found:
            return outcome
    return Outcome.PASSED
