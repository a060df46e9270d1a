"""``git models alias``: which version a name such as ``champion`` stands for."""

import click

from gitmodels.cli.opening import looking, opened
from gitmodels.cli.options import Call, reading, writing
from gitmodels.cli.params import ALIAS, NAME, VERSION
from gitmodels.registry.changes import aliases
from gitmodels.registry.records import Target


@click.group()
def alias() -> None:
    """Set, clear and list the aliases of a model."""


@alias.command("set")
@click.argument("name", type=NAME)
@click.argument("alias_name", metavar="ALIAS", type=ALIAS)
@click.argument("version", type=VERSION)
@click.option("--reason", help="Why; it stands in the alias file and the history.")
@click.option("--push", is_flag=True, help="Publish at once.")
@writing
def set_(call: Call, name: str, alias_name: str, version: int, reason: str | None, push: bool) -> None:
    """Point ALIAS of NAME at VERSION; git models promote can propose it, too."""
    repo = opened(call)
    before, after = repo.registry.apply(
        lambda state, at: aliases.set_alias(state, name, alias_name, version, at, reason=reason)
    )
    call.err.line(_moved(name, alias_name, before, after))
    if push:
        from gitmodels.api import publishing

        publishing.push(repo)


@alias.command()
@click.argument("name", type=NAME)
@click.argument("alias_name", metavar="ALIAS", type=ALIAS)
@click.option("--reason", help="Why; it stands in the alias file and the history.")
@writing
def rm(call: Call, name: str, alias_name: str, reason: str | None) -> None:
    """Clear ALIAS of NAME; nothing happens when it is not set."""
    before, after = opened(call).registry.apply(
        lambda state, at: aliases.delete_alias(state, name, alias_name, at, reason=reason)
    )
    call.err.line(_moved(name, alias_name, before, after))


@alias.command()
@click.argument("name", type=NAME)
@reading
def ls(call: Call, name: str) -> None:
    """List the aliases of NAME with their versions."""
    found = looking(call).registry.existing_state().aliases(name)
    if call.json:
        call.out.json(found)
    else:
        call.out.table(["ALIAS", "VERSION"], [[key, f"v{number}"] for key, number in found.items()])


def _moved(name: str, alias_name: str, before: Target, after: Target) -> str:
    if before == after:
        return f"{name}@{alias_name} stays at {_shown(after)}"
    return f"{name}@{alias_name} {_shown(before)} → {_shown(after)}"


def _shown(target: Target) -> str:
    return "none" if target.version is None else f"v{target.version}"
