"""The report of a check as the comment of a pull request: Markdown, deterministic, escaped, short enough for a host.

One hidden line marks it, so that whoever posts it finds and replaces the one before. What does not fit is counted, not
dropped in silence: the JSON report has everything. This room knows Markdown and answers, no host.
"""

from collections.abc import Iterable, Iterator

from gitmodels.review.checking import Checked
from gitmodels.review.checks.answers import CHECKS, Answer, worst
from gitmodels.review.diff_markdown import table
from gitmodels.review.markdown import code, escape, in_html
from gitmodels.review.moves import shown
from gitmodels.review.policy.decisions import Outcome

MARKER = "<!-- gitmodels:report:v1 -->"
# GitHub takes 65,536 characters.
LIMIT = 60_000
# What the end of a report may take: how to repeat it, and what did not fit.
_KEPT = 2_000
_MOST_ROWS = 200
SIGNS = {Outcome.PASSED: "✅", Outcome.WARNED: "⚠️", Outcome.VIOLATED: "❌", Outcome.UNKNOWN: "❔"}
_TITLES = {
    "merge": "Merge",
    "history": "History",
    "records": "Records",
    "aliases": "Aliases",
    "versions": "Versions",
    "signature": "Signature",
    "objects": "Objects",
    "policy": "Policy",
}
_GRAVEST = (Outcome.VIOLATED, Outcome.UNKNOWN, Outcome.WARNED, Outcome.PASSED)


def markdown(checked: Checked) -> str:
    """The comment; ends with a newline."""
    parts = [MARKER, f"## git models: {title(checked)}", ""]
    sections = [_moves(checked), _versions(checked), _checks(checked)]
    room = LIMIT - _KEPT - sum(map(len, parts))
    for rows in sections:
        lines, room = _fitting(list(rows), room)
        parts += lines
    changes, room = _fitting(list(_changes(checked)), room)
    parts += [*changes, *_end(checked)]
    return "\n".join(parts) + "\n"


def title(checked: Checked) -> str:
    """What came of it, in a few words.

    >>> title(Checked(None, None))
    'all is well ✅'
    """
    counts = {outcome: sum(each.outcome is outcome for each in checked.answers) for outcome in Outcome}
    said = [
        f"{SIGNS[outcome]} {counts[outcome]} {word}"
        for outcome, word in (
            (Outcome.VIOLATED, "blocking"),
            (Outcome.UNKNOWN, "not evaluated"),
            (Outcome.WARNED, "to look at"),
        )
        if counts[outcome]
    ]
    return ", ".join(said) if said else f"all is well {SIGNS[Outcome.PASSED]}"


def _moves(checked: Checked) -> Iterator[str]:
    if not checked.moves:
        return
    yield from ("| alias | before | after | |", "|---|---|---|---|")
    for seen in checked.moves:
        move = seen.move
        after = f"**{_target(move.after.version, move.after.manifest)}**"
        before = _target(move.before.version, move.before.manifest)
        marks = ["🔒 protected"] * seen.protected + ["↩ goes back"] * move.goes_back
        yield f"| {code(f'{move.model}@{move.alias}')} | {before} | {after} | {' '.join(marks)} |"
    yield ""


def _target(version: int | None, manifest: str | None) -> str:
    return "none" if version is None else f"v{version} `{str(manifest)[:8]}`"


def _versions(checked: Checked) -> Iterator[str]:
    if not checked.versions:
        return
    yield from ("| new version | content |", "|---|---|")
    for name, number, manifest in checked.versions:
        yield f"| {code(f'{name}/{number}')} | `{manifest[:16]}` |"
    yield ""


def _checks(checked: Checked) -> Iterator[str]:
    yield from ("| check | result | detail |", "|---|---|---|")
    for name in CHECKS:
        answers = checked.of(name)
        told = [each for each in answers if each.outcome is not Outcome.PASSED]
        for outcome in _GRAVEST[:-1]:
            yield from (_row(each) for each in told if each.outcome is outcome)
        if name == "policy":
            yield from _kept_rules(answers)
        elif not told:
            yield f"| {_TITLES[name]} | {SIGNS[Outcome.PASSED]} | {_summed(answers)} |"
    yield ""


