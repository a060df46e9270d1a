"""``git models ls``: the registered models, or the versions of one."""

import click

from gitmodels.api import overview
from gitmodels.cli import tables
from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, paged
from gitmodels.cli.params import NAME
from gitmodels.errors import Invalid


@click.command()
@click.argument("name", type=NAME, required=False)
@click.option("--metrics", is_flag=True, help="Compare the versions by all their metrics, the evaluated ones too.")
@paged
def ls(call: Call, name: str | None, metrics: bool) -> None:
    """List the registered models, or the versions of NAME, newest first."""
    if metrics and name is None:
        raise Invalid("--metrics compares the versions of one model", hint="git models ls NAME --metrics")
    repo = opened(call)
    found = overview.versions(repo, name) if name else overview.models(repo)
    if call.json:
        call.out.json_list(found)
    elif metrics:
        tables.show_metrics(call, found)
    elif name:
        tables.show_versions(call, found)
    else:
        tables.show_models(call, found)
