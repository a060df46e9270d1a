"""How much of a transfer by git is done, told so that it adds up; and an end to what sends without end.

git tells of a transfer in rounded numbers, and of what it says around the bytes too. This room knows numbers only.
"""

from gitmodels.errors import RemoteError
from gitmodels.remotes.backend import Progress

# What git says around the bytes asked for: commits, trees, headers.
AROUND = 4 << 20
_FIRST = 512 << 10


class Told:
    """Hands on how much moved, so that it adds up to ``size``; raises RemoteError when far more comes than that."""

    def __init__(self, size: int, progress: Progress | None = None) -> None:
        self._size = size
        self._progress = progress
        self._seen = self._told = 0
        # Whether somebody watches, or all of this only counts.
        self.is_shown = progress is not None and getattr(progress, "is_shown", True)

    def __call__(self, count: int) -> None:
        """``count`` more bytes came or went."""
        self._seen += count
        if self._seen > self._size + AROUND:
            raise RemoteError("the remote sends more than was asked for", hint="see who runs that server")
        self._tell(min(self._seen, self._size) - self._told)  # what was told when it began is not told again

    def begin(self) -> None:
        """Something is ready to move: who watches can still say no, and nothing is visible yet."""
        self._tell(min(self._size, _FIRST))

    def done(self) -> None:
        """All of it has moved, or was there."""
        self._tell(self._size - self._told)

    def _tell(self, count: int) -> None:
        if self._progress is not None and count > 0:
            self._told += count
            self._progress(count)
