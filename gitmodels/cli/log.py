"""``git models log``: what happened to the registry, newest first."""

from typing import Any

import click

from gitmodels.api import overview
from gitmodels.cli.opening import looking
from gitmodels.cli.options import Call, paged
from gitmodels.cli.params import ALIAS, NAME
from gitmodels.cli.wording import duration, mark, moment


@click.command()
@click.argument("name", type=NAME, required=False)
@click.option("--alias", type=ALIAS, help="Where this alias of NAME stood, from when to when.")
@click.option("-n", "--limit", type=click.IntRange(min=1), help="At most so many operations.")
@paged
def log(call: Call, name: str | None, alias: str | None, limit: int | None) -> None:
    """Tell what happened to the registry, or to the model NAME: one line per operation, newest first."""
    if alias is not None:
        if name is None:
            raise click.UsageError("--alias is for one model: git models log NAME --alias ALIAS")
        _of_alias(call, name, alias, limit)
        return
    found = overview.operations(looking(call), name, limit)
    if call.json:
        call.out.json_list(found)
        return
    call.out.listing([], (_row(operation) for operation in found))


def _of_alias(call: Call, name: str, alias: str, limit: int | None) -> None:
    from gitmodels.api import looking_back

    found = looking_back.alias_log(looking(call), name, alias, limit)
    if call.json:
        call.out.json_list(found)
        return
    call.out.listing([], (_move(name, alias, each) for each in found))


def _move(name: str, alias: str, move: dict[str, Any]) -> list[str]:
    before, after = _version(move["from"]), _version(move["to"])
    stood = f"for {duration(move['seconds'])}" + ("" if move["until"] else ", still")
    note = f'"{move["reason"].splitlines()[0]}"' if (move["reason"] or "").strip() else ""
    what = f"{name}@{alias} {before} → {after}"
    return [moment(move["time"]), move["kind"], what, stood, move["author"], move["commit"][:7], note]


def _row(operation: dict[str, Any]) -> list[str]:
    if operation["kind"] == "init":
        # The same commit everywhere, so its author and its date say nothing of this registry.
        return ["–", "init", operation["subject"], "–", operation["commit"][:7] + mark(operation), ""]
    ours = operation["kind"] != "other"
    what = operation["subject"].partition(" ")[2] if ours else operation["subject"]
    kind = operation["kind"] if ours else "–"
    arguments = operation["arguments"]
    if kind in ("alias", "rollback") and "alias" in arguments:
        before, after = (_version(arguments.get(key)) for key in ("previous", "version"))
        what = f"{operation['model']}@{arguments['alias']} {before} → {after}"
    note = f'"{operation["reason"].splitlines()[0]}"' if operation["reason"] else ""
    return [moment(operation["time"]), kind, what, operation["author"], operation["commit"][:7] + mark(operation), note]


def _version(number: object) -> str:
    return f"v{number}" if isinstance(number, int) else "none"
