"""Which members of a torch archive hold floats: read from the pickle beside them without running any of it.

A torch archive names its tensors' bytes ``<prefix>/data/<key>`` and says in ``<prefix>/data.pkl`` of which type each
is. The pickle is only walked, opcode by opcode, for what stands before each persistent id; what is not understood has
no width. Widths are hints: they change how a chunk is encoded, never where the file is cut.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from gitmodels.objects.spans.window import Window

# Pickles past this are not walked; one of 10,000 tensors has 2 MiB.
MAX_PICKLE = 8 << 20
_PICKLE = "/data.pkl"
_DATA = "/data/"
_WIDTHS = {
    "HalfStorage": 2, "BFloat16Storage": 2, "FloatStorage": 4, "DoubleStorage": 8,
    "ComplexFloatStorage": 4, "ComplexDoubleStorage": 8,
}  # fmt: skip
_TEXT = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
_PUT = {"BINPUT", "LONG_BINPUT", "MEMOIZE"}
_GET = {"BINGET", "LONG_BINGET"}
# How pickletools marks an argument that is preceded by its length, and the bytes of that length.
_LENGTH_BYTES = {-2: 1, -3: 4, -4: 4, -5: 8}
_UP_TO_NEWLINE = -1
_LONGEST_CLASS = 100


def stable(name: str) -> str:
    """The name of a member without the prefix, which torch takes from the file's name.

    >>> stable("model_v2/data/7"), stable("weights.npy")
    ('data/7', 'weights.npy')
    """
    prefix, data, key = name.partition(_DATA)
    return f"data/{key}" if data and "/" not in prefix and key.isdecimal() else name


def widths(window: Window, members: Mapping[str, tuple[int, Any]]) -> dict[str, int]:
    """The width of the floats of each member that holds a torch tensor; nothing for other archives."""
    name = next((name for name in members if name.endswith(_PICKLE) and name.count("/") == 1), None)
    if name is None:
        return {}
    start, member = members[name]
    prefix = name.removesuffix(_PICKLE)
    if not member.stored or member.length > MAX_PICKLE or _is_big_endian(window, members.get(f"{prefix}/byteorder")):
        return {}
    found = floats(window.bytes(start, member.length))
    return {f"{prefix}{_DATA}{key}": width for key, width in found.items()}


def floats(data: bytes) -> dict[str, int]:
    """The keys of the storages of floats that a pickle speaks of, with the width of their elements."""
    return {key: _WIDTHS[kind] for key, kind in _storages(data) if kind in _WIDTHS}


def _is_big_endian(window: Window, member: tuple[int, Any] | None) -> bool:
    return member is not None and window.bytes(member[0], min(3, member[1].length)) == b"big"


def _storages(data: bytes) -> Iterator[tuple[str, str]]:
    """Key and type of each storage: the tuple ('storage', type, key, place, elements) before a persistent id."""
    memo: dict[int, str] = {}
    said: deque[str] = deque(["", ""], maxlen=8)
    for name, argument in _opcodes(data):
        if name in _PUT:
            memo[len(memo) if name == "MEMOIZE" else int.from_bytes(argument, "little")] = said[-1]
        elif name != "BINPERSID":
            said.extend(_said(name, argument, said, memo))
        else:
            for kind, key in pairwise(said):
                if kind.startswith("torch "):
                    yield key, kind.removeprefix("torch ")
            said.extend([""] * 8)


def _said(name: str, argument: bytes, said: deque[str], memo: dict[int, str]) -> list[str]:
    """What an opcode puts on the stack, when it is a text or the name of a class."""
    if name in _TEXT or name == "GLOBAL":
        return [argument.decode("utf-8", "replace").strip().replace("\n", " ")]
    if name == "STACK_GLOBAL":
        # Short ones only: the name of one could be put into that of the next, without end.
        return [f"{said[-2]} {said[-1]}" if len(said[-2]) + len(said[-1]) < _LONGEST_CLASS else ""]
    if name in _GET:
        return [memo.get(int.from_bytes(argument, "little"), "")]
    return []


def _opcodes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every opcode's name and the raw bytes of its argument, until STOP or something that is no opcode."""
    from pickletools import opcodes

    known = {opcode.code: opcode for opcode in opcodes}
    position = 0
    while position < len(data):
        opcode = known.get(chr(data[position]))
        start = position = position + 1
        if opcode is None or opcode.name == "STOP":
            return
        kind = 0 if opcode.arg is None else opcode.arg.n
        if kind >= 0:
            position += kind
        elif kind == _UP_TO_NEWLINE:
            for _ in range(2 if opcode.name in ("GLOBAL", "INST") else 1):
                position = data.find(b"\n", position) + 1
                if not position:
                    return
        else:
            start += _LENGTH_BYTES[kind]
            position = start + int.from_bytes(data[start - _LENGTH_BYTES[kind] : start], "little")
        if position > len(data):
            return
        yield opcode.name, data[start:position]
