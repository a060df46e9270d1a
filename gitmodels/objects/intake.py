"""Taking files into the store: read once, hashed, cut, encoded and appended to packs, in constant memory.

This room joins sources, spans, codecs, the catalog's answers and a pack writer for one operation. It knows neither
folders nor manifests as wholes, and publishes nothing.
"""

import os
import time
from collections.abc import Callable, Iterable
from functools import partial
from io import FileIO
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from gitmodels import digest as digests
from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.objects import chunklist, codecs, pack, record, sources, spans
from gitmodels.objects.catalog import Catalog
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.codecs.encoder import Encoder
from gitmodels.objects.line import Encoded, Line
from gitmodels.objects.manifest import Manifest
from gitmodels.objects.pack import Place
from gitmodels.objects.parents import Parent
from gitmodels.objects.reading import Chunks
from gitmodels.objects.record import HEADER_SIZE, NO_BASE
from gitmodels.objects.sources import State
from gitmodels.objects.spans import Span
from gitmodels.objects.statcache import is_older
from gitmodels.objects.writer import PackWriter

if TYPE_CHECKING:
    from concurrent.futures import Future

# A copy already stored is decoded and verified up to this size; larger ones are checked by header and length.
VERIFIED = 1 << 20
_RETRIES = 1
# A whole file longer than this is let go of before the next is read: two of 64 MiB and their encodings are too much.
_WAITED = 16 << 20
# What is told of each piece of work: its size in bytes.
Progress = Callable[[int], None]


class Taken(NamedTuple):
    """A file that was taken in: its size in bytes, BLAKE3, and the id of its chunk list when it was cut."""

    size: int
    blake3: Digest
    chunks: Digest | None


class Read(NamedTuple):
    """A file that was read to its end: what it was taken in as, the state it was in, and since when (time_ns)."""

    taken: Taken
    state: State
    since_ns: int


class _Changed(Exception):
    """The file is not what it was when it was opened."""


class _Unreadable(Exception):
    """The system failed to read the file."""


