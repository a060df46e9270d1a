"""Room for the words and planes of one block, made once a thread: fresh pages cost more than the work on them.

Knows lengths only. What is in a room is of no certain content, and stays until the same thread asks for it again.
"""

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Words = NDArray[np.unsignedinteger[Any]]
    Bytes = NDArray[np.uint8]

# Most blocks need no more.
_LEAST = 512 << 10


class _Rooms(threading.local):
    def __init__(self) -> None:
        self.rooms: dict[str, Bytes] = {}


_of_thread = _Rooms()


def room(name: str, length: int) -> "Bytes":
    """``length`` bytes under this name."""
    import numpy as np

    found = _of_thread.rooms.get(name)
    if found is None or len(found) < length:
        found = _of_thread.rooms[name] = np.empty(max(length, _LEAST), np.uint8)
    return found[:length]


def words(name: str, width: int, count: int) -> "Words":
    """``count`` little-endian words of ``width`` bytes under this name."""
    made: Words = room(name, count * width).view(f"<u{width}")
    return made
