"""``git models pull``: what others published comes here, and what is unpublished stands on top of it."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, as_json, writing


@click.command()
@click.argument("remote", required=False)
@click.option("--mine", multiple=True, metavar="WHAT", help="Keep what was done here, such as fraud@champion.")
@click.option("--theirs", multiple=True, metavar="WHAT", help="Give up what was done here, such as fraud@champion.")
@click.option("--accept-rewrite", is_flag=True, help="Take over a registry that took back what it had published.")
@click.option("--objects", is_flag=True, help="Fetch the files of what aliases point at, too.")
@click.option("-n", "--dry-run", "dry", is_flag=True, help="Only tell what would become of the branch.")
@as_json
@writing
def pull(call: Call, remote: str | None, mine: tuple[str, ...], theirs: tuple[str, ...], **options: bool) -> None:
    """Fetch from REMOTE, by default the one that is followed (origin), and put what is unpublished here on top.

    Where two people disagree nothing is changed, and one message names both sides and the options that resolve it.
    Files of models are not fetched: what is loaded is fetched then.
    """
    from gitmodels.api import publishing
    from gitmodels.cli import exchanged
    from gitmodels.registry.operations.asked import Wishes

    wishes = Wishes(frozenset(mine), frozenset(theirs))
    pulled = publishing.pull(opened(call), remote, wishes, **options)
    if call.json:
        call.out.json(exchanged.pulled_document(pulled))
        return
    if pulled.brought is not None and pulled.brought.replayed is not None:
        exchanged.tell_renumbered(call, pulled.brought.replayed.renumbered)
    call.err.line(exchanged.pulled_words(pulled, options["dry"]))
