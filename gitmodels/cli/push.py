"""``git models push``: what is unpublished goes to a remote, renumbered where others were quicker."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, as_json, writing
from gitmodels.cli.progress import shown


@click.command()
@click.argument("remote", required=False)
@click.option("-n", "--dry-run", "dry", is_flag=True, help="Only tell what would be pushed.")
@click.option("--runs", is_flag=True, help="Publish the runs of this clone, too: they are private until then.")
@as_json
@writing
def push(call: Call, remote: str | None, dry: bool, runs: bool) -> None:
    """Publish what was registered, moved and said here on REMOTE, by default the one that is followed (origin).

    Never by force. Where others were quicker it is put on top of theirs and tried again; versions that lost their
    number get the next one, and that is told: `fraud v3 → v4`.
    """
    from gitmodels.api import publishing
    from gitmodels.cli import exchanged

    repo = opened(call)
    with shown(call.err, "pushing") as progress:
        pushed = publishing.push(repo, remote, dry=dry, runs=runs, progress=progress)
    if call.json:
        call.out.json(exchanged.pushed_document(pushed))
        return
    exchanged.tell_renumbered(call, pushed.renumbered)
    call.err.line(exchanged.pushed_words(pushed, dry))
