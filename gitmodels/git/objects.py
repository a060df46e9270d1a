"""Reading git objects by id, whatever holds them: loose files, packs, alternates.

This room knows ids, kinds and bytes; it does not know what a commit or tree means. Every read is verified against
its id by libgit2.
"""

from collections.abc import Callable, Iterable

import pygit2

from gitmodels.errors import Corrupt, ObjectNotFound

_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}


class ObjectReader:
    """The objects of one repository. A handle opened long ago also finds what others wrote or repacked since."""

    def __init__(self, open_handle: Callable[[], pygit2.Repository], *, incomplete: Callable[[], str]) -> None:
        """``incomplete`` says why objects may be absent by right (``"a partial clone"``), or ``""``."""
        self._open = open_handle
        self._incomplete = incomplete
        self._odb: pygit2.Odb | None = None

    def read(self, oid: str, kind: str) -> bytes:
        """The bytes of object ``oid``.

        Raises ObjectNotFound when the clone lacks it by right (partial, shallow), Corrupt when it is missing
        otherwise, damaged or of another kind than ``kind``.
        """
        try:
            number, data = self._handle().read(oid)
        except (KeyError, ValueError, OSError, pygit2.GitError):
            number, data = self._read_afresh(oid)
        if _KINDS.get(int(number)) != kind:
            raise Corrupt(f"git object {oid} is not a {kind}", hint="run git fsck")
        return data

    def has(self, oid: str) -> bool:
        """Whether object ``oid`` is in the repository."""
        return oid in self._handle()

    def missing(self, oids: Iterable[str]) -> list[str]:
        """Those of ``oids`` that are not in the repository, each once."""
        odb = self._handle()
        return [oid for oid in dict.fromkeys(oids) if oid not in odb]

    def forget_handle(self) -> None:
        """Open the repository anew at the next read."""
        self._odb = None

    def _handle(self) -> pygit2.Odb:
        odb = self._odb
        if odb is None:
            odb = self._odb = self._open().odb
        return odb

    def _read_afresh(self, oid: str) -> tuple[pygit2.enums.ObjectType, bytes]:
        # A handle may still list a pack that a repack removed; only a new one is a witness for absence.
        self.forget_handle()
        try:
            return self._handle().read(oid)
        except KeyError:
            reason = self._incomplete()
            if reason:
                raise ObjectNotFound(
                    f"git object {oid} is not in this clone: it is {reason}",
                    hint="fetch it from the remote it was cloned from",
                    oid=oid,
                ) from None
            raise Corrupt(f"git object {oid} is missing", hint="run git fsck; fetch from a remote", oid=oid) from None
        except (ValueError, OSError, pygit2.GitError) as error:
            raise Corrupt(f"git object {oid} is damaged: {error}", hint="run git fsck", oid=oid) from None
