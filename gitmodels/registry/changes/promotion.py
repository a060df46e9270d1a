"""The change that promoting makes: one alias or several moved in one commit, all of them or none.

This room asks a State; how one lock file is written the room of aliases knows.
"""

from collections.abc import Sequence
from typing import Any

from gitmodels.errors import Conflict, Invalid
from gitmodels.names import check_alias
from gitmodels.registry.changes.aliases import Move, set_alias, target_of
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.state import State
from gitmodels.values import frozen

_MOST = 500


@frozen
class Wanted:
    """``alias`` of the model ``name`` is to point at version ``number``.

    Where ``guarded``, it points at version ``previous`` now (None: at none), or somebody else has moved it.
    """

    name: str
    number: int
    alias: str
    previous: int | None = None
    guarded: bool = False

    def __str__(self) -> str:
        """Such as ``fraud v8 to champion``."""
        return f"{self.name} v{self.number} to {self.alias}"


class Moved(Conflict):
    """An alias is not where it was when its move was decided; ``name`` and ``alias`` say which, ``found`` where."""

    def __init__(self, wanted: Wanted, found: int | None) -> None:
        there, expected = shown(found), shown(wanted.previous)
        about = f"{wanted.name}@{wanted.alias}"
        super().__init__(
            f"{about} points at {there}, not at {expected}: somebody else moved it; here it was to go "
            f"{expected} → v{wanted.number}",
            hint=f"look at git models log {wanted.name}, then promote again if it is still right",
        )
        self.name = wanted.name
        self.alias = wanted.alias
        self.found = found


def shown(number: int | None) -> str:
    """A version as it is told of an alias.

    >>> shown(3), shown(None)
    ('v3', 'none')
    """
    return "none" if number is None else f"v{number}"


def promote(state: State, wanted: Sequence[Wanted], at: At, *, reason: str | None = None) -> Change[tuple[Move, ...]]:
    """Move every alias of ``wanted``; the result is (before, after) of each. Those there already are left alone.

    Raises Moved where a guarded one was moved by somebody else, Invalid for none or for one that is named twice,
    ModelNotFound, VersionNotFound, InvalidName.
    """
    if not 0 < len(wanted) <= _MOST:
        raise Invalid(f"1 to {_MOST} aliases are moved at once, not {len(wanted)}")
    pairs = [(one.name, check_alias(one.alias)) for one in wanted]
    twice = sorted({f"{name}@{alias}" for name, alias in pairs if pairs.count((name, alias)) > 1})
    if twice:
        raise Invalid(f"{twice[0]} is to go to two places")
    for one in wanted:
        _guard(state, one, at)
    changes = [set_alias(state, one.name, one.alias, one.number, at, reason=reason) for one in wanted]
    moves = tuple(change.result for change in changes)
    moving = [change for change in changes if change.edits]
    if not moving:
        return Change(moves)
    if len(wanted) == 1:
        only = moving[0]
        return Change(moves, only.edits, only.kind, only.subject, only.model, only.reason, only.args, only.aliases)
    return joined(moving, [str(one) for one, change in zip(wanted, changes, strict=True) if change.edits], moves, at)


def joined(moving: Sequence[Change[Any]], told: Sequence[str], result: Any, at: At) -> Change[Any]:
    """Several moves as one operation; ``told`` are their words for its subject."""
    kept = ("alias", "name", "previous", "version")
    first = moving[0]
    return Change(
        result=result,
        edits={path: data for change in moving for path, data in change.edits.items()},
        kind="promote",
        subject=f"promote {', '.join(told)}",
        model=first.model,
        reason=first.reason,
        args={
            "moves": [{key: change.args[key] for key in kept} for change in moving],
            "reason": first.reason,
            "when": at.when,
        },
        aliases=tuple(pair for change in moving for pair in change.aliases),
    )


def _guard(state: State, one: Wanted, at: At) -> None:
    state.model(one.name)
    record = state.alias(one.name, one.alias)
    is_ours = at.again and record is not None and record.op == at.op
    found = target_of(state, one.name, one.alias).version
    if one.guarded and not is_ours and found not in (one.previous, one.number):
        raise Moved(one, found)
