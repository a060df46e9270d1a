"""The table: by which function each kind of operation is asked again, and what it is about.

A kind that is not here cannot be replayed; a test holds the table to all kinds that the changes know.
"""

from collections.abc import Callable
from typing import Any

from gitmodels.errors import FormatTooNew
from gitmodels.registry.changes.change import Change
from gitmodels.registry.operations import aliases, approvals, beside, configuration, imports, models, versions
from gitmodels.registry.operations.asked import Asked
from gitmodels.registry.operations.operation import Operation

ASKING: dict[str, Callable[[Asked], Change[Any]]] = {
    "create": models.create,
    "rename": models.rename,
    "card": models.card,
    "register": versions.register,
    "copy": versions.copy,
    "import": imports.bring,
    "describe": versions.describe,
    "tag": versions.tag,
    "stage": versions.stage,
    "evaluate": versions.evaluate,
    "delete": versions.delete,
    "alias": aliases.move,
    "rollback": aliases.move,
    "promote": aliases.promote,
    "approve": approvals.approve,
    "approve-policy": approvals.approve_policy,
    "repair": aliases.mend,
    "configure": configuration.remote,
    "beside": beside.put,
}
# Those whose result is the number of a version.
NUMBERING = ("register", "copy")


def ask(asked: Asked) -> Change[Any]:
    """The operation as it is now. Raises Disagreement, and FormatTooNew for a kind that is not known here."""
    known = ASKING.get(asked.operation.kind)
    if known is None:
        raise FormatTooNew(
            f"{asked.operation.subject}: an operation of a newer gitmodels", hint="pip install --upgrade gitmodels"
        )
    return known(asked)


def about(operation: Operation) -> set[str]:
    """Everything by which a wish may mean ``operation``: its model, its version, its alias, its card."""
    args = operation.args
    if operation.kind == "promote":
        moved = aliases.moves(args)
        # As a whole or not at all: a wish for one of its aliases is one for the promotion.
        return {f"{one['name']}{what}" for one in moved for what in ("", f"@{one['alias']}", f"/{one['version']}")}
    name = args.optional("name") or operation.model
    found = {name}
    if operation.kind == "card":
        found.add(f"{name}:README.md")
    if (remote := args.optional("remote")) is not None:
        found.add(f"remote:{remote}")
    if operation.kind == "beside":
        found.add("files")
    if operation.kind == "approve-policy":
        found.add("policy")
    if operation.kind == "copy":
        found.add(args.text("source"))
    if (alias := args.optional("alias")) is not None:
        found.add(f"{name}@{alias}")
    if (number := args.optional_count("version")) is not None:
        found.add(f"{name}/{number}")
    return found
