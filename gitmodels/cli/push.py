"""``git models push``: what is unpublished goes to a remote, renumbered where others were quicker."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, as_json, writing
from gitmodels.cli.progress import shown
from gitmodels.errors import Invalid
from gitmodels.repo import Repo


@click.command()
@click.argument("remote", required=False)
@click.option("-n", "--dry-run", "dry", is_flag=True, help="Only tell what would be pushed.")
@click.option("--runs", is_flag=True, help="Publish the runs of this clone, too: they are private until then.")
@click.option("--pr", is_flag=True, help="As a branch with a pull request, where the host protects the registry's.")
@as_json
@writing
def push(call: Call, remote: str | None, dry: bool, runs: bool, pr: bool) -> None:
    """Publish what was registered, moved and said here on REMOTE, by default the one that is followed (origin).

    Never by force. Where others were quicker it is put on top of theirs and tried again; versions that lost their
    number get the next one, and that is told: `fraud v3 → v4`.
    """
    from gitmodels.api import publishing
    from gitmodels.cli import exchanged

    repo = opened(call)
    if pr:
        if dry or runs or call.json:
            raise Invalid("--pr goes alone: a pull request is opened", hint="leave the other options out")
        _propose(call, repo, remote)
        return
    with shown(call.err, "pushing") as progress:
        pushed = publishing.push(repo, remote, dry=dry, runs=runs, progress=progress)
    if call.json:
        call.out.json(exchanged.pushed_document(pushed))
        return
    exchanged.tell_renumbered(call, pushed.renumbered)
    call.err.line(exchanged.pushed_words(pushed, dry))


def _propose(call: Call, repo: Repo, remote: str | None) -> None:
    from gitmodels.api import publishing
    from gitmodels.cli import proposed

    with shown(call.err, "pushing") as progress:
        sent = publishing.propose(repo, remote, progress=progress)
    if sent is None:
        call.err.line("nothing to propose: all is published")
    else:
        proposed.tell_sent(call, sent)
