"""``git models register``: a model becomes the next version of a name."""

from typing import Any

import click

from gitmodels.api import registering
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import KEY_VALUE, NAME, REF, complete_files
from gitmodels.cli.progress import shown
from gitmodels.errors import Invalid
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef


@click.command()
@click.argument("source", metavar="SRC", shell_complete=complete_files)
@click.argument("name", type=NAME)
@click.option("-m", "--description", help="What this version is.")
@click.option("-t", "--tag", "tags", type=KEY_VALUE, multiple=True, help="Set a tag; may be given again.")
@click.option("--base", type=REF, help="The model it was made from: only the difference is stored if that is less.")
@click.option("--push", is_flag=True, help="Publish at once: the number that is printed then is final.")
@click.option("--pr", is_flag=True, help="Propose it by a pull request that only adds this version.")
@writing
def register(call: Call, source: str, name: str, push: bool, pr: bool, **said: Any) -> None:
    """Register SRC as the next version of NAME, and print name and number.

    SRC is any file or directory, runs:/RUN/NAME, or another REF as a models:/ URI. Its bytes are stored now.
    """
    if push and pr:
        raise Invalid("--push publishes it, --pr proposes it", hint="leave one out")
    wish = _wish(**said)
    repo = opened(call)
    if pr:
        _propose(call, repo, source, name, wish)
        return
    with shown(call.err, "storing", registering.size(source) if call.err.width else 0) as repo.store.progress:
        number = registering.register(repo, source, name, wish)
    if push:
        from gitmodels.api import publishing

        with shown(call.err, "pushing") as progress:
            name, number = publishing.push_version(repo, name, number, progress=progress)
    call.out.line(f"{name}/{number}")


def _propose(call: Call, repo: Repo, source: str, name: str, wish: registering.Wish) -> None:
    from gitmodels.api import proposing
    from gitmodels.cli import proposed

    with shown(call.err, "storing", registering.size(source) if call.err.width else 0) as repo.store.progress:
        proposal = registering.propose(repo, source, name, wish)
    call.err.line(f"proposed as {name}/{proposal.result}; the number is final when it is merged")
    with shown(call.err, "pushing") as progress:
        sent = proposing.send(repo, None, proposal, progress)
    proposed.tell_sent(call, sent)


def _wish(description: str | None, tags: tuple[tuple[str, str], ...], base: ModelRef | None) -> registering.Wish:
    return registering.Wish(tags=dict(tags), description=description, base=None if base is None else base.uri)
