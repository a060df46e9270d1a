"""``git models audit``: whether every protected move was reviewed, and whether history is what it was."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, paged
from gitmodels.cli.output import Painted
from gitmodels.cli.wording import counted
from gitmodels.errors import CheckFailed
from gitmodels.fields import format_time


@click.command()
@click.option("--all", "everything", is_flag=True, help="Show the moves too that no rule protects.")
@paged
def audit(call: Call, everything: bool) -> None:
    """Tell every protected move with what shows its review, newest first; exit code 7 when something is flagged.

    Flagged are protected moves without a review, approvals that are missing, versions that were edited or vanished,
    gaps, and a remote that took back what it had published.
    """
    from gitmodels.api import auditing

    found = list(auditing.events(opened(call)))
    shown = [each for each in found if everything or each.flagged or each.protected or each.kind != "move"]
    flagged = [each for each in found if each.flagged]
    if call.json:
        call.out.json([auditing.document(each) for each in shown])
    for each in [] if call.json else shown:
        mark = Painted("FLAGGED", "bad") if each.flagged else Painted(each.review or "-", "good")
        who = f"  {format_time(each.when)[:16]}  {each.commit[:10]}  {each.author}" if each.commit else ""
        call.out.line(mark, f"  {each.subject}: {each.text}{who}")
    if flagged:
        raise CheckFailed(f"{counted(len(flagged), 'event')} flagged", hint="git models log tells more of each commit")
    call.err.line(f"{counted(len(shown), 'event')}, nothing is flagged")
