"""``git models tag``: key and value on a model or a version."""

from collections.abc import Mapping

import click

from gitmodels.cli.opening import looking, opened
from gitmodels.cli.options import Call, reading, writing
from gitmodels.cli.params import KEY_VALUE, REF
from gitmodels.registry.changes import models, versions
from gitmodels.uris import ModelRef


@click.group()
def tag() -> None:
    """Set, remove and list the tags of a model (NAME) or a version (REF)."""


@tag.command("set")
@click.argument("ref", type=REF)
@click.argument("assignments", metavar="KEY=VALUE...", type=KEY_VALUE, nargs=-1, required=True)
@writing
def set_(call: Call, ref: ModelRef, assignments: tuple[tuple[str, str], ...]) -> None:
    """Set tags of REF."""
    _retag(call, ref, dict(assignments))


@tag.command()
@click.argument("ref", type=REF)
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@writing
def rm(call: Call, ref: ModelRef, keys: tuple[str, ...]) -> None:
    """Remove tags of REF; nothing happens for those it does not have."""
    _retag(call, ref, dict.fromkeys(keys))


@tag.command()
@click.argument("ref", type=REF)
@reading
def ls(call: Call, ref: ModelRef) -> None:
    """List the tags of REF."""
    state = looking(call).registry.existing_state()
    tags = state.model(ref.name).tags if _is_model(ref) else state.resolve(ref).meta.tags
    if call.json:
        call.out.json(tags)
    else:
        call.out.table(["KEY", "VALUE"], sorted(tags.items()))


def _retag(call: Call, ref: ModelRef, values: Mapping[str, str | None]) -> None:
    registry = opened(call).registry
    state = registry.existing_state()
    if _is_model(ref):
        registry.apply(lambda state, at: models.retag(state, ref.name, values))
        return
    found = state.resolve(ref)
    registry.apply(lambda state, at: versions.retag(state, found.name, found.number, values))


def _is_model(ref: ModelRef) -> bool:
    """Whether REF names the model itself, not one of its versions."""
    return str(ref) == ref.name
