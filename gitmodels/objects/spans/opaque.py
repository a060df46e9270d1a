"""Files of no known format: one chunk up to 64 MiB, above that pieces of 4 MiB. Knows only the file's size."""

from collections.abc import Iterator

WHOLE = 64 << 20
PIECE = 4 << 20


def lengths(size: int) -> Iterator[int]:
    """The lengths of the chunks, in order; an empty file is one empty chunk.

    >>> list(lengths(0)), sum(lengths(WHOLE + 1)), next(lengths(WHOLE + 1))
    ([0], 67108865, 4194304)
    """
    if size <= WHOLE:
        yield size
        return
    for start in range(0, size, PIECE):
        yield min(PIECE, size - start)
