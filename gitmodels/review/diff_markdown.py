"""A comparison as Markdown, for a comment under a pull request: escaped, bounded, the same for the same findings.

This room knows the table; how a model's own words become harmless, ``markdown`` knows.
"""

from collections.abc import Iterator

from gitmodels.review.compare import ordered
from gitmodels.review.markdown import code, escape
from gitmodels.review.report import Comparison, change, summary
from gitmodels.review.verdicts import Finding, Verdict

MARKER = "<!-- gitmodels:diff:v1 -->"
# GitHub takes 65,536 characters, GitLab more.
MAX_LENGTH = 60_000
_MAX_TEXT = 200
_SIGNS = {Verdict.OK: "✅", Verdict.NOTE: "ℹ️", Verdict.WARN: "⚠️", Verdict.BREAK: "❌"}


def render(comparison: Comparison, limit: int = MAX_LENGTH) -> str:
    """The whole comment, at most ``limit`` characters; what does not fit is counted.

    >>> render(Comparison("fraud v7", "fraud v7", ())).splitlines()[2]
    'Nothing differs.'
    """
    return _bounded(list(_lines(comparison)), limit)


def _bounded(lines: list[str], limit: int) -> str:
    whole = "\n".join(lines) + "\n"
    if len(whole) <= limit:
        return whole
    room = limit - 200
    kept: list[str] = []
    left = 0
    for line in lines:
        if room - len(line) - 1 < 0 or left:
            left += line.startswith("| ")
            continue
        room -= len(line) + 1
        kept.append(line)
    return "\n".join(kept) + f"\n\n… and {left} more lines: run `git models diff` to see them all.\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield MARKER
    yield f"## {_SIGNS[comparison.verdict]} {_code(comparison.title)}: {summary(comparison)}"
    if comparison.is_empty:
        yield "Nothing differs."
        return
    yield from table(comparison.findings)
    for part in comparison.parts:
        yield ""
        yield f"### {_SIGNS[part.verdict]} {_code(part.title)}: {summary(part)}"
        yield from table(part.findings)


def table(findings: tuple[Finding, ...]) -> Iterator[str]:
    """The findings as a table, after an empty line; nothing where there are none."""
    if not findings:
        return
    yield ""
    yield "| verdict | section | what | change | meaning |"
    yield "|---|---|---|---|---|"
    for each in ordered(findings):
        sign = f"{_SIGNS[each.verdict]} {each.verdict.word}"
        what, meaning = _code(each.subject), escape(each.text, _MAX_TEXT)
        yield f"| {sign} | {each.section} | {what} | {_code(change(each))} | {meaning} |"


def _code(words: str) -> str:
    return code(words, _MAX_TEXT) if words else ""
