"""``git models promote``: aliases move to versions, at once or by a pull request."""

from typing import Any

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import ALIAS, NAME, PREVIOUS, VERSION
from gitmodels.cli.progress import shown
from gitmodels.errors import Invalid


@click.command()
@click.argument("name", type=NAME)
@click.argument("version", type=VERSION)
@click.argument("alias", type=ALIAS)
@click.argument("more", nargs=-1, metavar="[NAME VERSION ALIAS]...")
@click.option("--reason", help="Why; it stands in the alias file and the history.")
@click.option("--previous", type=PREVIOUS, help="Only if ALIAS points at this version now, or at none.")
@click.option("--branch", is_flag=True, help="Write one commit on a branch promote/NAME-VERSION-ALIAS, here.")
@click.option("--pr", is_flag=True, help="Push that branch, and open a pull request.")
@click.option("--push", is_flag=True, help="Move it here, and publish at once.")
@click.option("--remote", help="Where to push, by default the remote that is followed (origin).")
@writing
def promote(call: Call, branch: bool, pr: bool, push: bool, remote: str | None, **said: Any) -> None:
    """Point ALIAS of NAME at VERSION; several at once move in one commit.

    Without an option that says otherwise it moves here, as git models alias set does. Where the alias is to be
    reviewed, --pr proposes the move: the branch stands on what is published, and merging it is the promotion.
    """
    from gitmodels.cli import proposed

    if push and (branch or pr):
        raise Invalid("--push publishes the move, --branch and --pr propose it", hint="leave one out")
    wanted, reason = proposed.wanted(**said)
    repo = opened(call)
    if branch or pr:
        proposed.promotion(call, repo, wanted, reason, remote, pr)
        return
    from gitmodels.api import promoting

    proposed.tell_moves(call, wanted, promoting.promote(repo, wanted, reason=reason))
    if push:
        from gitmodels.api import publishing

        with shown(call.err, "pushing") as progress:
            publishing.push(repo, remote, progress=progress)
