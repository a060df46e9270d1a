"""What a command shows: lines, tables fitting the terminal, and JSON, safe for whatever the stream can take.

Data goes to standard output, words to standard error. All text passes through ``clean``: models and their names come
from other people, and must not move the cursor, recolour the screen or reverse its direction. This room knows
streams and columns, nothing of models.
"""

import json
import math
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TextIO

from gitmodels.values import frozen

STYLES = {"bad": "31", "good": "32", "warn": "33", "name": "1", "dim": "2"}
GAP = "  "
NARROWEST = 6
# Enough rows to align columns by, few enough to show at once.
_BATCH = 100
_PATIENCE_S = 0.5

# For streams that cannot take the signs we like: C locales, old code pages.
_PLAIN = str.maketrans(
    {"→": "->", "←": "<-", "●": "*", "·": "-", "–": "-", "—": "-", "…": "...", "▲": "+", "▼": "-", "×": "x", "≤": "<="}
)


@frozen
class Painted:
    """A piece of text with one of STYLES; plain where colour is off."""

    text: str
    style: str


Text = str | Painted


@frozen
class Output:
    """One stream, and what can be shown there. ``width`` is None where nothing has to fit (a pipe or a file)."""

    stream: TextIO
    width: int | None = None
    color: bool = False

    @classmethod
    def of(cls, stream: TextIO, environment: Mapping[str, str]) -> "Output":
        """The output on ``stream``: width and colour only on a terminal, ``NO_COLOR`` and ``COLUMNS`` honoured."""
        # Under git's own pager (git -p models …) the terminal is there, only not at our end.
        in_pager = stream is sys.stdout and environment.get("GIT_PAGER_IN_USE", "") in ("true", "1")
        if not stream.isatty() and not in_pager:
            return cls(stream)
        columns = environment.get("COLUMNS", "")
        width = int(columns) if columns.isdecimal() and int(columns) else _terminal_width(stream)
        color = not environment.get("NO_COLOR") and environment.get("TERM", "") != "dumb"
        return cls(stream, width, color)

    def line(self, *parts: Text) -> None:
        """One line; the parts are joined as they are."""
        self._write("".join(self._rendered(part) for part in parts) + "\n")

    def paragraph(self, text: str, indent: str = "") -> None:
        """A text of people's own: its lines stay lines, everything else in it is made harmless."""
        for line in text.splitlines() or [""]:
            self.line(indent, line)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
        """Columns under ``header``, cut with ``…`` where the terminal is narrower; nothing when there are no rows."""
        body = [[Painted(clean(_text(cell)), _style(cell)) for cell in row] for row in rows]
        if not body:
            return
        self._grid([[Painted(title, "dim") for title in header], *body])

    def listing(self, header: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
        """Like ``table``, for rows that come one by one: the first are shown while the last are still looked up.

        Columns are as wide as what was seen so far needs, and never get narrower. An empty ``header`` is none.
        """
        source = iter(rows)
        grid = [[Painted(title, "dim") for title in header]] if header else []
        needed: list[int] = []
        while batch := self._batch(source):
            grid += [[Painted(clean(_text(cell)), _style(cell)) for cell in row] for row in batch]
            needed = self._grid(grid, needed)
            grid = []
            self.stream.flush()

    def _batch(self, rows: Iterator[Sequence[Text]]) -> list[Sequence[Text]]:
        """The rows to align together: fewer on a terminal where they come slowly, and somebody waits for them."""
        taken: list[Sequence[Text]] = []
        latest = time.monotonic() + _PATIENCE_S
        for row in islice(rows, _BATCH):
            taken.append(row)
            if self.width is not None and time.monotonic() > latest:
                break
        return taken

    def fields(self, rows: Sequence[tuple[str, str]]) -> None:
        """Labels with their texts beside them; a text too long for the terminal goes on below itself."""
        indent = max((cells(clean(label)) for label, _ in rows), default=0) + len(GAP)
        for label, text in rows:
            shown = clean(label)
            for number, line in enumerate(wrap(clean(text), self.width and max(self.width - indent, NARROWEST))):
                self._write((shown if number == 0 else "").ljust(indent) + line + "\n")

    def json(self, value: Any) -> None:
        """``value`` as one JSON document; NaN and infinities as the strings MLflow's REST interface uses."""
        text = json.dumps(_finite(value), indent=2, ensure_ascii=not self._takes_unicode(), allow_nan=False)
        # Outside strings JSON is printable, so what is hidden stands in one and may be escaped there.
        self.stream.write("\n".join(_escaped(line, _json_escape) for line in text.split("\n")) + "\n")

    def json_list(self, items: Iterable[Any]) -> None:
        """A JSON list, byte for byte as ``json`` writes it, whose items are written as they come."""
        mark = "["
        for number, item in enumerate(items):
            text = json.dumps(_finite(item), indent=2, ensure_ascii=not self._takes_unicode(), allow_nan=False)
            lines = (_escaped(line, _json_escape) for line in text.split("\n"))
            self.stream.write(mark + "".join(f"\n  {line}" for line in lines))
            mark = ","
            if number % _BATCH == 0:
                self.stream.flush()
        self.stream.write("[]\n" if mark == "[" else "\n]\n")

    def raw(self, data: bytes) -> None:
        """Bytes as they are, for files of models."""
        self.stream.flush()
        self.stream.buffer.write(data)

    def _grid(self, grid: Sequence[Sequence[Painted]], at_least: Sequence[int] = ()) -> list[int]:
        """Shows the rows; the columns' widths before they were made to fit."""
        needed = [max(cells(row[column].text) for row in grid) for column in range(len(grid[0]))]
        needed = [max(pair) for pair in zip(needed, at_least, strict=True)] if at_least else needed
        widths = fit(needed, self.width)
        for row in grid:
            self._write(GAP.join(self._cell(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())
            self._write("\n")
        return needed

    def _takes_unicode(self) -> bool:
        return (self.stream.encoding or "").lower().replace("-", "") in ("utf8", "utf16", "utf32")

    def _cell(self, cell: Painted, width: int) -> str:
        shown = cut(cell.text, width)
        padding = " " * (width - cells(shown))
        return (self._styled(shown, cell.style) if cell.style else shown) + padding

    def _rendered(self, part: Text) -> str:
        if isinstance(part, Painted):
            return self._styled(clean(part.text), part.style)
        return clean(part)

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.color and style and text else text

    def _write(self, text: str) -> None:
        encoding = self.stream.encoding or "utf-8"
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
        self.stream.write(text)


def standard(environment: Mapping[str, str]) -> tuple[Output, Output]:
    """The outputs for data and for words: standard output and standard error; a closed one (``>&-``) takes nothing."""
    nowhere = open(os.devnull, "w", encoding="utf-8") if None in (sys.stdout, sys.stderr) else None  # noqa: SIM115
    out, err = sys.stdout or nowhere, sys.stderr or nowhere
    assert out is not None
    assert err is not None
    return Output.of(out, environment), Output.of(err, environment)


def clean(text: str) -> str:
    r"""``text`` with control, bidi and zero-width characters written as escapes, so that it stays on its line.

    >>> clean("red \x1b[31m\nnext")
    'red \\x1b[31m\\nnext'
    """
    return _escaped(text, lambda char: char.encode("unicode_escape", "backslashreplace").decode())


def cells(text: str) -> int:
    """How many columns of a terminal ``text`` takes: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def cut(text: str, width: int) -> str:
    """``text``, its end replaced by ``…`` when it takes more than ``width`` columns.

    >>> cut("champion", 5)
    'cham…'
    """
    if cells(text) <= width:
        return text
    kept = text[: max(width - 1, 0)]
    while cells(kept) > width - 1:
        kept = kept[:-1]
    return f"{kept}…"


def wrap(text: str, width: int | None) -> list[str]:
    """``text`` in lines of at most ``width`` columns, broken at spaces; a longer word stays whole.

    >>> wrap("age long · sex double", 12)
    ['age long ·', 'sex double']
    """
    if width is None or cells(text) <= width:
        return [text]
    lines: list[str] = []
    for word in text.split(" "):
        if lines and cells(lines[-1]) + 1 + cells(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def fit(widths: list[int], available: int | None) -> list[int]:
    """The column widths, the widest made narrower until the row fits, none below six columns.

    >>> fit([10, 40, 5], 40)
    [10, 21, 5]
    """
    widths = list(widths)
    if available is None:
        return widths
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - available
    while excess > 0 and max(widths) > NARROWEST:
        widest = widths.index(max(widths))
        widths[widest] -= 1
        excess -= 1
    return widths


def _terminal_width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


def _escaped(text: str, escape: Any) -> str:
    if text.isascii() and text.isprintable():
        return text
    from gitmodels.names import hidden_character

    return "".join(escape(char) if hidden_character(char) else char for char in text)


def _json_escape(char: str) -> str:
    return json.dumps(char)[1:-1] if ord(char) != 0x7F else "\\u007f"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _text(part: Text) -> str:
    return part.text if isinstance(part, Painted) else part


def _style(part: Text) -> str:
    return part.style if isinstance(part, Painted) else ""
