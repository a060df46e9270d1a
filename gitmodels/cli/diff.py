"""``git models diff``: what differs between two versions, and what it means for those who call the model."""

from typing import TYPE_CHECKING

import click

from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, paged
from gitmodels.cli.output import Painted

if TYPE_CHECKING:
    from gitmodels.review.report import Comparison

_STYLES = {"BREAK": "bad", "warn": "warn", "note": "", "ok": "dim"}


@click.command()
@click.argument("old", metavar="A")
@click.argument("new", metavar="[B]", required=False)
@click.option("--format", "form", type=click.Choice(["text", "md", "json", "sarif"]), help="How it is told.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when anything differs, as git diff does.")
@click.option("--values", is_flag=True, help="Read the tensors that changed, and tell by how much.")
@paged
def diff(call: Call, old: str, new: str | None, form: str | None, exit_code: bool, values: bool) -> None:
    """Tell what differs between A and B, each with its verdict: ok, note, warn or BREAK.

    A and B are versions (fraud@champion, fraud/8), models of runs (runs:/…) or folders of models. A alone is compared
    with the latest version, a name alone by its champion; A..B are two commits of the registry.

    Of weights it is told which tensors changed and how many bytes of them, without reading any. --values reads those
    that changed in safetensors files: the largest and the mean difference of their elements, and their cosine.
    """
    from gitmodels.api import comparing

    found = comparing.diff(looking(call), old, new, values=values)
    _tell(call, found, "json" if call.json else form or "text")
    if exit_code and not found.is_empty:
        raise click.exceptions.Exit(1)


def _tell(call: Call, found: "Comparison", form: str) -> None:
    from gitmodels.review import report

    if form == "json":
        call.out.json(report.document(found))
    elif form == "md":
        from gitmodels.review import diff_markdown

        call.out.raw(diff_markdown.render(found).encode())
    elif form == "sarif":
        from gitmodels.review import sarif

        call.out.raw(sarif.render(found).encode())
    else:
        _show(call, found)


def _show(call: Call, found: "Comparison") -> None:
    from gitmodels.review import report
    from gitmodels.review.compare import ordered

    call.out.line(f"{found.title}   {report.summary(found)}")
    rows: list[list[str | Painted]] = []
    for each in ordered(found.findings):
        word = each.verdict.word
        rows.append([Painted(word, _STYLES[word]), each.section, each.subject, report.change(each), each.text])
    call.out.table(["VERDICT", "SECTION", "WHAT", "CHANGE", "MEANING"], rows)
    for part in found.parts:
        call.out.line("")
        _show(call, part)
