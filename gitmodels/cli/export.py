"""``git models export``: models go out to other tools."""

from typing import Any

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, as_json, writing


@click.command("export")
@click.argument("target")
@click.option("--model", "models", metavar="NAME", multiple=True, help="Only this model; may be given again.")
@click.option("--version", "versions", type=click.IntRange(1), multiple=True, help="Only this version of it; likewise.")
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be exported.")
@click.option("--files", metavar="PLACE", help="Where the tool is to keep the files, if it has no place of its own.")
@click.option("--force", is_flag=True, help="Let what is here win over what was changed there.")
@as_json
@writing
def export(call: Call, target: str, files: str | None, **chosen: Any) -> None:
    """Hand models to TARGET, a place of another tool with the tool's name in front: mlflow:sqlite:///mlflow.db.

    What is there already is not handed out again, so running it again goes on where it was stopped.
    """
    from gitmodels.cli import exchanging
    from gitmodels.exchange import sources
    from gitmodels.exchange.plan import Choice

    way, location = sources.exporter(target)
    choice = Choice(places=(files,) if files else (), **chosen)
    exchanging.tell(call, way(location, opened(call), choice), "exported", choice.dry_run)
