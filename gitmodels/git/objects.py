"""Reading git objects by id, whatever holds them: loose files, packs, alternates.

This room knows ids, kinds and bytes; it does not know what a commit or tree means. Every read is verified against
its id. Plain files are read directly; libgit2 is asked for what stands in a form that ``object_files`` does not read.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gitmodels.errors import Corrupt, ObjectNotFound
from gitmodels.git.object_files import Absent, ObjectFiles
from gitmodels.git.pack_reading import Damaged

if TYPE_CHECKING:
    import pygit2


class ObjectReader:
    """The objects of one repository, also those that others wrote or repacked since it was made."""

    def __init__(
        self,
        files: "ObjectFiles | _Bulk",
        open_handle: Callable[[], "pygit2.Repository"],
        *,
        incomplete: Callable[[], str],
    ) -> None:
        """``incomplete`` says why objects may be absent by right (``"a partial clone"``), or ``""``."""
        self._files = files
        self._open = open_handle
        self._incomplete = incomplete

    def read(self, oid: str, kind: str) -> bytes:
        """The bytes of object ``oid``.

        Raises ObjectNotFound when the clone lacks it by right (partial, shallow), Corrupt when it is missing
        otherwise, damaged or of another kind than ``kind``.
        """
        try:
            found, data = self._read(oid)
        except Absent:
            reason = self._incomplete()
            if reason:
                raise ObjectNotFound(
                    f"git object {oid} is not in this clone: it is {reason}",
                    hint="fetch it from the remote it was cloned from",
                    oid=oid,
                ) from None
            raise Corrupt(f"git object {oid} is missing", hint="run git fsck; fetch from a remote", oid=oid) from None
        except Damaged as error:
            raise Corrupt(f"git object {oid} is damaged: {error}", hint="run git fsck", oid=oid) from None
        if found != kind:
            raise Corrupt(f"git object {oid} is not a {kind}", hint="run git fsck")
        return data

    def in_bulk(self) -> "ObjectReader":
        """The same objects for whoever reads tens of thousands: through libgit2, which is loaded for it.

        What it cannot read or find is looked for in the files, as ever.
        """
        return ObjectReader(_Bulk(self._files, self._open), self._open, incomplete=self._incomplete)

    def has(self, oid: str) -> bool:
        """Whether object ``oid`` is in the repository."""
        return not self.missing((oid,))

    def missing(self, oids: Iterable[str]) -> list[str]:
        """Those of ``oids`` that are not in the repository, each once."""
        left = self._files.missing(oids)
        if left and self._files.unread:
            handle = self._open()
            return [oid for oid in left if oid not in handle.odb]
        return left

    def _read(self, oid: str) -> tuple[str, bytes]:
        try:
            return self._files.read(oid)
        except Absent:
            if not self._files.unread:
                raise
            from gitmodels.git import libgit2

            return libgit2.read_object(self._open(), oid)


class _Bulk:
    """Objects out of libgit2, out of the files where it has none."""

    def __init__(self, files: "ObjectFiles | _Bulk", open_handle: Callable[[], "pygit2.Repository"]) -> None:
        from gitmodels.git import libgit2

        self._files = files
        self._read = libgit2.read_object
        self._handle = open_handle()

    @property
    def unread(self) -> bool:
        return self._files.unread

    def missing(self, oids: Iterable[str]) -> list[str]:
        """Those of ``oids`` that are not there."""
        return self._files.missing(oids)

    def read(self, oid: str) -> tuple[str, bytes]:
        """Kind and bytes of object ``oid``. Raises Absent, or Damaged when no copy of it is whole."""
        try:
            return self._read(self._handle, oid)
        except (Absent, Damaged):
            return self._files.read(oid)
