"""Reading objects that were made but not written yet, besides those that are.

This room knows objects by id. Whoever judges a change looks at the state after it while nothing has happened.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gitmodels.errors import Corrupt
from gitmodels.git.objects import ObjectReader

if TYPE_CHECKING:
    from gitmodels.git.tree_edit import NewObject


class Unwritten(ObjectReader):
    """The objects of ``written``, and ``made`` besides."""

    def __init__(self, written: ObjectReader, made: "Iterable[NewObject]") -> None:
        self._written = written
        self._made = {item.oid: item for item in made}

    def read(self, oid: str, kind: str) -> bytes:
        """The bytes of object ``oid``; raises as ``ObjectReader.read``."""
        found = self._made.get(oid)
        if found is None:
            return self._written.read(oid, kind)
        if found.kind != kind:
            raise Corrupt(f"git object {oid} is not a {kind}")
        return found.data

    def missing(self, oids: Iterable[str]) -> list[str]:
        """Those of ``oids`` that are neither made nor written, each once."""
        return self._written.missing([oid for oid in oids if oid not in self._made])
