"""How a policy spells sizes (``500 MiB``) and spans of time (``24h``), and how a report shows the latter."""

import re

from gitmodels.patterns import pattern

_SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_SPANS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_SIZE = pattern(r"([0-9]{1,15})(\.[0-9]{1,3})? ?(B|KiB|MiB|GiB|TiB|kB|MB|GB)", re.ASCII)
_SPAN = pattern(r"([1-9][0-9]{0,5})([mhdw])", re.ASCII)


def size(text: str) -> int:
    """Bytes. Raises ValueError.

    >>> size("500 MiB"), size("1.5GB")
    (524288000, 1500000000)
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError("a size is such as 500MiB or 2GB")
    return int(float(found[1] + (found[2] or "")) * _SIZES[found[3]])


def span(text: str) -> int:
    """Milliseconds, from minutes, hours, days or weeks. Raises ValueError.

    >>> span("24h")
    86400000
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError("a span of time is such as 30m, 24h or 7d")
    return int(found[1]) * _SPANS[found[2]]


def shown_span(milliseconds: int) -> str:
    """A span of time for people: its largest unit, rounded down.

    >>> shown_span(90_000_000), shown_span(59_000)
    ('25 h', '0 min')
    """
    if milliseconds >= 2 * _SPANS["d"]:
        return f"{milliseconds // _SPANS['d']} d"
    if milliseconds >= _SPANS["h"]:
        return f"{milliseconds // _SPANS['h']} h"
    return f"{max(milliseconds, 0) // _SPANS['m']} min"
