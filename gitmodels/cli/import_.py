"""``git models import``: models come in from other tools."""

from typing import Any

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, as_json, writing


@click.command("import")
@click.argument("source")
@click.option("--model", "models", metavar="NAME", multiple=True, help="Only this model; may be given again.")
@click.option("--version", "versions", type=click.IntRange(1), multiple=True, help="Only this version of it; likewise.")
@click.option("--path", "paths", metavar="PATTERN", multiple=True, help="Only these files or folders; likewise.")
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be imported.")
@click.option("--without", metavar="NAME/N", multiple=True, help="Leave this version out; may be given again.")
@click.option("--allow", "places", metavar="PLACE", multiple=True, help="Read files below this folder or address, too.")
@click.option("--force", is_flag=True, help="Let what is read win over what was changed here.")
@as_json
@writing
def import_(call: Call, source: str, dry_run: bool, **chosen: Any) -> None:
    """Bring models from SOURCE, a place of another tool with the tool's name in front: mlflow:sqlite:///mlflow.db.

    Versions keep their numbers, times and authors where the tool has any; what has no name there gets that of --model.
    What is here already is not brought again, so running it again goes on where it was stopped; what was changed here
    meanwhile stays, unless --force.
    """
    from gitmodels.cli import exchanging
    from gitmodels.exchange import sources
    from gitmodels.exchange.plan import Choice

    way, location = sources.importer(source)
    steps = way(location, opened(call), Choice(dry_run=dry_run, **chosen))
    exchanging.tell(call, steps, "imported", dry_run)
