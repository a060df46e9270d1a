"""From the parts of a file to the spans that are stored as chunks: long parts are cut, short neighbours joined.

Knows lengths and names only. What is done here is part of the format (docs/format/objects.md, "How a file is cut").
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gitmodels.objects.spans.window import Part

# A part is cut into pieces of this many bytes, counted from its start, so that equal tensors give equal chunks.
PIECE = 4 << 20
# Parts below this are joined with their neighbours below it: a chunk costs some 200 bytes beside its own.
JOINED = 1 << 10
# A joined span is closed once it is this long, so that a change costs little however many short parts there are.
CLOSED = 64 << 10


class Span(NamedTuple):
    """What becomes one chunk: ``length`` bytes, at most 64 MiB.

    ``width`` is the number of bytes of one float element where the span holds nothing but floats (2, 4 or 8), else 0.
    ``key`` names the span so that the same piece of the same tensor is found in another version of the file
    (``tensor#number``); it is "" where the span has no identity. Width and key are hints from a file that nobody
    vouches for: they may help to encode, and must never decide what is read back.
    """

    length: int
    width: int = 0
    key: str = ""


def spans(parts: Iterable[Part]) -> Iterator[Span]:
    """The spans of a file of these parts, in order; their lengths have the same sum.

    >>> [span.length for span in spans([Part(100), Part(900, 4, "b"), Part(5 << 20, 4, "w")])]
    [1000, 4194304, 1048576]
    >>> [span.key for span in spans([Part(0, 0, "none"), Part(4000, 2, "w")])]
    ['w#0']
    """
    short: list[Part] = []
    gathered = 0
    for part in parts:
        if part.length < JOINED:
            if part.length:
                short.append(part)
                gathered += part.length
            if gathered < CLOSED:
                continue
        if short:
            yield _joined(short, gathered)
            short, gathered = [], 0
        if part.length >= JOINED:
            yield from _cut(part)
    if short:
        yield _joined(short, gathered)


def _joined(short: list[Part], length: int) -> Span:
    first = short[0]
    width = first.width if all(part.width == first.width for part in short) else 0
    name = next((part.name for part in short if part.name), first.name)
    return Span(length, width, "" if name is None else f"{name}#0")


def _cut(part: Part) -> Iterator[Span]:
    for number, start in enumerate(range(0, part.length, PIECE)):
        key = "" if part.name is None else f"{part.name}#{number}"
        yield Span(min(PIECE, part.length - start), part.width, key)
