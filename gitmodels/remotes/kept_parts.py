"""Parts of packs on a git host that were read lately, kept for a while: neighbouring ranges then cost one request.

This room knows numbers of parts and their bytes. May be shared by threads.
"""

import threading
from collections.abc import Iterable, Mapping

from gitmodels.remotes.git_layout import Held

# About so many bytes are kept.
_MOST = 24 << 20


class KeptParts:
    """What was read of parts, by their git ids; what was not used for longest goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, bytes] = {}

    def of(self, held: Held, numbers: Iterable[int]) -> dict[int, bytes]:
        """Those of the parts ``numbers`` of a pack that are kept."""
        with self._lock:
            return {number: self._parts[held.parts[number]] for number in numbers if held.parts[number] in self._parts}

    def keep(self, held: Held, parts: Mapping[int, bytes]) -> None:
        """Keep these parts of a pack, as used just now."""
        with self._lock:
            for number, data in parts.items():
                self._parts.pop(held.parts[number], None)
                self._parts[held.parts[number]] = data
            for part in list(self._parts)[: -(_MOST // held.part)]:
                del self._parts[part]
