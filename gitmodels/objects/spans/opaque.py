"""Files of no known format: one chunk up to 64 MiB, above that pieces of 4 MiB. Knows only the file's size."""

from collections.abc import Iterator

from gitmodels.objects.spans.pieces import PIECE, Span

WHOLE = 64 << 20


def spans(size: int) -> Iterator[Span]:
    """The spans of an opaque file of ``size`` bytes, in order; an empty file is one empty span.

    >>> list(spans(0)), sum(span.length for span in spans(WHOLE + 1)), next(spans(WHOLE + 1)).length
    ([Span(length=0, width=0, key='')], 67108865, 4194304)
    """
    if size <= WHOLE:
        yield Span(size)
        return
    for start in range(0, size, PIECE):
        yield Span(min(PIECE, size - start))
