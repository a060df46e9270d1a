"""How far something is, drawn on a terminal and nowhere else: nothing before a second, gone at the end.

The library tells each piece of work when it is done, by a plain call with its size in bytes; how much there is in all
is known by the command. This room knows terminals and clocks, nothing of the work.
"""

import contextlib
import time
from collections.abc import Callable, Iterator

from gitmodels.cli.output import Output, cut
from gitmodels.cli.wording import duration, size

# Nothing is drawn before, in seconds, and then no more often than so.
PATIENCE, PAUSE = 1.0, 0.1

Progress = Callable[[int], None]


class Meter:
    """Draws on ``err`` how many of ``total`` bytes (0: nobody knows) are done, at what rate, and how long it takes."""

    def __init__(self, err: Output, what: str, total: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._err = err
        self._what = what
        self._total = total
        self._clock = clock
        self._began = self._drawn = clock()
        self._done = 0
        self._shown = 0

    def __call__(self, count: int) -> None:
        """``count`` more bytes are done."""
        self._done += count
        now = self._clock()
        if now - self._began >= PATIENCE and now - self._drawn >= PAUSE:
            self._drawn = now
            self._draw(self._line(now - self._began))

    def clear(self) -> None:
        """Take what was drawn away."""
        if self._shown:
            self._draw("")
            self._err.stream.write("\r")
            self._err.stream.flush()

    def _line(self, seconds: float) -> str:
        rate = self._done / seconds
        parts = [f"{self._what}  {size(self._done)}"]
        if self._total >= self._done:
            left = (self._total - self._done) / rate if rate else 0.0
            parts = [f"{self._what}  {100 * self._done // self._total} %  {size(self._done)} of {size(self._total)}"]
            parts += [f"{size(int(rate))}/s", f"{duration(left)} left"]
        else:
            parts.append(f"{size(int(rate))}/s")
        return "  ".join(parts)

    def _draw(self, line: str) -> None:
        line = cut(line, max((self._err.width or 80) - 1, 1))
        # Blanks take away what was longer before; no escape sequence is needed, so the plainest terminal will do.
        self._err.stream.write(f"\r{line.ljust(self._shown)}")
        self._err.stream.flush()
        self._shown = len(line)


@contextlib.contextmanager
def shown(err: Output, what: str, total: int = 0) -> Iterator[Progress | None]:
    """What to call with every piece that is done; None where nobody watches."""
    if err.width is None:
        yield None
        return
    meter = Meter(err, what, total)
    try:
        yield meter
    finally:
        meter.clear()
