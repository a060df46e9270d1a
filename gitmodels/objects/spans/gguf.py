"""GGUF, versions 2 and 3, little-endian: metadata, the table of tensors, then these, aligned. Knows no values.

The metadata holds the vocabulary, hundreds of thousands of strings, so its strings are passed over, not read.
"""

from gitmodels.objects.spans.window import Cursor, OddError, Part, Window, elements

# Vocabularies take 20 MiB at most; this many strings and values are passed over.
MAX_METADATA = 64 << 20
MAX_VALUES = 4_000_000
MAX_TENSORS = 100_000
_MAX_NAME = 1024
# The sizes of the values of a fixed size, by the number of their type; strings are 8, arrays 9.
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_UINT32, _STRING, _ARRAY = 4, 8, 9
# The width of the floats of a tensor by the number of its type: F32, F16, F64, BF16. All else is quantised or whole.
_WIDTHS = {0: 4, 1: 2, 28: 8, 30: 2}


def parts(window: Window) -> list[Part]:
    """All up to the first tensor, then each tensor with the padding after it. Raises OddError."""
    cursor = Cursor(window, 4, min(window.size, MAX_METADATA))
    if cursor.number(4) not in (2, 3):
        raise OddError("a version that is not known, or big-endian")
    tensors, values = cursor.number(8), cursor.number(8)
    if tensors > MAX_TENSORS or values > MAX_VALUES:
        raise OddError("more tensors or values than any model has")
    alignment = _metadata(cursor, values)
    placed = sorted(_tensor(cursor) for _ in range(tensors))
    start = -(-cursor.position // alignment) * alignment
    if not placed:
        return [Part(window.size, 0, "")]
    if placed[0][0] != 0:
        raise OddError("a gap before the tensors")
    found = [Part(start, 0, "")]
    ends = [*(begin for begin, *_ in placed[1:]), window.size - start]
    for (begin, name, length, width), end in zip(placed, ends, strict=True):
        if begin % alignment or begin + length > end:
            raise OddError("tensors that overlap, or are not aligned")
        padded = end - begin
        if width and padded - length >= alignment:
            raise OddError("a gap between tensors")
        found.append(Part(padded, width if width and padded % width == 0 else 0, name))
    return found


def _metadata(cursor: Cursor, count: int) -> int:
    """Pass over the metadata; the alignment that it names, or 32."""
    alignment = 32
    left = MAX_VALUES
    for _ in range(count):
        key = _string(cursor)
        kind = cursor.number(4)
        if key == b"general.alignment":
            if kind != _UINT32:
                raise OddError("an alignment that is no number")
            alignment = cursor.number(4)
            if not 0 < alignment <= 1 << 20:
                raise OddError("an alignment past any page")
        else:
            left -= _pass_over(cursor, kind, left)
    return alignment


def _pass_over(cursor: Cursor, kind: int, left: int) -> int:
    """Go past one value; how many values it holds."""
    if kind in _SIZES:
        cursor.skip(_SIZES[kind])
        return 1
    if kind == _STRING:
        cursor.skip(cursor.number(8))
        return 1
    if kind != _ARRAY:
        raise OddError("a value of no known type")
    kind, count = cursor.number(4), cursor.number(8)
    if kind in _SIZES:
        cursor.skip(count * _SIZES[kind])
        return 1
    if kind != _STRING or count > left:
        raise OddError("an array in an array, or one without end")
    cursor.skip_strings(count)
    return count


def _string(cursor: Cursor) -> bytes:
    length = cursor.number(8)
    if length > _MAX_NAME:
        raise OddError("a name that is too long")
    return cursor.take(length)


def _tensor(cursor: Cursor) -> tuple[int, str, int, int]:
    """Where a tensor starts, its name, its length and the width of its floats, both 0 for types of other sizes."""
    name = _string(cursor).decode("utf-8", "replace")
    dimensions = cursor.number(4)
    if dimensions > 8:
        raise OddError("more dimensions than any tensor has")
    count = elements([cursor.number(8) for _ in range(dimensions)])
    width = _WIDTHS.get(cursor.number(4), 0)
    return cursor.number(8), name, count * width, width
