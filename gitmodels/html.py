"""Small tables for notebooks: a caption and rows of names and values, every one of them escaped.

This room knows HTML and what must not get into it; it knows nothing of what is shown. What is logged was written by
others: no markup of theirs, and no character that hides or turns the text round, reaches the page.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

LONGEST = 200
ROWS = 60
_LEFT = ' style="text-align:left"'
_HIDING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def table(caption: str, rows: Mapping[str, Any]) -> str:
    """A table with one row for each value that is there; mappings and lists are written inside their cell.

    >>> table("fraud", {"tags": {}, "note": None})
    '<table><caption>fraud</caption></table>'
    """
    shown = [(name, value) for name, value in rows.items() if value not in (None, "", (), [], {})]
    cells = [f"<tr><th{_LEFT}>{safe(name)}</th><td{_LEFT}>{_cell(value)}</td></tr>" for name, value in shown]
    return f"<table><caption>{safe(caption)}</caption>{''.join(cells)}</table>"


def safe(value: Any) -> str:
    """``value`` as text that is shown as it is: escaped, cut, hidden characters spelled out.

    >>> safe("a<b")
    'a&lt;b'
    """
    text = str(value)
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    spelled = "".join(_spelled(char) if unicodedata.category(char) in _HIDING else char for char in cut)
    from html import escape

    return escape(spelled, quote=True)


def _spelled(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode()


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        lines = [f"{safe(key)}: {safe(item)}" for key, item in list(value.items())[:ROWS]]
    elif isinstance(value, list | tuple):
        lines = [safe(item) for item in value[:ROWS]]
    else:
        return safe(value)
    more = len(value) - len(lines)
    return "<br>".join([*lines, f"… {more} more"] if more else lines)
