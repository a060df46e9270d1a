"""The report of a check for programs: one JSON document, and SARIF for hosts that show findings beside files."""

from typing import Any

from gitmodels.registry.records import Target
from gitmodels.review.checking import Checked
from gitmodels.review.checks.answers import CHECKS, Answer
from gitmodels.review.policy.decisions import Outcome
from gitmodels.review.report import plain
from gitmodels.review.sarif import SCHEMA

FORMAT = 1
_LEVELS = {Outcome.VIOLATED: "error", Outcome.UNKNOWN: "error", Outcome.WARNED: "warning", Outcome.PASSED: "none"}


def document(checked: Checked) -> dict[str, Any]:
    """Everything that came of a check, as ``docs/format/policy.md`` describes it."""
    return {
        "format": FORMAT,
        "outcome": checked.outcome.value,
        "base": checked.base,
        "head": checked.head,
        "policy": checked.policy,
        "moves": [
            {
                "model": seen.move.model,
                "alias": seen.move.alias,
                "before": _target(seen.move.before),
                "after": _target(seen.move.after),
                "protected": seen.protected,
                "goes_back": seen.move.goes_back,
                "findings": [plain(each) for each in seen.findings],
            }
            for seen in checked.moves
        ],
        "versions": [
            {"name": name, "version": number, "manifest": str(manifest)} for name, number, manifest in checked.versions
        ],
        "answers": [_answer(each) for each in checked.answers],
    }


def sarif(checked: Checked, version: str) -> dict[str, Any]:
    """What is not in order, as SARIF 2.1.0; ``version`` is gitmodels' own."""
    found = [each for each in checked.answers if each.outcome is not Outcome.PASSED]
    driver = {
        "name": "gitmodels",
        "version": version,
        "rules": [{"id": name, "shortDescription": {"text": asks}} for name, asks in CHECKS.items()],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": _results(found)}]}


def _results(found: list[Answer]) -> list[dict[str, Any]]:
    from urllib.parse import quote

    return [
        {
            "ruleId": each.check,
            "level": _LEVELS[each.outcome],
            "message": {"text": _told(each)},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": quote(each.subject or "gitmodels.yaml")}}}],
        }
        for each in found
    ]


def _told(answer: Answer) -> str:
    rule = f"rule '{answer.rule}', {answer.part}: " if answer.rule else ""
    unknown = "not evaluated: " if answer.outcome is Outcome.UNKNOWN else ""
    return f"{answer.subject}: {unknown}{rule}{answer.text}" if answer.subject else f"{unknown}{rule}{answer.text}"


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "check": answer.check,
        "subject": answer.subject,
        "outcome": answer.outcome.value,
        "text": answer.text,
        "rule": answer.rule or None,
        "part": answer.part or None,
    }


def _target(target: Target) -> dict[str, Any] | None:
    return None if target.version is None else {"version": target.version, "manifest": str(target.manifest)}
