"""ONNX models: a walk through the protobuf to the bytes of the tensors. Knows field numbers, never the graph.

Tensors are found where they stand as one run of bytes: the raw data, or the packed floats, of an initializer or of a
constant, also in the graphs that If and Loop hold. All else, down to the tags around a tensor, lies between.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gitmodels.objects.spans.pieces import JOINED
from gitmodels.objects.spans.window import Cursor, OddError, Part, Window

# A graph of 100,000 nodes and as many tensors.
MAX_FIELDS = 1_000_000
# protobuf itself ends at 2 GiB.
MAX_SIZE = (1 << 31) - 1
_MAX_DEPTH = 8
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
# Field numbers of ModelProto, GraphProto, NodeProto, AttributeProto and TensorProto.
_GRAPH, _NODE, _INITIALIZER, _ATTRIBUTE, _CONSTANT, _SUBGRAPH = 7, 1, 5, 5, 5, 6
_DATA_TYPE, _FLOATS, _NAME, _RAW, _DOUBLES = 2, 4, 8, 9, 10
# The width of the floats by the number of a data type: FLOAT, FLOAT16, DOUBLE, the two COMPLEX, BFLOAT16.
_WIDTHS = {1: 4, 10: 2, 11: 8, 14: 4, 15: 8, 16: 2}
# By the number of a field of ModelProto, the wire type it has.
_MODEL = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}


class _Field(NamedTuple):
    """A field: its number, its wire type, where its contents start, and their length."""

    number: int
    kind: int
    start: int
    length: int


class _Walk:
    """The walk through one file; counts its steps."""

    def __init__(self, window: Window) -> None:
        self._cursor = Cursor(window, 0, window.size)
        self._left = MAX_FIELDS

    def fields(self, start: int, length: int) -> Iterator[_Field]:
        """The fields of the message of ``length`` bytes from ``start``."""
        position, end = start, start + length
        while position < end:
            self._left -= 1
            if self._left < 0:
                raise OddError("more fields than any model has")
            self._cursor.move(position)
            tag = self._varint()
            kind, number = tag & 7, tag >> 3
            length = self._varint() if kind == _LENGTH else 0
            start = self._cursor.position
            if kind == _VARINT:
                self._varint()
            elif kind != _LENGTH:
                length = {_FIXED64: 8, _FIXED32: 4}.get(kind, -1)
            position = self._cursor.position + length
            if number == 0 or length < 0 or position > end:
                raise OddError("a field past the end of its message, or of no known kind")
            yield _Field(number, kind, start, position - start)

    def bytes(self, field: _Field) -> bytes:
        """The contents of a short field."""
        self._cursor.move(field.start)
        return self._cursor.take(field.length)

    def number(self, field: _Field) -> int:
        """The value of a varint."""
        self._cursor.move(field.start)
        return self._varint()

    def _varint(self) -> int:
        value = shift = 0
        while shift < 70:
            byte = self._cursor.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise OddError("a number without end")


def parts(window: Window) -> list[Part]:
    """The bytes of each tensor and what lies between, in order. Raises OddError."""
    if window.size > MAX_SIZE:
        raise OddError("longer than protobuf allows")
    walk = _Walk(window)
    graphs = 0
    found: list[Part] = []
    position = 0
    for field in walk.fields(0, window.size):
        if _MODEL.get(field.number) != field.kind:
            raise OddError("no field of a model")
        if field.number != _GRAPH:
            continue
        graphs += 1
        for start, part in _tensors(walk, field):
            found += (Part(start - position), part)
            position = start + part.length
    if graphs != 1 or not found:
        raise OddError("not one graph, or one without tensors")
    found.append(Part(window.size - position))
    return found


def _tensors(walk: _Walk, graph: _Field, depth: int = 0) -> Iterator[tuple[int, Part]]:
    if depth > _MAX_DEPTH:
        raise OddError("graphs in graphs without end")
    for field in walk.fields(graph.start, graph.length):
        if field.kind != _LENGTH or field.length < JOINED:
            continue
        if field.number == _INITIALIZER:
            yield from _tensor(walk, field)
        elif field.number == _NODE:
            yield from _attributes(walk, field, depth)


def _attributes(walk: _Walk, node: _Field, depth: int) -> Iterator[tuple[int, Part]]:
    for attribute in walk.fields(node.start, node.length):
        if attribute[:2] == (_ATTRIBUTE, _LENGTH) and attribute.length >= JOINED:
            for field in walk.fields(attribute.start, attribute.length):
                if field[:2] == (_CONSTANT, _LENGTH) and field.length >= JOINED:
                    yield from _tensor(walk, field)
                elif field[:2] == (_SUBGRAPH, _LENGTH):
                    yield from _tensors(walk, field, depth + 1)


def _tensor(walk: _Walk, tensor: _Field) -> Iterator[tuple[int, Part]]:
    kind, name = 0, ""
    data = None
    for field in walk.fields(tensor.start, tensor.length):
        if field[:2] == (_DATA_TYPE, _VARINT):
            kind = walk.number(field)
        elif field[:2] == (_NAME, _LENGTH) and field.length < JOINED:
            name = walk.bytes(field).decode("utf-8", "replace")
        elif field.kind == _LENGTH and field.number in (_RAW, _FLOATS, _DOUBLES) and field.length >= JOINED:
            if data is not None:
                raise OddError("a tensor with data in two places")
            data = field
    if data is not None:
        width = {_FLOATS: 4, _DOUBLES: 8}.get(data.number) or _WIDTHS.get(kind, 0)
        yield data.start, Part(data.length, width if width and data.length % width == 0 else 0, name)
