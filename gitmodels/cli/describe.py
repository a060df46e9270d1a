"""``git models describe``: what a model or a version is, in words."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, writing
from gitmodels.cli.params import REF
from gitmodels.registry.changes import models, versions
from gitmodels.uris import ModelRef


@click.command()
@click.argument("ref", type=REF)
@click.argument("text")
@writing
def describe(call: Call, ref: ModelRef, text: str) -> None:
    """Describe a model (NAME) or a version (REF); an empty TEXT clears the description."""
    registry = opened(call).registry
    if str(ref) == ref.name:
        registry.apply(lambda state, at: models.update(state, ref.name, at, text or None))
        return
    found = registry.existing_state().resolve(ref)
    registry.apply(lambda state, at: versions.update(state, found.name, found.number, at, text or None))
