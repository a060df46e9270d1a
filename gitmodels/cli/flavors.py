"""``git models flavors``: which frameworks' models can be kept here, and what loading them may run."""

from collections.abc import Mapping
from typing import Any

import click

from gitmodels.cli.options import Call, reading


@click.command()
@reading
def flavors(call: Call) -> None:
    """List the flavors, the versions of their packages that are installed, and which formats run code when loaded.

    Any other file or directory can be registered too; only loading it as a model takes a flavor.
    """
    from gitmodels.api import flavor_overview

    found = flavor_overview.known()
    if call.json:
        call.out.json(found)
        return
    call.out.table(["FLAVOR", "PACKAGES", "RUNS NO CODE", "RUNS CODE", "FROM"], [_row(flavor) for flavor in found])
    for flavor in found:
        if not flavor["installed"]:
            call.err.line(f"to use {flavor['name']}: pip install 'gitmodels[{flavor['name']}]'")


def _row(flavor: dict[str, Any]) -> list[str]:
    packages = (f"{name} {version or '–'}" for name, version in flavor["packages"].items())
    formats: Mapping[str, str] = flavor["formats"]
    harmless = ", ".join(name for name, runs in formats.items() if runs == "none")
    running = ", ".join(name for name, runs in formats.items() if runs != "none")
    return [flavor["name"], ", ".join(packages) or "–", harmless or "–", running or "–", flavor["from"]]
