"""Commits made aside: read like any other, written nowhere until the branch moves to the last of them.

This room keeps objects in memory in front of those of a repository. Who gives up has nothing to clear away.
"""

from collections.abc import Iterable

from gitmodels.errors import Corrupt
from gitmodels.git.branch import Branch
from gitmodels.git.edits import Edits
from gitmodels.git.objects import ObjectReader
from gitmodels.git.raw import Identity
from gitmodels.git.tree_edit import NewObject


class Pending(ObjectReader):
    """The objects of ``branch``'s repository, and those made here."""

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._written = branch.repo.objects
        self._made: dict[str, NewObject] = {}
        self._last: NewObject | None = None

    def read(self, oid: str, kind: str) -> bytes:
        """The bytes of object ``oid``, which is a ``kind``."""
        made = self._made.get(oid)
        if made is None:
            return self._written.read(oid, kind)
        if made.kind != kind:
            raise Corrupt(f"git object {oid} is not a {kind}", hint="run git fsck")
        return made.data

    def missing(self, oids: Iterable[str]) -> list[str]:
        """Those of ``oids`` that are neither in the repository nor made here, each once."""
        return self._written.missing(oid for oid in oids if oid not in self._made)

    def commit(self, edits: Edits, message: str, *, parent: str, author: Identity, when_ms: int) -> str:
        """A commit of ``edits`` on ``parent``, which may have been made here too; returns its id."""
        built = self._branch.build(edits, message, parent=parent, author=author, when_ms=when_ms, objects=self)
        self._made |= {item.oid: item for item in built}
        self._last = built[-1]
        return self._last.oid

    def publish(self, *, expected: str | None, log: tuple[Identity, int, str]) -> str:
        """Write what was made and move the branch from ``expected`` to the last commit, in one step.

        Raises RefChanged when the branch moved meanwhile; then nothing happened.
        """
        if self._last is None:
            raise ValueError("nothing was made aside")
        # The last one is what the branch moves to.
        made = [item for item in self._made.values() if item is not self._last]
        return self._branch.publish([*made, self._last], expected=expected, log=log)
