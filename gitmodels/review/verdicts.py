"""The words of a review: a verdict, and one finding that bears it.

This room is a vocabulary. It knows no model and no registry; sections and verdicts are words that programs rely on.
"""

from collections.abc import Iterable
from enum import IntEnum

from gitmodels.errors import Invalid
from gitmodels.values import frozen


class Verdict(IntEnum):
    """What a change means for those who use the model; they are ordered, the worst is the greatest.

    ``OK``: nobody notices. ``NOTE``: worth knowing. ``WARN``: somebody may be hurt, look at it. ``BREAK``: what worked
    with the old version is refused or missing with the new one.

    >>> max(Verdict.OK, Verdict.BREAK, Verdict.WARN).word
    'BREAK'
    """

    OK = 0
    NOTE = 1
    WARN = 2
    BREAK = 3

    @property
    def word(self) -> str:
        """As people and JSON read it: ok, note, warn, BREAK."""
        return self.name if self is Verdict.BREAK else self.name.lower()

    @classmethod
    def of_word(cls, word: str) -> "Verdict":
        """The verdict that ``word`` spells. Raises Invalid."""
        for verdict in cls:
            if verdict.word == word:
                return verdict
        raise Invalid(f"no verdict is called {word[:40]!r}", hint="ok, note, warn or BREAK")


# In the order in which a report tells them.
SECTIONS = (
    "identity",
    "alias",
    "signature",
    "metrics",
    "dependencies",
    "runtime",
    "size",
    "flavors",
    "execution",
    "tensors",
    "tags",
    "card",
    "provenance",
)


@frozen
class Finding:
    """One thing that differs: in which of SECTIONS, how grave, of what (``input age``), in words, from what to what.

    ``before`` and ``after`` are plain values (texts, numbers, lists of them) or None where there was nothing;
    ``numbers`` are figures for programs that ``text`` tells, too, by name. Every text may hold a model's own words:
    whoever shows it escapes it.
    """

    section: str
    verdict: Verdict
    subject: str
    text: str
    before: object = None
    after: object = None
    numbers: tuple[tuple[str, float], ...] = ()


def worst(findings: Iterable[Finding]) -> Verdict:
    """The gravest verdict among ``findings``; OK when there are none."""
    return max((finding.verdict for finding in findings), default=Verdict.OK)
