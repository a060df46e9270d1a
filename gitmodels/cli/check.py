"""``git models check``: whether a change of the registry may be merged."""

import os
from typing import TYPE_CHECKING

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading
from gitmodels.cli.output import Painted
from gitmodels.errors import Invalid

if TYPE_CHECKING:
    from gitmodels.review.checking import Checked

_STYLES = {"violated": "bad", "not evaluated": "bad", "warned": "warn", "passed": "good"}


@click.command()
@click.option("--base", metavar="COMMIT", help="What it goes to; by default the remote-tracking branch.")
@click.option("--head", metavar="COMMIT", help="What is proposed; by default the registry's branch.")
@click.option("--merge-result", is_flag=True, help="Judge what merging the two would give; nothing is written.")
@click.option("--staged", is_flag=True, help="Judge what is staged where the registry is checked out.")
@click.option(
    "--report", type=click.Choice(["text", "md", "json", "sarif"]), default="text", help="The form of the report."
)
@reading
def check(call: Call, base: str | None, head: str | None, merge_result: bool, staged: bool, report: str) -> None:
    """Judge a change of the registry: whether it is sound and keeps the policy of the branch it goes to.

    Exit code 0 when it may be merged, 7 when a check is violated, 10 when one could not be evaluated. No weights are
    downloaded and nothing of a model is run.
    """
    from gitmodels.api import change_checks
    from gitmodels.review import checking

    if staged and (head or merge_result):
        raise Invalid("--staged judges the index: it takes no --head and no --merge-result")
    index = os.environ.get("GIT_INDEX_FILE") if staged else None
    checked = change_checks.check(
        opened(call), base=base, head=head, merge_result=merge_result, staged=staged, index=index
    )
    _show(call, checked, "json" if call.json else report)
    checking.raise_for(checked)


def _show(call: Call, checked: "Checked", report: str) -> None:
    from gitmodels import __version__
    from gitmodels.review import check_documents, pull_request

    if report == "md":
        call.out.raw(pull_request.markdown(checked).encode())
    elif report == "json":
        call.out.json(check_documents.document(checked))
    elif report == "sarif":
        call.out.json(check_documents.sarif(checked, __version__))
    else:
        for seen in checked.moves:
            call.out.line(str(seen.move), "  protected" if seen.protected else "")
        for each in checked.answers:
            where = f"{each.subject}: " if each.subject else ""
            rule = f"rule '{each.rule}', {each.part}: " if each.rule else ""
            call.out.line(
                Painted(f"{each.outcome.value}  ", _STYLES[each.outcome.value]),
                f"{each.check}: {where}{rule}{each.text}",
            )
