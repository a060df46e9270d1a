"""How far a full check of a store got, so that the next one goes on there: the file ``checked`` in the store.

This room knows packs by their ids and one clock; what is checked, fsck knows. The file holds the ids of the packs that
were read whole in this round, 32 bytes each, then BLAKE3 of them. It may be deleted at any time: the round begins anew.
"""

import contextlib
import time

from blake3 import blake3

from gitmodels.objects.staging import Staging
from gitmodels.objects.store import ObjectStore

NAME = "checked"
_ID = 32


class Round:
    """One round of checking ``store``, for at most ``seconds`` now; None for as long as it takes, from the start."""

    def __init__(self, store: ObjectStore, seconds: float | None = None) -> None:
        self._path = store.root / NAME
        self._staging = Staging(store.root, durable=False)
        self._until = None if seconds is None else time.monotonic() + seconds
        self._done: set[bytes] = set() if seconds is None else self._read()
        self.left = 0

    def is_due(self, pack: bytes) -> bool:
        """Whether the pack is still to be read whole, and there is time for it. What is due and waits is counted."""
        if pack in self._done:
            return False
        if self._until is not None and time.monotonic() >= self._until:
            self.left += 1
            return False
        return True

    def note(self, pack: bytes) -> None:
        """Remember that the pack was found whole."""
        self._done.add(pack)

    def end(self) -> None:
        """Keep how far the round got; nothing when it is complete. In a store that may only be read nothing is kept."""
        with contextlib.suppress(OSError):
            if self.left:
                data = b"".join(sorted(self._done))
                self._staging.write(self._path, data + blake3(data).digest(), sync=False)
            else:
                self._path.unlink()

    def _read(self) -> set[bytes]:
        try:
            data = self._path.read_bytes()
        except OSError:
            return set()
        body, check = data[:-_ID], data[-_ID:]
        if len(body) % _ID or blake3(body).digest() != check:
            return set()
        return {body[at : at + _ID] for at in range(0, len(body), _ID)}
