"""``git models import``: models come in from other tools."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, as_json, writing


@click.command("import")
@click.argument("source")
@click.option("--model", "models", metavar="NAME", multiple=True, help="Only this model; may be given again.")
@click.option("--version", "versions", type=click.IntRange(1), multiple=True, help="Only this version of it; likewise.")
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be imported.")
@click.option("--force", is_flag=True, help="Let what is read win over what was changed here.")
@as_json
@writing
def import_(
    call: Call, source: str, models: tuple[str, ...], versions: tuple[int, ...], dry_run: bool, force: bool
) -> None:
    """Bring models from SOURCE, a place of another tool with the tool's name in front: mlflow:sqlite:///mlflow.db.

    Versions keep their numbers, times and authors where the tool has any. What is here already is not brought again, so
    running it again goes on where it was stopped; what was changed here meanwhile stays, unless --force.
    """
    from gitmodels.cli import exchanging
    from gitmodels.exchange import sources
    from gitmodels.exchange.plan import Choice

    way, location = sources.importer(source)
    steps = way(location, opened(call), Choice(models, versions, dry_run, force))
    exchanging.tell(call, steps, "imported", dry_run)
