"""The way of a file's chunks from its bytes to a pack: read into rooms, encoded beside the reading, handed on in order.

This room knows how much memory all that may take, and which room may be used again when. How a chunk is encoded and
who writes it are its callers' business.
"""

from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from gitmodels.objects import codecs
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.ordered import Ordered
from gitmodels.objects.record import Record

if TYPE_CHECKING:
    from concurrent.futures import Future

# Payloads below this may wait in the writer, so they must not lie in a room that is used again.
COPIED = 1 << 20
# Rooms of at most 4 MiB: two that are encoded, two that are written, one that is filled, one that waits.
_MOST = 6


class Encoded(NamedTuple):
    """A chunk as it is to be written: its record, its payload, and the pack of the base it was made from, if any."""

    record: Record
    payload: Buffer
    relied_on: bytes | None


class _Room:
    """Bytes to fill with a chunk, and the write that still needs them."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.written: Future[None] | None = None

    @property
    def is_free(self) -> bool:
        return self.written is None or self.written.done()

    def fit(self, length: int) -> memoryview:
        """``length`` bytes to fill; waits for the write."""
        if self.written is not None:
            written, self.written = self.written, None
            written.result()
        if len(self.bytes) < length:
            self.bytes = bytearray(length)
        return memoryview(self.bytes)[:length]


class Line:
    """Takes the chunks of one file after another. Not for two threads at once; chunks have at most 4 MiB.

    ``hand_on`` gets each chunk, in order and in the caller's thread; it gives a future when it needs the payload for a
    while. Leaving the block drops what was not handed on: ``finish`` first.
    """

    def __init__(self, hand_on: "Callable[[Encoded], Future[None] | None]") -> None:
        self._hand_on = hand_on
        self._queue = Ordered[Encoded]()
        self._underway: deque[tuple[bytes, _Room | None]] = deque()
        self._ids: set[bytes] = set()
        self._free: deque[_Room] = deque()
        self._rooms = 0

    def __enter__(self) -> Self:
        self._queue.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.__exit__(kind, error, trace)
        if self._underway:
            self._rooms -= sum(room is not None for _, room in self._underway)
            self._underway.clear()
            self._ids.clear()

    def room(self, length: int) -> memoryview:
        """``length`` bytes to fill. What was filled before and not ``put`` is overwritten."""
        while self._queue.is_full(length):
            self._next()
        if length < COPIED:
            return memoryview(bytearray(length))
        if not (self._free and self._free[0].is_free) and self._rooms < _MOST:
            self._free.appendleft(_Room())
            self._rooms += 1
        while not self._free:
            self._next()
        return self._free[0].fit(length)

    def holds(self, chunk: bytes) -> bool:
        """Whether the chunk with this id is on its way."""
        return chunk in self._ids

    def put(self, chunk: bytes, length: int, encode: Callable[[], Encoded]) -> None:
        """Have the chunk encoded that was filled into the room given last. Raises what that raises, now or later."""
        room = None if length < COPIED else self._free.popleft()
        self._underway.append((chunk, room))
        self._ids.add(chunk)
        self._queue.put(encode, length)

    def finish(self) -> None:
        """Hand on all that is on its way."""
        while self._underway:
            self._next()

    def _next(self) -> None:
        encoded = self._queue.take()
        chunk, room = self._underway.popleft()
        self._ids.discard(chunk)
        written = self._hand_on(encoded)
        if room is not None:
            room.written = written if encoded.record.codec == codecs.RAW else None
            self._free.append(room)
