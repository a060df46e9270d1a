"""Times in which nothing moves: weekly ones (``fri 16:00`` to ``mon 08:00``) and dated ones. All in UTC.

This room knows clocks and calendars; what is frozen is said elsewhere.
"""

import re
from datetime import UTC, datetime

from gitmodels.patterns import pattern
from gitmodels.values import frozen

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTE = 60_000
_DAY = 24 * 60
_WEEK = 7 * _DAY
# 1970-01-05 was a Monday.
_FIRST_MONDAY = 4 * _DAY
_WEEKLY = pattern(r"(mon|tue|wed|thu|fri|sat|sun) ([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DATED = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}Z)?", re.ASCII)


@frozen
class Window:
    """From ``start`` to before ``end``: minutes of the week (Monday 00:00 is 0) when ``weekly``, else ms since 1970.

    ``text`` is how a policy spells it.
    """

    start: int
    end: int
    weekly: bool
    text: str

    def holds(self, when_ms: int) -> bool:
        """Whether ``when_ms`` lies inside.

        >>> window("fri 16:00", "mon 08:00").holds(0), window("1970-01-01", "1970-01-02").holds(0)
        (False, True)
        """
        if not self.weekly:
            return self.start <= when_ms < self.end
        minute = (when_ms // _MINUTE - _FIRST_MONDAY) % _WEEK
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def window(start: str, end: str) -> Window:
    """The window between two such times. Raises ValueError for other words, for two kinds, and for an empty one."""
    text = f"{start} to {end}"
    first, last = _WEEKLY.fullmatch(start), _WEEKLY.fullmatch(end)
    if first is not None and last is not None:
        begins, ends = _minute(first), _minute(last)
        if begins == ends:
            raise ValueError("a weekly window from a time to the same time")
        return Window(begins, ends, True, text)
    if _DATED.fullmatch(start) is None or _DATED.fullmatch(end) is None:
        raise ValueError("times are such as 'fri 16:00', or '2026-12-24' or '2026-12-24T16:00Z'; both of one kind")
    begins, ends = _milliseconds(start), _milliseconds(end)
    if begins >= ends:
        raise ValueError("a window that ends before it begins")
    return Window(begins, ends, False, text)


def _minute(found: re.Match[str]) -> int:
    return DAYS.index(found[1]) * _DAY + int(found[2]) * 60 + int(found[3])


def _milliseconds(text: str) -> int:
    moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000
