"""What import and export show alike: steps as lines while they happen, or as one document, and how many there were."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from gitmodels.cli.options import Call
from gitmodels.cli.wording import counted
from gitmodels.exchange.plan import LEFT_OUT, Step


def tell(call: Call, steps: Iterator[Step], verb: str, dry_run: bool) -> None:
    """Take the steps one by one and show each; what stops them is raised when all before it are shown."""
    seen: list[Step] = []
    try:
        for step in steps:
            seen.append(step)
            if not call.json:
                (call.err if step.kind == LEFT_OUT else call.out).line(str(step))
    except BaseException:
        if seen:
            call.err.line(f"stopped; {summary(seen, verb, dry_run)}")
        raise
    else:
        call.err.line(summary(seen, verb, dry_run))
    finally:
        if call.json:
            call.out.json([step_document(step) for step in seen])


def summary(steps: list[Step], verb: str, dry_run: bool) -> str:
    """How many of what, in one sentence.

    >>> summary([Step("version", "a", 1, "", True), Step("version", "a", 2, "", True)], "imported", False)
    'imported: 2 versions'
    """
    numbers = Counter(step.kind for step in steps if step.kind != LEFT_OUT)
    told = ", ".join(counted(number, kind) for kind, number in numbers.items())
    left = sum(step.kind == LEFT_OUT for step in steps)
    parts = [f"{'would be ' if dry_run else ''}{verb}: {told}" if told else f"nothing to be {verb}: all of it is there"]
    return "; ".join(parts + ([f"{left} left out"] if left else []))


def step_document(step: Step) -> dict[str, Any]:
    """One object of what ``import --json`` and ``export --json`` print."""
    return {
        "kind": step.kind,
        "name": step.name,
        "version": step.version,
        "text": step.text,
        "done": step.done,
    }
