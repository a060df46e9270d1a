"""safetensors: a length, a JSON header, then the tensors without gap. Knows the format, never the values."""

import json
from typing import Any

from gitmodels.objects.spans.window import OddError, Part, Window, elements

# 8 MiB name some 60,000 tensors; the largest published headers have a tenth of that.
MAX_HEADER = 8 << 20
# Each of these bytes may start a value, which takes far more memory than it takes in the header.
MAX_VALUES = 2_000_000
# The number of bits of an element, and the width of its floats where it has whole bytes.
_TYPES = {
    "F64": (64, 8), "F32": (32, 4), "F16": (16, 2), "BF16": (16, 2), "C64": (64, 4),
    "I64": (64, 0), "I32": (32, 0), "I16": (16, 0), "I8": (8, 0),
    "U64": (64, 0), "U32": (32, 0), "U16": (16, 0), "U8": (8, 0), "BOOL": (8, 0),
    "F8_E4M3": (8, 0), "F8_E5M2": (8, 0), "F8_E8M0": (8, 0), "F8_E4M3FNUZ": (8, 0), "F8_E5M2FNUZ": (8, 0),
    "F6_E2M3": (6, 0), "F6_E3M2": (6, 0), "F4": (4, 0),
}  # fmt: skip


def parts(window: Window) -> list[Part]:
    """The header and each tensor, in the order of their bytes. Raises OddError."""
    length = int.from_bytes(window.bytes(0, 8), "little")
    if length > MAX_HEADER:
        raise OddError("a header that is too long")
    start = 8 + length
    tensors = sorted(_tensors(window.bytes(8, length)))
    found = [Part(start, 0, "")]
    position = 0
    for begin, end, name, width in tensors:
        if begin != position:
            raise OddError("tensors that overlap or leave a gap")
        found.append(Part(end - begin, width, name))
        position = end
    if start + position != window.size:
        raise OddError("bytes after the last tensor, or too few")
    return found


def _tensors(header: bytes) -> list[tuple[int, int, str, int]]:
    if sum(header.count(byte) for byte in (b",", b"[", b"{")) > MAX_VALUES:
        raise OddError("a header of too many values")
    try:
        loaded = json.loads(header.decode(), object_pairs_hook=_distinct)
        if not isinstance(loaded, dict):
            raise OddError("a header that is no object")
        loaded.pop("__metadata__", None)
        "".join(loaded).encode()
    except (ValueError, RecursionError):
        raise OddError("a header that is no JSON") from None
    return [_tensor(name, described) for name, described in loaded.items()]


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise OddError("a name that stands twice")
    return made


def _tensor(name: str, described: Any) -> tuple[int, int, str, int]:
    if not isinstance(described, dict) or described.keys() != {"dtype", "shape", "data_offsets"}:
        raise OddError("a tensor without type, shape and place")
    shape, place = described["shape"], described["data_offsets"]
    begin, end = _numbers(place) if isinstance(place, list) and len(place) == 2 else (1, 0)
    if end < begin or not isinstance(shape, list) or not isinstance(described["dtype"], str):
        raise OddError("a tensor whose end is before its start")
    bits, width = _TYPES.get(described["dtype"], (None, 0))
    if bits is not None and elements(_numbers(shape)) * bits != (end - begin) * 8:
        raise OddError("a tensor whose shape needs other room than it has")
    return begin, end, name, width


def _numbers(values: list[Any]) -> list[int]:
    if not all(type(value) is int and 0 <= value < 1 << 63 for value in values):
        raise OddError("a size that is no number")
    return values
