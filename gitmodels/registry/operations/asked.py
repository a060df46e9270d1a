"""An operation that is asked again: the states it is seen in, and what became of the names and numbers in it.

This room joins what every kind needs: models that others moved or deleted, versions that got other numbers, words
about two people who disagree. It commits nothing.
"""

from collections.abc import Callable

from gitmodels.errors import Conflict, VersionNotFound
from gitmodels.fields import format_time
from gitmodels.registry import layout
from gitmodels.registry.changes.change import At
from gitmodels.registry.operations.operation import Operation
from gitmodels.registry.records import ACTIVE, DELETED, MOVED
from gitmodels.registry.state import State
from gitmodels.values import frozen, replace

# Who changed a path on the other side last, in words: ``" by Bo on 2026-11-25 22:10"``, or nothing.
Teller = Callable[[str], str]


@frozen
class Wishes:
    """What to do where two people disagree, by what it is about: ``fraud@champion``, ``fraud/3``, ``fraud``."""

    mine: frozenset[str] = frozenset()
    theirs: frozenset[str] = frozenset()


class Course:
    """What one replay has found out so far; ``base`` is where both sides parted, ``theirs`` the other side's state."""

    def __init__(self, base: State, theirs: State, wishes: Wishes, tell: Teller) -> None:
        self.base = base
        self.theirs = theirs
        self.wishes = wishes
        self.tell = tell
        self.numbers: dict[tuple[str, int], int] = {}
        self.names: dict[str, str] = {}
        # Aliases and cards that both sides are known to agree on, by what wishes name them by.
        self.settled: set[str] = set()
        self.used: set[str] = set()
        # The place of each operation of this side, by its id.
        self.order: dict[str, int] = {}


class Disagreement(Conflict):
    """Two people did what cannot both be; ``about`` is what wishes name it by, ``ways`` those that lead out."""

    def __init__(self, message: str, about: str, ways: tuple[str, ...]) -> None:
        super().__init__(message, about=about, ways=ways)
        self.about = about
        self.ways = ways


@frozen
class Asked:
    """``operation`` asked again of ``now``; where it was done it made the state ``own`` of the state ``before``."""

    operation: Operation
    own: State
    before: State
    now: State
    course: Course

    def at(self, when: int | None) -> At:
        """The operation's own id and author, at ``when`` (ms), which its record knows better than its commit."""
        at = self.operation.at
        return at if when is None else replace(at, when=when)

    def is_mine(self, about: str) -> bool:
        """Whether it was wished that this side wins."""
        if about in self.course.wishes.mine:
            self.course.used.add(about)
            return True
        return False

    def is_theirs(self, about: str) -> bool:
        """Whether it was wished that the other side wins."""
        if about in self.course.wishes.theirs:
            self.course.used.add(about)
            return True
        return False

    def name(self, key: str = "name") -> str:
        """The model that the argument ``key`` names, as it is called now; it must be there.

        Raises Disagreement where the other side deleted it or moved it away.
        """
        return self.model(self.operation.args.text(key))

    def model(self, name: str) -> str:
        """How the model that was called ``name`` here is called now; it must be there."""
        now = self.course.names.get(name, name)
        record = self.now.model_record(now)
        if record is not None and record.status == ACTIVE:
            return now
        if record is not None and record.status == MOVED and self.is_mine(name):
            self.course.names[name] = found = self.now.follow(now)
            self.settle(name, found, name)
            return found
        if record is None:
            raise self.disagree(name, f"{name} is not there any more", ways=("theirs",))
        told = self.course.tell(layout.model_file(now))
        if record.status == MOVED:
            raise self.disagree(name, f"{name} was renamed to {record.moved}{told}")
        raise self.disagree(name, f"{name} was deleted{told}", ways=("theirs",))

    def settle(self, name: str, now: str, called: str) -> None:
        """The aliases of ``now`` that stand as those of ``name`` stood here are agreed upon, when ``called`` so."""
        for alias in self.before.alias_names(name):
            here, there = self.before.alias(name, alias), self.now.alias(now, alias)
            if here is not None and there is not None and here.target == there.target:
                self.course.settled.add(f"{called}@{alias}")

    def is_deleted(self, name: str) -> bool:
        """Whether the model that was called ``name`` here is marked as deleted now."""
        record = self.now.model_record(self.course.names.get(name, name))
        return record is not None and record.status == DELETED

    def number(self, name: str, number: int) -> int:
        """The number that version ``number`` of the model ``name`` here has now; it must be there.

        Raises Disagreement where the other side deleted it, or has another one under its number.
        """
        now, about = self.model(name), f"{name}/{number}"
        mapped = self.course.numbers.get((name, number))
        if mapped is None:
            self._same(now, name, number)
        found = mapped or number
        try:
            self.now.version(now, found)
        except VersionNotFound:
            told = self.course.tell(layout.meta_file(now, found))
            raise self.disagree(about, f"{name} v{number} was deleted{told}", ways=("theirs",)) from None
        return found

    def _same(self, now: str, name: str, number: int) -> None:
        ours = self.own.tree.oid(layout.version_folder(name, number))
        if ours is None or ours != self.now.tree.oid(layout.version_folder(now, number)):
            about = f"{name}/{number}"
            raise self.disagree(about, f"{name} v{number} has other content there", ways=("theirs",))

    def disagree(self, about: str, words: str, ways: tuple[str, ...] = ("theirs", "mine")) -> Disagreement:
        """The error for two that cannot both be; ``words`` say what the other side did."""
        at = self.operation.at
        return Disagreement(f"{words}; here {at.author} did {moment(at.when)}: {self.operation.subject}", about, ways)


def moment(when: int) -> str:
    """A time (ms since the epoch) to the minute, in UTC.

    >>> moment(1764000000123)
    '2025-11-24 16:00'
    """
    return format_time(when)[:16].replace("T", " ")
