"""``git models cp``: register a version again under another name."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import NAME, REF
from gitmodels.registry.changes import versions
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.argument("name", type=NAME)
@writing
def cp(call: Call, ref: ModelRef, name: str) -> None:
    """Register the version REF as the next version of NAME; no bytes are copied."""
    registry = opened(call).registry
    source = registry.existing_state().resolve(ref)
    number = registry.apply(lambda state, at: versions.copy(state, source, name, at))
    call.out.line(f"{name}/{number}")
