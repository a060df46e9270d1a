"""Bounded random access to a file for the parsers, and the words they share. Knows no format.

A parser sees a file only through a window, which never reads past the file's end and never more than its budget, so
a hostile header can make it neither run wild nor take long.
"""

import struct
from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple

Read = Callable[[int, int], bytes]
"""``read(offset, length)`` gives that many bytes of the file, or fewer where it ends early."""

# All parsing of one file may read this much: headers and directories, never the tensors.
BUDGET = 256 << 20
# A cursor reads this much after a jump, and twice as much each time it goes on, up to the second figure.
_FIRST, _MOST = 4 << 10, 256 << 10
_LENGTH = struct.Struct("<Q")


class Part(NamedTuple):
    """One part of a file as its format tells it: a tensor, a header, what lies between tensors.

    ``length`` in bytes, ``width`` the bytes of one float element (2, 4 or 8) and 0 for anything else, ``name`` that of
    the tensor, "" for the header or directory of the file, None for what has no identity.
    """

    length: int
    width: int = 0
    name: str | None = None


class OddError(Exception):
    """The file is not what its first bytes promise, or does what no writer does: it is taken for opaque bytes."""


def elements(shape: Sequence[int]) -> int:
    """The number of elements of a tensor. Raises OddError from 2^63 on and for more than 64 dimensions.

    >>> elements([2, 3]), elements([])
    (6, 1)
    """
    if len(shape) > 64 or (count := prod(shape)) >= 1 << 63:
        raise OddError("a tensor larger than any file")
    return count


class Window:
    """The file, read through ``read``, of ``size`` bytes."""

    def __init__(self, read: Read, size: int) -> None:
        self._read = read
        self.size = size
        self._budget = BUDGET

    def bytes(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``. Raises OddError when the file has not that many."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise OddError("past the end of the file")
        self._budget -= length
        if self._budget < 0:
            raise OddError("a header without end")
        data = self._read(offset, length) if length else b""
        if len(data) != length:
            raise OddError("the file became shorter")
        return data


class Cursor:
    """Goes through a window from ``position`` up to ``end``, reading ahead while it goes straight on."""

    def __init__(self, window: Window, position: int, end: int) -> None:
        if not 0 <= position <= end <= window.size:
            raise OddError("past the end of the file")
        self._window = window
        self.position = position
        self.end = end
        self._data = b""
        self._start = position
        self._ahead = _FIRST

    def take(self, length: int) -> bytes:
        """The next ``length`` bytes. Raises OddError when there are not that many before the end."""
        at = self.position - self._start
        if at + length > len(self._data):
            at = self._fill(length)
        self.position += length
        return self._data[at : at + length]

    def number(self, length: int) -> int:
        """The next ``length`` bytes as an unsigned little-endian number."""
        return int.from_bytes(self.take(length), "little")

    def move(self, position: int) -> None:
        """Go to ``position``, which lies before the end; reading goes on there."""
        if not self._start <= position <= self._start + len(self._data):
            self._data, self._start = b"", position
        self.position = position

    def skip(self, length: int) -> None:
        """Go on ``length`` bytes without reading them."""
        if length > self.end - self.position:
            raise OddError("past the end of its part")
        self.position += length

    def skip_strings(self, count: int) -> None:
        """Go past so many strings, each with its length before it as a little-endian u64."""
        while count:
            at = self.position - self._start
            if at + 8 > len(self._data):
                at = self._fill(8)
            while count and at + 8 <= len(self._data):
                at += 8 + _LENGTH.unpack_from(self._data, at)[0]
                count -= 1
            self.skip(self._start + at - self.position)

    def _fill(self, length: int) -> int:
        left = self.end - self.position
        if length > left:
            raise OddError("past the end of its part")
        going_on = self.position <= self._start + len(self._data)
        self._ahead = min(2 * self._ahead, _MOST) if going_on and self._data else _FIRST
        self._data = self._window.bytes(self.position, min(max(length, self._ahead), left))
        self._start = self.position
        return 0
