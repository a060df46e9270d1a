"""Unpublished operations asked again on top of what others published: renumbered, never merged line by line.

Pure but for reading: states come from ``Site``, and what it is given to commit may go anywhere. A replay either
succeeds as a whole or raises one Conflict that names every disagreement and what resolves each.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from gitmodels.errors import AliasNotFound, Conflict, Invalid, ModelNotFound, VersionNotFound
from gitmodels.git.edits import Edits
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.operations import table
from gitmodels.registry.operations.asked import Asked, Course, Disagreement, Teller, Wishes
from gitmodels.registry.operations.operation import Operation
from gitmodels.registry.operations.versions import given
from gitmodels.registry.state import State
from gitmodels.values import frozen

_SHOWN = 3
# What an operation that stands on something gone may still raise, past all that was foreseen.
_GONE = (ModelNotFound, VersionNotFound, AliasNotFound, Conflict)


class Site(Protocol):
    """Where states come from, and where changes go."""

    def state(self, commit: str) -> State:
        """The registry as ``commit`` has it."""
        ...

    def commit(self, on: State, change: Change[Any], at: At) -> State:
        """The state after ``change`` of ``on``."""
        ...


@frozen
class Parted:
    """Two sides of one registry: the commits ``base`` and ``theirs``, this side's ``operations``, oldest first.

    ``landed`` are ids of operations that the other side's messages mention; ``tell`` names who changed a path there.
    """

    base: str
    theirs: str
    operations: tuple[Operation, ...]
    landed: frozenset[str]
    tell: Teller


@frozen
class Renumbered:
    """A version that got another number, and maybe its model another name."""

    name: str
    number: int
    now: str
    became: int

    def __str__(self) -> str:
        """Such as ``fraud v3 → v4``."""
        there = "" if self.now == self.name else f"{self.now} "
        return f"{self.name} v{self.number} → {there}v{self.became}"


@frozen
class Replayed:
    """The new state; what got other numbers; which operations were done, were there already, or were given up."""

    state: State
    renumbered: tuple[Renumbered, ...] = ()
    done: tuple[Operation, ...] = ()
    there: tuple[Operation, ...] = ()
    dropped: tuple[Operation, ...] = ()


def replay(parted: Parted, site: Site, wishes: Wishes) -> Replayed:
    """The operations asked again, one after the other.

    Raises Conflict where both sides did what cannot both be, Invalid for a wish that is about nothing, FormatTooNew
    for an operation that is not known here.
    """
    course = Course(site.state(parted.base), site.state(parted.theirs), wishes, parted.tell)
    return _Replay(parted, site, course).run()


class _Replay:
    """One replay on its way."""

    def __init__(self, parted: Parted, site: Site, course: Course) -> None:
        self._parted = parted
        self._site = site
        self._course = course
        self._now = course.theirs
        self._renumbered: list[Renumbered] = []
        self._conflicts: dict[str, Disagreement] = {}
        self._landed: dict[str, dict[str, int]] = {}
        self._ends: dict[str, list[Operation]] = {"done": [], "there": [], "dropped": []}

    def run(self) -> Replayed:
        operations = self._parted.operations
        self._course.order = {operation.at.op: place for place, operation in enumerate(operations)}
        parent = self._parted.base
        for operation in operations:
            states = self._site.state(operation.commit), self._site.state(parent)
            asked = Asked(operation, *states, self._now, self._course)
            self._ends[self._one(asked)].append(operation)
            parent = operation.commit
        self._refuse(self._course.wishes)
        ends = {name: tuple(found) for name, found in self._ends.items()}
        return Replayed(self._now, tuple(self._renumbered), **ends)

    def _one(self, asked: Asked) -> str:
        operation = asked.operation
        if self._is_dropped(asked):
            return "dropped"
        try:
            if self._is_there(asked):
                self._note(asked, None)
                return "there"
            change = table.ask(asked)
        except Disagreement as error:
            self._conflicts.setdefault(error.about, error)
            return "dropped"
        except _GONE as error:
            about = operation.args.optional("name") or operation.model
            self._conflicts.setdefault(about, asked.disagree(about, error.message, ways=("theirs",)))
            return "dropped"
        self._note(asked, change)
        if _stands(self._now, change.edits):
            return "there"
        self._now = self._site.commit(self._now, change, operation.at)
        return "done"

    def _is_dropped(self, asked: Asked) -> bool:
        # What is in conflict is left out too, so that everything else that conflicts is found in the same run.
        meant = table.about(asked.operation)
        return any(asked.is_theirs(one) or one in self._conflicts for one in sorted(meant))

    def _is_there(self, asked: Asked) -> bool:
        """Whether the operation landed on the other side, however the host rewrote its commit."""
        operation = asked.operation
        if operation.kind in table.NUMBERING:
            name = operation.args.text("name")
            number = self._landed_in(name).get(operation.at.op)
            if number is not None:
                self._renumber(name, given(asked, name), self._there(name), number)
            return number is not None
        return operation.at.op in self._parted.landed

    def _there(self, name: str) -> str:
        return self._course.theirs.follow(self._course.names.get(name, name))

    def _landed_in(self, name: str) -> dict[str, int]:
        """The numbers of the versions that only the other side has, by the operation that registered them."""
        model = self._there(name)
        if model not in self._landed:
            known = {tree for _, tree in self._course.base.version_trees(model)}
            found = self._landed[model] = {}
            for number, tree in self._course.theirs.version_trees(model) if self._parted.operations else ():
                record = self._course.theirs.version_record(model, number) if tree not in known else None
                if record is not None:
                    found[record.op] = number
        return self._landed[model]

    def _note(self, asked: Asked, change: Change[Any] | None) -> None:
        """Remember what became of names and numbers."""
        operation, course = asked.operation, self._course
        if operation.kind == "rename":
            name, new = operation.args.text("name"), operation.args.text("new_name")
            course.numbers |= {(new, old): number for (one, old), number in course.numbers.items() if one == name}
        elif operation.kind in table.NUMBERING and change is not None:
            name = operation.args.text("name")
            self._renumber(name, given(asked, name), course.names.get(name, name), change.result)

    def _renumber(self, name: str, old: int, model: str, number: int) -> None:
        self._course.numbers[name, old] = number
        if (name, old) != (model, number):
            self._renumbered.append(Renumbered(name, old, model, number))

    def _refuse(self, wishes: Wishes) -> None:
        if self._conflicts:
            raise _conflict(list(self._conflicts.values()))
        idle = sorted((wishes.mine | wishes.theirs) - self._course.used)
        if idle:
            raise Invalid(
                f"nothing that was not pushed disagrees about {idle[0]}", hint="leave the option out, or name what does"
            )


def _stands(state: State, edits: Edits) -> bool:
    """Whether everything in ``edits`` is there already."""
    for path, data in edits.items():
        same = state.tree.read(path) == data if isinstance(data, bytes) else state.tree.oid(path) == data.oid
        if not same:
            return False
    return True


def _conflict(found: Sequence[Disagreement]) -> Conflict:
    shown = "; ".join(error.message for error in found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    if all("mine" in error.ways for error in found):
        theirs, mine = (" ".join(f"--{way} {_quoted(error.about)}" for error in found) for way in ("theirs", "mine"))
        hint = f"git models pull {theirs} keeps theirs, git models pull {mine} keeps yours"
    else:
        ways = " ".join(f"--theirs {_quoted(error.about)}" for error in found)
        hint = f"git models pull {ways} gives up what was done here"
    return Conflict(shown + more, hint=hint, about=[error.about for error in found])


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