def _row(answer: Answer) -> str:
    title = _TITLES[answer.check]
    rule = f" · {escape(answer.rule, 80)} · {escape(answer.part, 80)}" if answer.rule else ""
    subject = f"{code(answer.subject)} " if answer.subject else ""
    return f"| {title}{rule} | {SIGNS[answer.outcome]} | {subject}{escape(answer.text)} |"


def _summed(answers: tuple[Answer, ...]) -> str:
    """All that passed, in one cell."""
    about = [each for each in answers if each.subject]
    if not about:
        return escape(answers[0].text) if answers else ""
    first = f"{code(about[0].subject)} {escape(about[0].text)}"
    return first + (f", and {len(about) - 1} more" if len(about) > 1 else "")


def _kept_rules(answers: tuple[Answer, ...]) -> Iterator[str]:
    """What rules looked at and found kept, one row for all subjects of which they say the same."""
    if all(not each.rule for each in answers):
        yield from (_row(each) for each in answers if each.outcome is Outcome.PASSED)
        return
    kept: dict[tuple[str, str], list[str]] = {}
    for rule, subject in dict.fromkeys((each.rule, each.subject) for each in answers if each.rule):
        own = [each for each in answers if (each.rule, each.subject) == (rule, subject)]
        passed = [each for each in own if each.outcome is Outcome.PASSED]
        texts = " · ".join(f"{escape(each.part, 80)}: {escape(each.text, 160)}" for each in passed)
        if texts:
            kept.setdefault((rule, texts), []).append(subject)
    for (rule, texts), subjects in kept.items():
        more = f"and {len(subjects) - 1} more: " if len(subjects) > 1 else ""
        yield f"| Policy · {escape(rule, 80)} | {SIGNS[Outcome.PASSED]} | {code(subjects[0])} {more}{texts} |"


def _changes(checked: Checked) -> Iterator[str]:
    """What each move changes, folded away: what ``git models diff`` says of the two versions."""
    for seen in checked.moves:
        if not seen.findings:
            continue
        move, gravest = seen.move, max(each.verdict for each in seen.findings)
        told = f"{move.model} {shown(move.before)} → {shown(move.after)}"
        yield f"<details><summary>What changes: <code>{in_html(told, 80)}</code>: {gravest.word}</summary>"
        yield from table(seen.findings)
        yield from ("", "</details>", "")


def _end(checked: Checked) -> Iterator[str]:
    from shlex import quote

    words = []
    if checked.base and checked.head:
        words.append(f"Repeat: `git models check --base {checked.base} --head {checked.head}`")
    moved = next((seen.move for seen in checked.moves if seen.move.before.version and seen.move.after.version), None)
    if moved is not None:
        words.append(
            f"Roll back after the merge: {code(f'git models rollback {quote(moved.model)} {quote(moved.alias)}')}"
        )
    if not checked.policy:
        words.append("This registry has no policy: nothing but soundness was asked")
    yield " · ".join(words)


def _fitting(lines: list[str], room: int) -> tuple[list[str], int]:
    """As many lines as fit into ``room`` characters, and into sight; what was left out is counted."""
    kept: list[str] = []
    used = 0
    for place, line in enumerate(lines):
        used += len(line) + 1
        if used > room or (place > _MOST_ROWS and line):
            left = sum(bool(each) for each in lines[place:])
            kept = _closed(kept)
            return [*kept, "", f"… and {left} more lines: the JSON report has them all.", ""], max(room - used, 0)
        kept.append(line)
    return kept, room - used


def _closed(lines: Iterable[str]) -> list[str]:
    """Nothing folded stays open behind a cut."""
    kept = list(lines)
    open_ones = sum(line.startswith("<details>") for line in kept) - sum(line == "</details>" for line in kept)
    return [*kept, *["", "</details>"] * open_ones]


__all__ = ["LIMIT", "MARKER", "SIGNS", "markdown", "title", "worst"]
