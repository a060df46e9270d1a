"""Reading chunks: verified, from whichever of their copies is whole, with the bases they were made from.

This room knows the catalog, packs and codecs; of files it knows that they may have to be fetched, not what they consist
of. A base is always a chunk that is stored without a base itself, so that reading one chunk reads at most two.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from gitmodels.digest import Digest
from gitmodels.errors import Corrupt, DigestMismatch, FormatTooNew, GitModelsError, ObjectNotFound
from gitmodels.objects import codecs, pack
from gitmodels.objects.catalog import Catalog
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.pack import Place
from gitmodels.objects.record import NO_BASE

if TYPE_CHECKING:
    from gitmodels.objects.manifest import Entry

Fetch = Callable[[Sequence["Entry | bytes"]], None]
"""Brings what the store lacks of files and of chunks (ids of 32 bytes). Raises ObjectNotFound and RemoteError."""

_HEAL = "run 'git models fsck'; fetch the model again from a remote, or add the same files again to heal it"


class Chunks:
    """The chunks of a store, to read. ``damaged`` is called before damage is raised. May be shared by threads.

    Copies found damaged are doomed, so that whoever adds the same bytes again stores them anew.
    ``fetch`` may be set to what brings missing ones; it is asked while somebody is ``expecting`` something, never else.
    """

    def __init__(self, catalog: Catalog, damaged: Callable[[], None] = lambda: None) -> None:
        self._catalog = catalog
        self._damaged = damaged
        self.fetch: Fetch | None = None
        self._fetching = threading.RLock()
        self._expected: list[Sequence[Entry]] = []

    @contextmanager
    def expecting(self, entries: Sequence["Entry"]) -> Iterator[None]:
        """While the block runs, what is not stored is fetched when it is read: all that ``entries`` lack at once."""
        self._expected.append(entries)
        try:
            yield
        finally:
            self._expected.remove(entries)

    def read(self, chunk: bytes, path: str = "") -> Buffer:
        """The verified bytes of a chunk; ``path`` is the file it is read for.

        Raises ObjectNotFound for the chunk or its base, DigestMismatch, Corrupt and FormatTooNew; where it was fetched
        because somebody was ``expecting`` it, RemoteError.
        """
        try:
            return self._from_any(self._catalog.find, chunk, path)
        except ObjectNotFound as error:
            if self.fetch is None or not self._expected:
                raise
            try:
                self._bring(self.fetch, chunk)
            except ObjectNotFound:
                raise error from None
        return self._from_any(self._catalog.find, chunk, path)

    def expected(self, chunk: bytes, path: str = "") -> Buffer:
        """As ``read``, fetching this chunk alone where it is not stored and nobody is ``expecting`` more."""
        with self.expecting(()):
            return self.read(chunk, path)

    def base(self, chunk: bytes, path: str = "") -> Buffer:
        """The verified bytes of a chunk that others were made from: of a copy that has no base. Raises as ``read``."""
        if self._catalog.find(chunk) and not self.places(chunk, alone=True):
            raise Corrupt(f"{path}: the chunk {chunk.hex()} is a base and has one itself", hint=_HEAL)
        return self._from_any(partial(self.places, alone=True), chunk, path)

    def at(self, place: Place, path: str = "") -> Buffer:
        """The verified bytes of the chunk at ``place``. Raises as ``pack.read`` does, and as ``read`` for its base."""
        return pack.read(self._catalog.path(place.pack), place, partial(self.base, path=path))

    def base_of(self, place: Place) -> bytes:
        """The id of the base that the record at ``place`` needs; NO_BASE for none. Raises Corrupt and OSError."""
        if place.codec not in codecs.BASED:
            return NO_BASE
        return pack.record_at(self._catalog.path(place.pack), place).base

    def places(self, chunk: bytes, *, alone: bool) -> list[Place]:
        """Where the chunk lies; with ``alone`` only where it stands without a base."""
        return [place for place in self._catalog.find(chunk) if not alone or place.codec not in codecs.BASED]

    def lacking(self, chunk: bytes) -> bytes | None:
        """The id of what is not stored and would be needed to read the chunk: its own or that of its base; or None."""
        places = self._catalog.find(chunk)
        if not places:
            return chunk
        lacking = None
        for place in places:
            try:
                base = self.base_of(place)
            except (GitModelsError, OSError):
                base = NO_BASE  # reading it will tell
            if base == NO_BASE or self.places(base, alone=True):
                return None
            lacking = base
        return lacking

    def _bring(self, fetch: Fetch, chunk: bytes) -> None:
        """Fetch the chunk with what is expected to be read next. Raises ObjectNotFound and RemoteError."""
        with self._fetching:
            if self.lacking(chunk) is None:
                return  # another thread was here first
            entries = dict.fromkeys(entry for one in list(self._expected) for entry in one)
            # What is not to be had may be another than what is read now.
            with contextlib.suppress(ObjectNotFound):
                fetch(list(entries))
            if self.lacking(chunk) is not None:
                fetch([chunk])

    def _from_any(self, find: Callable[[bytes], list[Place]], chunk: bytes, path: str) -> Buffer:
        """The bytes of the first copy that is whole."""
        damage: GitModelsError | None = None
        rotten: list[Place] = []
        for look in (None, self._catalog.refresh, self._catalog.verify):
            if look is not None:
                look()
            for place in find(chunk):
                try:
                    return self.at(place, path)
                except FileNotFoundError:
                    continue
                except (FormatTooNew, ObjectNotFound) as error:
                    damage = error
                except Corrupt as error:
                    damage = _located(error, place, path)
                    rotten.append(place)
                except OSError as error:
                    damage = _located(Corrupt(f"cannot read a pack: {error.strerror}"), place, path)
        if damage is not None:
            self._damaged()
            if rotten:
                self._catalog.doomed.add((place.pack, place.chunk) for place in rotten)
            raise damage
        raise self._not_found(chunk, path)

    def _not_found(self, chunk: bytes, path: str) -> GitModelsError:
        if self._catalog.too_new:
            return FormatTooNew("some packs are from a newer gitmodels", hint="upgrade gitmodels")
        if self._catalog.unreadable:
            return Corrupt("some packs cannot be read", hint="check the disk and who owns the files in packs/")
        what = f"{path} ({chunk.hex()})" if path else chunk.hex()
        return ObjectNotFound(
            f"the object store lacks {what}",
            hint="no remote has it: git models push in a clone that does",
            digest=Digest(chunk.hex()),
            path=path,
        )


def _located(error: Corrupt, place: Place, path: str) -> Corrupt:
    """The error again, saying which file it hurts and where the damage lies."""
    if error.fields.get("pack"):
        return error  # of the base, which lies elsewhere
    prefix = f"{path}: " if path else ""
    where = f"in pack {place.pack.hex()[:16]}… at {place.offset}"
    message = f"{prefix}{error.message} ({where})"
    return DigestMismatch(message, hint=_HEAL, digest=Digest(place.chunk.hex()), path=path, pack=place.pack.hex())
