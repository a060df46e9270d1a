"""``git models ls``: the registered models, or the versions of one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from gitmodels.api import overview
from gitmodels.cli import tables
from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, paged
from gitmodels.cli.params import NAME
from gitmodels.errors import Invalid

if TYPE_CHECKING:
    from gitmodels.repo import Repo


@click.command()
@click.argument("name", type=NAME, required=False)
@click.option("--metrics", is_flag=True, help="Compare the versions by all their metrics, the evaluated ones too.")
@click.option("--filter", "text", metavar="FILTER", help="Only those for which FILTER holds; see git models search.")
@paged
def ls(call: Call, name: str | None, metrics: bool, text: str | None) -> None:
    """List the registered models, or the versions of NAME, newest first."""
    if metrics and name is None:
        raise Invalid("--metrics compares the versions of one model", hint="git models ls NAME --metrics")
    repo = looking(call)
    found = filtered(repo, name, text) if text else overview.versions(repo, name) if name else overview.models(repo)
    if call.json:
        call.out.json_list(found)
    elif metrics:
        tables.show_metrics(call, found)
    elif name:
        tables.show_versions(call, found)
    else:
        tables.show_models(call, found)


def filtered(repo: "Repo", name: str | None, text: str) -> Iterator[dict[str, Any]]:
    """What the filter keeps of the models, or of the versions of one."""
    from gitmodels.api import searching

    return searching.versions_of(repo, name, text) if name else searching.models(repo, text)
