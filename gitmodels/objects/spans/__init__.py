"""Where a file is cut into chunks. One file per format; whatever is not understood is cut as opaque bytes.

A span names a run of the file's bytes. The spans of a file follow each other without gap, so that concatenating
their bytes gives the file back; the store needs to know nothing else of a format.
"""

from collections.abc import Iterator

from gitmodels.objects.spans import opaque

# The longest chunk any file of the store may have; readers hold one chunk in memory.
MAX_CHUNK = 64 << 20


def lengths(size: int) -> Iterator[int]:
    """The lengths of the chunks of a file of ``size`` bytes, in order.

    >>> list(lengths(10))
    [10]
    """
    return opaque.lengths(size)


def is_cut(size: int) -> bool:
    """Whether a file of ``size`` bytes has more than one chunk, and so a chunk list."""
    return size > opaque.WHOLE
