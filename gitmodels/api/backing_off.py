"""How long to wait after a lost race, so that many who push to one remote do not keep losing.

A try is open to others from when it reads until it writes. So the waits count in the length of one's own last try, on
a slow link as on a fast one, and are drawn from a range that doubles with every loss (full jitter). This room knows
clocks and chance, nothing of what is tried.
"""

import random
import time
from collections.abc import Callable

from gitmodels.errors import Conflict

MOST_TRIES = 200
MOST_S = 600.0
_SHORTEST_S = 0.02
_LONGEST_S = 30.0
_DOUBLINGS = 5


class BackOff:
    """Counts tries; ``lost`` waits. ``clock`` and ``sleep`` are in seconds."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._began = self._tried = clock()
        self._losses = 0

    def mark(self) -> None:
        """The try begins only now: what was done before did not depend on what others do."""
        self._tried = self._clock()

    @property
    def tries(self) -> int:
        """How many tries there were, that which goes on included."""
        return 1 + self._losses

    def lost(self) -> None:
        """The try failed: wait, and begin the next. Raises Conflict when it has been tried for long."""
        now = self._clock()
        self._losses += 1
        if self._losses >= MOST_TRIES or now - self._began > MOST_S:
            raise Conflict(
                f"others were quicker {self._losses} times: the remote's registry kept moving",
                hint="what was done here is kept; git models push tries again",
            )
        slot = max(now - self._tried, _SHORTEST_S)
        # Who lost often has waited long: past some doublings the range shrinks again, so that nobody starves.
        doublings = self._losses if self._losses <= _DOUBLINGS else max(2 * _DOUBLINGS - self._losses, 1)
        self._sleep(self._chance() * min(slot * 2 ** (1 + doublings), _LONGEST_S))
        self._tried = self._clock()
