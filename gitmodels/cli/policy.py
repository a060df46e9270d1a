"""``git models policy``: a policy tried out on its own tests, and what it says of a version or an alias."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.params import ALIAS, REF
from gitmodels.cli.wording import counted
from gitmodels.errors import CheckFailed
from gitmodels.uris import ModelRef

if TYPE_CHECKING:
    from gitmodels.review.policy.decisions import Decision


@click.group()
def policy() -> None:
    """Try the policy of the registry: run its tests, or ask which rule decides what."""


@policy.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@reading
def test(call: Call, folder: Path | None) -> None:
    """Run the tests beside the policy (policy/tests/*.yaml); exit code 7 when one fails.

    FOLDER holds a policy.yaml and tests that are not committed yet.
    """
    from gitmodels.api import policies

    tried = policies.try_folder(folder) if folder is not None else policies.try_out(opened(call))
    failed = [each for each in tried if not each.holds]
    if call.json:
        call.out.json(
            [{"name": each.fixture.name, "holds": each.holds, "decisions": _rows(each.decisions)} for each in tried]
        )
    for each in [] if call.json else tried:
        call.out.line(f"{'holds' if each.holds else 'FAILS'}  {each.fixture.name}")
        for decision in [] if each.holds else each.decisions:
            call.out.line(f"       {_line(decision)}")
    if failed:
        raise CheckFailed(f"{counted(len(failed), 'test')} of the policy failed")
    call.err.line(f"{counted(len(tried), 'test')}: all hold" if tried else "the policy has no tests")


@policy.command()
@click.argument("ref", type=REF)
@click.option(
    "--to", "alias", type=ALIAS, metavar="ALIAS", help="Ask about a move of this alias to REF, made directly now."
)
@reading
def explain(call: Call, ref: ModelRef, alias: str | None) -> None:
    """Tell what each rule says of REF: of an alias how it came there, of a version how it was registered."""
    from gitmodels.api import policies

    facts, decisions = policies.explain(opened(call), ref, alias)
    if call.json:
        call.out.json({"subject": facts.subject, "decisions": _rows(decisions)})
        return
    call.out.table(
        ["RULE", "PART", "DECIDED", "BECAUSE"],
        [[each.rule, each.part, each.outcome.value, each.text] for each in decisions],
    )
    if not decisions:
        call.err.line(f"no rule is asked about {facts.subject}")


def _rows(decisions: "Sequence[Decision]") -> list[dict[str, Any]]:
    return [
        {"rule": each.rule, "part": each.part, "outcome": each.outcome.value, "text": each.text} for each in decisions
    ]


def _line(decision: "Decision") -> str:
    return f"{decision.outcome.value}: rule '{decision.rule}': {decision.part}: {decision.text}"
