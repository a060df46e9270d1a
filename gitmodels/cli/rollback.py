"""``git models rollback``: an alias goes back to what it pointed at before."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import ALIAS, NAME
from gitmodels.registry.changes import aliases


@click.command()
@click.argument("name", type=NAME)
@click.argument("alias", type=ALIAS)
@click.option("--reason", help="Why; it stands in the alias file and the history.")
@writing
def rollback(call: Call, name: str, alias: str, reason: str | None) -> None:
    """Point ALIAS of NAME back at the version before, as a new commit."""
    before, after = opened(call).registry.apply(
        lambda state, at: aliases.rollback(state, name, alias, at, reason=reason)
    )
    shown = "none" if before.version is None else f"v{before.version}"
    call.err.line(f"{name}@{alias} {shown} → v{after.version}")
