"""``git models textconv``: what ``git diff`` calls for alias and MLmodel files."""

import sys

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, pass_call, place


@click.command()
@click.argument("path", metavar="FILE", type=click.Path())
@place
@pass_call
def textconv(call: Call, path: str) -> None:
    """Write the alias file or MLmodel file FILE as lines that a person compares; any other file as it is.

    git diff, git show and git log -p call it in clones where git models init was run: of an alias they then tell the
    version, what it needs, and what it breaks for callers of the version before.
    """
    from gitmodels.review.as_text import as_text

    with open(path, "rb") as stream:
        data = stream.read()
    state = opened(call).registry.state() if b"@" in data[:4096] else None
    sys.stdout.flush()
    call.out.raw(as_text(data, state if state is not None and state.commit is not None else None))
