"""How sizes and numbers are said to people, on the screen and in reports. This room knows words, no data."""

_UNITS = ("B", "kB", "MB", "GB", "TB")


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


def number(value: object) -> str:
    """A metric, to four digits where it is a number.

    >>> number(0.93412), number("x")
    ('0.9341', 'x')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)
