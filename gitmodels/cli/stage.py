"""``git models stage``: MLflow's older way of saying where a version is used."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF
from gitmodels.registry.changes import versions
from gitmodels.uris import STAGES, ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.argument("stage", type=click.Choice(STAGES, case_sensitive=False))
@click.option("--archive-existing", is_flag=True, help="Move versions that are there to Archived.")
@writing
def stage(call: Call, ref: ModelRef, stage: str, archive_existing: bool) -> None:
    """Move the version REF to STAGE. Aliases are the newer way: git models alias -h."""
    registry = opened(call).registry
    found = registry.existing_state().resolve(ref)
    registry.apply(
        lambda state, at: versions.stage(state, found.name, found.number, stage, at, archive=archive_existing)
    )
    call.err.line(f"{found.name} v{found.number} is in {stage}")
