"""A review as it is told: findings in order, as plain data for programs; the forms for people stand beside.

This room orders and counts; it compares nothing. ``markdown`` and ``sarif`` make texts of what is put together here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gitmodels.review.compare import ordered
from gitmodels.review.facts import SAME
from gitmodels.review.verdicts import Finding, Verdict, worst
from gitmodels.values import frozen


@frozen
class Comparison:
    """Two sides by their names, what was found between them, and comparisons of their parts.

    ``model`` is the model both are versions of, empty for a whole registry; ``number`` the new version, if it is one.
    """

    old: str
    new: str
    findings: tuple[Finding, ...]
    model: str = ""
    number: int | None = None
    parts: "tuple[Comparison, ...]" = ()

    def every(self) -> list[Finding]:
        """The findings here and in the parts."""
        return [*self.findings, *(each for part in self.parts for each in part.every())]

    @property
    def verdict(self) -> Verdict:
        """The gravest there is."""
        return worst(self.every())

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs: the same content, or the same commit."""
        return not [each for each in self.every() if not is_sameness(each)]

    @property
    def title(self) -> str:
        """Which is compared with which: ``fraud v7 → v8`` where the model is the same."""
        new = (
            self.new.removeprefix(f"{self.model} ")
            if self.model and self.old.startswith(f"{self.model} ")
            else self.new
        )
        return f"{self.old} → {new}"


def is_sameness(finding: Finding) -> bool:
    """Whether a finding only says that two contents are equal."""
    return finding.section == "identity" and finding.text == SAME


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings bear each verdict, the gravest first; verdicts that none bears are left out.

    >>> counts([Finding("size", Verdict.OK, "size", "")])
    {'ok': 1}
    """
    known = Counter(finding.verdict for finding in findings)
    return {verdict.word: known[verdict] for verdict in sorted(known, reverse=True)}


def summary(comparison: Comparison) -> str:
    """The verdict first: ``BREAK (1), note (2)``; what is fine is counted only where nothing else is.

    >>> summary(Comparison("a", "b", ()))
    'nothing differs'
    """
    if comparison.is_empty:
        return "nothing differs"
    found = counts(comparison.every())
    told = {word: count for word, count in found.items() if word != "ok"} or found
    return ", ".join(f"{word} ({count})" for word, count in told.items())


def document(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data: what ``--json`` prints."""
    return {
        "old": comparison.old,
        "new": comparison.new,
        "verdict": comparison.verdict.word,
        "counts": counts(comparison.every()),
        "findings": [plain(each) for each in ordered(comparison.findings)],
        "parts": [document(each) for each in comparison.parts],
    }


def plain(finding: Finding) -> dict[str, Any]:
    """One finding as plain data, in every document that has findings."""
    return {
        "section": finding.section,
        "verdict": finding.verdict.word,
        "subject": finding.subject,
        "text": finding.text,
        "before": finding.before,
        "after": finding.after,
    } | ({"numbers": dict(finding.numbers)} if finding.numbers else {})


def change(finding: Finding) -> str:
    """From what to what, in one line: ``string → long``, ``+string``, ``-string``; empty where nothing is told.

    >>> change(Finding("size", Verdict.OK, "size", "", 1_200_000, 1_400_000))
    '1.2 MB → 1.4 MB'
    """
    before, after = spelled(finding, finding.before), spelled(finding, finding.after)
    if before == after:
        return before or ""
    if before is None:
        return f"+{after}"
    return f"-{before}" if after is None else f"{before} → {after}"


# Ids are told by their first digits; programs get them whole.
_IDS = {("identity", "content"), ("provenance", "run")}


def spelled(finding: Finding, value: object) -> str | None:
    """One side of a finding for people; None where there was nothing."""
    from gitmodels.review.spelling import number, size

    if value is None:
        return None
    if finding.section == "size" and isinstance(value, int):
        return size(value)
    if isinstance(value, str) and (finding.section, finding.subject) in _IDS:
        return f"{value[:10]}…"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return number(value)
