"""``git models tag``: key and value on a model or a version."""

import click

from gitmodels.cli.opening import opened
from gitmodels.cli.options import Call, reading, writing
from gitmodels.cli.params import KEY_VALUE, REF
from gitmodels.registry.changes import models, versions
from gitmodels.registry.registry import Ask
from gitmodels.registry.state import State
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
    registry = opened(call).registry
    number = _number(registry.existing_state(), ref)
    for key, value in assignments:
        registry.apply(_setting(ref.name, number, key, value))


@tag.command()
@click.argument("ref", type=REF)
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@writing
def rm(call: Call, ref: ModelRef, keys: tuple[str, ...]) -> None:
    """Remove tags of REF; nothing happens for those it does not have."""
    registry = opened(call).registry
    number = _number(registry.existing_state(), ref)
    for key in keys:
        registry.apply(_removing(ref.name, number, key))


@tag.command()
@click.argument("ref", type=REF)
@reading
def ls(call: Call, ref: ModelRef) -> None:
    """List the tags of REF."""
    state = opened(call).registry.existing_state()
    number = _number(state, ref)
    tags = state.model(ref.name).tags if number is None else state.version(ref.name, number).meta.tags
    if call.json:
        call.out.json(tags)
    else:
        call.out.table(["KEY", "VALUE"], sorted(tags.items()))


def _setting(name: str, number: int | None, key: str, value: str) -> Ask[None]:
    if number is None:
        return lambda state, at: models.set_tag(state, name, key, value)
    return lambda state, at: versions.set_tag(state, name, number, key, value)


def _removing(name: str, number: int | None, key: str) -> Ask[None]:
    if number is None:
        return lambda state, at: models.delete_tag(state, name, key)
    return lambda state, at: versions.delete_tag(state, name, number, key)


def _number(state: State, ref: ModelRef) -> int | None:
    """The version that REF names; None when it names the model itself."""
    return None if str(ref) == ref.name else state.resolve(ref).number
