"""``git models mv``: give a model another name."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import NAME
from gitmodels.registry.changes import models


@click.command()
@click.argument("name", type=NAME)
@click.argument("new_name", metavar="NEW_NAME", type=NAME)
@writing
def mv(call: Call, name: str, new_name: str) -> None:
    """Rename the model NAME; versions, aliases and tags come along, and REFs with the old name still resolve."""
    opened(call).registry.apply(lambda state, at: models.rename(state, name, new_name, at))
    call.err.line(f"{name} is {new_name} now")