class Intake:
    """Takes in the files of one operation. Not for two threads at once.

    With ``heal`` every copy already stored is decoded and verified, whatever its size, and written again when bad.
    With ``by_content`` long files of no known format are cut where their content says.
    ``parent`` is an older model that the new one may be like.
    """

    def __init__(
        self,
        catalog: Catalog,
        writer: PackWriter,
        *,
        heal: bool = False,
        by_content: bool = False,
        parent: Manifest | None = None,
    ) -> None:
        self._catalog = catalog
        self._writer = writer
        self._heal = heal
        self._contents = Chunks(catalog)
        self._by_content = by_content
        # What heals must not lean on what may be damaged, nor a base become a delta.
        self._parent = None if parent is None or heal else Parent(parent, catalog, self._contents)
        # Those that no thread uses just now.
        self._encoders: list[Encoder] = []
        self._line = Line(self._append)
        self._packs: dict[bytes, tuple[int, int]] = {}
        # The packs in which something that was taken in lies; once all is published, also those it was written to.
        self.relied_on: set[bytes] = set()
        # Who wants to be told of every piece that was taken in.
        self.progress: Progress | None = None

    def file(self, folder: int | None, name: str | os.PathLike[str], path: str) -> Read:
        """Take in one file, which has this ``path`` in the model.

        Raises Invalid when it cannot be read or goes on changing, else as ``open_file`` does.
        A file that changes while it is read is read once more; chunks of the first reading may stay as garbage.
        """
        if self._parent is not None:
            self._parent.open(path)
        for _ in range(_RETRIES + 1):
            since = time.time_ns()
            descriptor, before = sources.open_file(folder, name)
            try:
                # Of a file as short as that nobody wants to know how it is cut.
                if before.size < spans.SMALL:
                    data = _whole(descriptor, before.size)
                    if sources.state(descriptor) == before:
                        return Read(Taken(before.size, self.chunk(data), None), before, since)
                    continue
                taken = self._read(descriptor, before)
                if sources.state(descriptor) == before:
                    return Read(taken(), before, since)
            except _Changed:
                continue
            except _Unreadable as error:
                raise Invalid(f"cannot read {os.fspath(name)}: {error}", hint="nothing was changed") from error
            finally:
                os.close(descriptor)
        raise Invalid(
            f"{os.fspath(name)} changed while it was read", hint="wait until the program that writes it has finished"
        )

    def chunk(self, data: Buffer) -> Digest:
        """Take in the bytes of one chunk and give its id."""
        chunk = blake3(data).digest() if len(data) < spans.SMALL else bytes.fromhex(digests.of_bytes(data))
        if self._is_wanted(chunk, len(data)):
            written = self._append(self._encoded(chunk, data, Span(len(data))))
            if written is not None and len(data) > _WAITED:
                written.result()
        return Digest(chunk.hex())

    def are_untouched(self, packs: Iterable[bytes], stored_ns: int) -> bool:
        """Whether all these packs are there, unchanged since ``stored_ns``, and nothing in them is doomed."""
        wanted = frozenset(packs)
        for found in wanted:
            size, modified_ns = self._pack_state(found)
            if size != self._catalog.size(found) or not is_older(modified_ns, stored_ns):
                return False
        return all(each not in wanted for each, _ in self._catalog.doomed.read())

    def keeps(self, taken: Taken, stored_ns: int) -> bool:
        """Whether all that a file consists of is stored, in packs that nobody has touched since ``stored_ns``.

        No payload is read: what was whole then is whole still, but for rot that left size and time alone.
        """
        first = bytes.fromhex(taken.chunks or taken.blake3)
        if not self._is_kept(first, stored_ns):
            return False
        if taken.chunks is None:
            return True
        try:
            (place, *_) = self._catalog.find(first)
            listed = chunklist.decode(self._contents.at(place), taken.size)
        except (GitModelsError, OSError):
            return False
        return all(self._is_kept(chunk.id, stored_ns) for chunk in listed)

    def _is_kept(self, chunk: bytes, stored_ns: int, *, alone: bool = False) -> bool:
        if self._writer.holds(chunk):
            return True
        for place in self._reusable(chunk, alone=alone):
            size, modified_ns = self._pack_state(place.pack)
            if place.offset + HEADER_SIZE + place.encoded_length <= size and is_older(modified_ns, stored_ns):
                if not self._relies_on_base(place, lambda base: self._is_kept(base, stored_ns, alone=True)):
                    continue
                self.relied_on.add(place.pack)
                return True
        return False

    def _reusable(self, chunk: bytes, *, alone: bool) -> list[Place]:
        found = self._catalog.reusable(chunk)
        return [place for place in found if place.codec not in codecs.BASED] if alone and found else found

    def _relies_on_base(self, place: Place, check: Callable[[bytes], bool]) -> bool:
        """Whether the base that the record at ``place`` needs stands ``check``, or it needs none."""
        try:
            base = self._contents.base_of(place)
        except (GitModelsError, OSError):
            return False
        return base == NO_BASE or check(base)

    def _pack_state(self, found: bytes) -> tuple[int, int]:
        """The size of a pack and when it was modified, looked at once in an operation."""
        known = self._packs.get(found)
        if known is None:
            try:
                status = os.stat(self._catalog.path(found))
                known = status.st_size, status.st_mtime_ns
            except OSError:
                known = 0, 0
            self._packs[found] = known
        return known

    def _read(self, descriptor: int, before: State) -> Callable[[], Taken]:
        """Read the whole file; what is returned stores what is not stored yet, once the file proved unchanged."""
        size = before.size
        read = partial(_at, descriptor)
        found = spans.cut(read, size)
        if found is None and size > spans.opaque.WHOLE:
            found = spans.cut_by_content(read, size) if self._by_content else spans.opaque.spans(size)
        if found is not None:
            return self._read_cut(descriptor, size, found)
        data = _whole(descriptor, size)
        return lambda: Taken(size, self.chunk(data), None)

    def _read_cut(self, descriptor: int, size: int, cut: Iterable[Span]) -> Callable[[], Taken]:
        hasher = blake3()
        chunks = chunklist.Builder()
        with FileIO(descriptor, closefd=False) as stream, self._line as line:
            for span in cut:
                view = line.room(span.length)
                if _fill(stream, view) != span.length:
                    raise _Changed
                hasher.update(view)
                chunk = blake3(view).digest()
                if self._is_wanted(chunk, span.length):
                    line.put(chunk, span.length, partial(self._encoded, chunk, view, span))
                chunks.add(chunk, span.length)
            line.finish()
            if stream.tell() != size or _fill(stream, memoryview(bytearray(1))):
                raise _Changed
        found = Digest(hasher.hexdigest())
        return lambda: Taken(size, found, self.chunk(chunks.data()) if len(chunks) > 1 else None)

    def _is_wanted(self, chunk: bytes, length: int) -> bool:
        """Whether a chunk is to be stored, because nothing that can be relied on holds it."""
        if self.progress is not None:
            self.progress(length)
        return not (self._writer.holds(chunk) or self._line.holds(chunk) or self._is_stored(chunk))

    def _encoded(self, chunk: bytes, data: Buffer, span: Span) -> Encoded:
        """A chunk as it is to be written. The one part of the work that other threads do."""
        base = None if self._parent is None else self._parent.base(span, chunk)
        try:
            encoder = self._encoders.pop()
        except IndexError:
            encoder = Encoder()
        codec, payload = encoder.encode(data, span.width, None if base is None else base.data)
        self._encoders.append(encoder)
        if base is None or codec not in codecs.BASED:
            return Encoded(record.describe(chunk, len(data), codec, payload), payload, None)
        return Encoded(record.describe(chunk, len(data), codec, payload, base.id), payload, base.pack)

    def _append(self, encoded: Encoded) -> "Future[None] | None":
        """Let the writer have a chunk; a future when its payload is still needed for a while."""
        if encoded.relied_on is not None:
            self.relied_on.add(encoded.relied_on)
        return self._writer.copy(encoded.record, encoded.payload)

    def _is_stored(self, chunk: bytes, *, alone: bool = False) -> bool:
        """Whether a copy is stored that can be relied on; with ``alone`` one that was made from no base."""
        for place in self._reusable(chunk, alone=alone):
            try:
                if self._heal or place.raw_length <= VERIFIED:
                    self._contents.at(place)
                else:
                    pack.probe(self._catalog.path(place.pack), place)
            except (GitModelsError, OSError):
                continue  # damaged, gone, or from a newer version: write our own copy
            if not self._relies_on_base(place, lambda base: self._is_stored(base, alone=True)):
                continue
            self.relied_on.add(place.pack)
            return True
        return False


def _at(descriptor: int, offset: int, length: int) -> bytes:
    """Up to ``length`` bytes from ``offset``, fewer only where the file ends."""
    try:
        data = os.pread(descriptor, length, offset)
        while 0 < len(data) < length and (more := os.pread(descriptor, length - len(data), offset + len(data))):
            data += more
    except OSError as error:
        raise _Unreadable(error.strerror) from error
    return data


def _whole(descriptor: int, size: int) -> bytes:
    """All bytes of a file that should have ``size`` of them; one call reads it and sees whether it grew."""
    try:
        data = os.read(descriptor, size + 1)
        while 0 < len(data) < size and (more := os.read(descriptor, size + 1 - len(data))):
            data += more
    except OSError as error:
        raise _Unreadable(error.strerror) from error
    if len(data) != size:
        raise _Changed
    return data


def _fill(stream: FileIO, view: memoryview) -> int:
    """Fill ``view`` from the stream as far as it goes; the number of bytes filled."""
    filled = 0
    try:
        while filled < len(view) and (count := stream.readinto(view[filled:])):
            filled += count
    except OSError as error:
        raise _Unreadable(error.strerror) from error
    return filled
