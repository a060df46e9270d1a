"""``git models export``: models go out to other tools."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, as_json, writing


@click.command("export")
@click.argument("target")
@click.option("--model", "models", metavar="NAME", multiple=True, help="Only this model; may be given again.")
@click.option("--version", "versions", type=click.IntRange(1), multiple=True, help="Only this version of it; likewise.")
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be exported.")
@click.option("--force", is_flag=True, help="Let what is here win over what was changed there.")
@as_json
@writing
def export(
    call: Call, target: str, models: tuple[str, ...], versions: tuple[int, ...], dry_run: bool, force: bool
) -> None:
    """Hand models to TARGET, a place of another tool with the tool's name in front: mlflow:sqlite:///mlflow.db.

    What is there already is not handed out again, so running it again goes on where it was stopped.
    """
    from gitmodels.cli import exchanging
    from gitmodels.exchange import sources
    from gitmodels.exchange.plan import Choice

    way, location = sources.exporter(target)
    steps = way(location, opened(call), Choice(models, versions, dry_run, force))
    exchanging.tell(call, steps, "exported", dry_run)
