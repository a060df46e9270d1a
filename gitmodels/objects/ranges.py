"""A stored file read here and there: any range of its bytes, from the chunks that hold it and no others.

This room knows chunk lists and bytes. Every chunk is verified before any of it is given; that the chunks make up the
very file is known only to who reads it whole.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate

from gitmodels.errors import DigestMismatch, Invalid
from gitmodels.objects.chunklist import Chunk
from gitmodels.objects.manifest import Entry

Buffer = bytes | bytearray | memoryview
Fetch = Callable[[bytes, str], Buffer]


class Ranges:
    """Random access to one file. Holds the chunk it read last, at most 64 MiB. Not for two threads at once.

    ``fetch`` gives the verified bytes of a chunk by its id; the second argument is the file's path, for errors.
    """

    def __init__(self, entry: Entry, chunks: tuple[Chunk, ...], fetch: Fetch) -> None:
        self.size = entry.size
        self._path = entry.path
        self._chunks = chunks
        self._ends = list(accumulate(chunk.length for chunk in chunks))
        self._fetch = fetch
        self._held = -1
        self._data: Buffer = b""

    def read(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``. Raises Invalid past the end, else as ``ObjectStore.read``."""
        return b"".join(self.pieces(offset, length))

    def pieces(self, offset: int, length: int) -> Iterator[memoryview]:
        """The same, a chunk at a time: valid until the next one."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise Invalid(f"{self._path} has {self.size} bytes, not {length} from {offset}")
        number = bisect_right(self._ends, offset)
        while length:
            start = self._ends[number] - self._chunks[number].length
            piece = memoryview(self._chunk(number))[offset - start : offset - start + length]
            yield piece
            offset += len(piece)
            length -= len(piece)
            number += 1

    def _chunk(self, number: int) -> Buffer:
        if number != self._held:
            chunk = self._chunks[number]
            data = self._fetch(chunk.id, self._path)
            if len(data) != chunk.length:
                raise DigestMismatch(f"{self._path}: a chunk has {len(data)} bytes, its list says {chunk.length}")
            self._held, self._data = number, data
        return self._data
