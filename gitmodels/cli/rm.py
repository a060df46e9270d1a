"""``git models rm``: mark a version or a model as deleted. Nothing is removed from the history."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF
from gitmodels.registry.changes import models, versions
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.option("-m", "--reason", help="Why; it is shown beside the deleted version.")
@writing
def rm(call: Call, ref: ModelRef, reason: str | None) -> None:
    """Mark the version REF, or the whole model NAME, as deleted.

    Aliases that point there are cleared, its numbers are not used again, and the history keeps it.
    """
    registry = opened(call).registry
    if str(ref) == ref.name:
        registry.apply(lambda state, at: models.delete(state, ref.name, at, reason))
        call.err.line(f"{ref.name} is deleted")
        return
    before = registry.existing_state()
    found = before.resolve(ref)
    cleared = [alias for alias, number in before.aliases(found.name).items() if number == found.number]
    registry.apply(lambda state, at: versions.delete(state, found.name, found.number, at, reason))
    call.err.line(f"{found.name} v{found.number} is deleted")
    for alias in cleared:
        call.err.line(f"{found.name}@{alias} pointed there and is cleared")
