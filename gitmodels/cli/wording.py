"""How sizes, times and short facts are said to people. This room knows words, no data."""

from datetime import UTC, datetime

_UNITS = ("B", "kB", "MB", "GB", "TB")
_AGES = ((60, "s"), (60, "min"), (24, "h"), (30, "d"), (12, "mo"))


def size(count: int | None) -> str:
    """A number of bytes in three digits.

    >>> size(840), size(1_234_567), size(None)
    ('840 B', '1.2 MB', '–')
    """
    if count is None:
        return "–"
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value /= 1000
        unit += 1
    return f"{value:.0f} {_UNITS[unit]}" if value >= 10 or unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def age(time: str, now: datetime | None = None) -> str:
    """How long ago an ISO time was.

    >>> age("2026-11-23T03:00:00.000Z", datetime(2026, 11, 23, 5, 30, tzinfo=UTC))
    '2 h ago'
    """
    value = max(((now or datetime.now(UTC)) - datetime.fromisoformat(time)).total_seconds(), 0)
    for count, unit in _AGES:
        if value < count:
            return f"{value:.0f} {unit} ago" if unit == "s" else f"{int(value)} {unit} ago"
        value /= count
    return f"{int(value)} y ago"


def moment(time: str) -> str:
    """An ISO time to the minute.

    >>> moment("2026-11-23T03:10:04.123Z")
    '2026-11-23 03:10'
    """
    return time[:16].replace("T", " ")


def number(value: object) -> str:
    """A metric, to four digits where it is a number.

    >>> number(0.93412), number("x")
    ('0.9341', 'x')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def counted(count: int, noun: str) -> str:
    """How many of something.

    >>> counted(1, "model"), counted(2, "model")
    ('1 model', '2 models')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
