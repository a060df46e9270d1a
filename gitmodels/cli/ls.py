"""``git models ls``: the registered models, or the versions of one."""

import click

from gitmodels.api import overview
from gitmodels.cli import tables
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, paged
from gitmodels.cli.params import NAME


@click.command()
@click.argument("name", type=NAME, required=False)
@paged
def ls(call: Call, name: str | None) -> None:
    """List the registered models, or the versions of NAME, newest first."""
    repo = opened(call)
    found = overview.versions(repo, name) if name else overview.models(repo)
    if call.json:
        call.out.json_list(found)
    elif name:
        tables.show_versions(call, found)
    else:
        tables.show_models(call, found)
