"""Moves of aliases asked again. Two people who moved one alias have to agree, unless they moved it to the same place.

The last move that was known here has to be the last one there; each lock file names the operation that wrote it. So
a move there and back counts as a move.
"""

from typing import Any

from gitmodels.errors import Invalid
from gitmodels.fields import Fields
from gitmodels.registry import layout
from gitmodels.registry.changes import aliases, promotion, repair
from gitmodels.registry.changes.change import Change
from gitmodels.registry.operations.asked import Asked, Disagreement, moment
from gitmodels.registry.records import AliasRecord
from gitmodels.values import replace


def move(asked: Asked) -> Change[Any]:
    """An alias that was set, cleared or rolled back."""
    operation = asked.operation
    args = operation.args
    name, alias = args.text("name"), args.text("alias")
    model, wanted, reason = asked.model(name), args.optional_count("version"), args.optional("reason")
    about = f"{name}@{alias}"
    there = asked.now.alias(model, alias)
    if there is not None and asked.course.order.get(there.op, -1) >= asked.course.order[operation.at.op]:
        return Change(None)  # this very move landed, or one of ours that came after it
    number = None if wanted is None else asked.number(name, wanted)
    if _is_contested(asked, name, alias, there) and about not in asked.course.settled:
        if aliases.target_of(asked.now, model, alias).version != number and not asked.is_mine(about):
            raise _contested(asked, about, there)
        agreed = aliases.target_of(asked.now, model, alias).version == number
        asked.course.settled.add(about)
        if agreed:
            return Change(None)
    if operation.kind == "rollback":
        return aliases.rollback(asked.now, model, alias, operation.at, reason=reason, to=number)
    if number is None:
        return aliases.delete_alias(asked.now, model, alias, operation.at, reason=reason)
    return aliases.set_alias(asked.now, model, alias, number, operation.at, reason=reason)


def promote(asked: Asked) -> Change[Any]:
    """Several moves of one commit, each as if it had been made alone; one that is contested stops them all."""
    at, whole = asked.operation.at, asked.operation.args
    changes = []
    for one in moves(asked.operation.args):
        args = Fields({**one, "reason": whole.optional("reason"), "when": at.when}, "a move")
        single = replace(asked.operation, kind="alias", args=args)
        changes.append(move(replace(asked, operation=single)))
    moving = [change for change in changes if change.edits]
    if not moving:
        return Change(None)
    told = [f"{one.args['name']} v{one.args['version']} to {one.args['alias']}" for one in moving]
    return promotion.joined(moving, told, None, at)


def moves(args: Fields) -> list[dict[str, Any]]:
    """The moves of a promotion, as its trailers tell them. Raises InvalidRecord."""
    found = args.items("moves")
    try:
        return [
            {
                "name": one.text("name"),
                "alias": one.text("alias"),
                "version": one.count("version"),
                "previous": one.optional_count("previous"),
            }
            for one in found
        ]
    except Invalid:
        raise args.wrong("moves", "a list of moves") from None


def mend(asked: Asked) -> Change[Any]:
    """What is derived is derived again; where there is nothing to mend any more, nothing is done."""
    args = asked.operation.args
    model = asked.model(args.text("name"))
    return repair.alias(asked.now, model, args.text("alias"), asked.operation.at)


def _is_contested(asked: Asked, name: str, alias: str, there: AliasRecord | None) -> bool:
    known = asked.before.alias(name, alias)
    return (known.op if known is not None else None) != (there.op if there is not None else None)


def _contested(asked: Asked, about: str, there: AliasRecord | None) -> Disagreement:
    args, at = asked.operation.args, asked.operation.at
    told = "there it was never set"
    if there is not None:
        who = asked.course.tell(layout.alias_file(there.model, there.alias))
        told = f"there {_way(there.previous.version, there.target.version)}{who}{_quoted(there.reason)}"
    way = _way(args.optional_count("previous"), args.optional_count("version"))
    here = f"here {way} by {at.author} on {moment(at.when)}{_quoted(args.optional('reason'))}"
    return Disagreement(f"{about} was moved by both: {told}, {here}", about, ("theirs", "mine"))


def _way(before: int | None, after: int | None) -> str:
    told = ["none" if number is None else f"v{number}" for number in (before, after)]
    return " → ".join(told)


def _quoted(reason: str | None) -> str:
    return f' "{reason.splitlines()[0][:80]}"' if reason and reason.strip() else ""
