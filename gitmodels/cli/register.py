"""``git models register``: a model becomes the next version of a name."""

from typing import Any

import click

from gitmodels.api import registering
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import KEY_VALUE, NAME, REF, complete_files
from gitmodels.cli.progress import shown
from gitmodels.uris import ModelRef


@click.command()
@click.argument("source", metavar="SRC", shell_complete=complete_files)
@click.argument("name", type=NAME)
@click.option("-m", "--description", help="What this version is.")
@click.option("-t", "--tag", "tags", type=KEY_VALUE, multiple=True, help="Set a tag; may be given again.")
@click.option("--base", type=REF, help="The model it was made from: only the difference is stored if that is less.")
@click.option("--push", is_flag=True, help="Publish at once: the number that is printed then is final.")
@writing
def register(call: Call, source: str, name: str, push: bool, **said: Any) -> None:
    """Register SRC as the next version of NAME, and print name and number.

    SRC is any file or directory, runs:/RUN/NAME, or another REF as a models:/ URI. Its bytes are stored now.
    """
    wish = _wish(**said)
    repo = opened(call)
    with shown(call.err, "storing", registering.size(source) if call.err.width else 0) as repo.store.progress:
        number = registering.register(repo, source, name, wish)
    if push:
        from gitmodels.api import publishing

        with shown(call.err, "pushing") as progress:
            name, number = publishing.push_version(repo, name, number, progress=progress)
    call.out.line(f"{name}/{number}")


def _wish(description: str | None, tags: tuple[tuple[str, str], ...], base: ModelRef | None) -> registering.Wish:
    return registering.Wish(tags=dict(tags), description=description, base=None if base is None else base.uri)
