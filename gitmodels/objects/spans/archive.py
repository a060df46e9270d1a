"""Zip archives by their members: npz, torch, skops, Keras and whatever else is one. Knows the layout of a zip.

Only the central directory counts; nothing is extracted, inflated or checked against its CRC. The bytes of a member
that is stored (not deflated) are a part, those of an array in it without its header; what lies between is another.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from gitmodels.objects.spans import npy, storages
from gitmodels.objects.spans.window import OddError, Part, Window

MAGIC = b"PK\x03\x04"
# 16 MiB name some 200,000 members of usual names.
MAX_DIRECTORY = 16 << 20
_END = struct.Struct("<4s4H2IH")
_LOCATOR = struct.Struct("<4sIQI")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_MEMBER = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_MAX_COMMENT = 0xFFFF
_IN_EXTRA = 0xFFFFFFFF
_ENCRYPTED = 1
_STORED = 0


class Member(NamedTuple):
    """A member as the central directory tells it; ``start`` is that of its local header."""

    start: int
    length: int
    name: str
    stored: bool
    method: int


def parts(window: Window) -> list[Part]:
    """What stands before each member's bytes, and these, in order; last the directory. Raises OddError."""
    directory, members = _members(window)
    placed = list(_placed(window, directory, members))
    widths = storages.widths(window, {member.name: (start, member) for start, member in placed})
    found: list[Part] = []
    position = 0
    for start, member in placed:
        found.append(Part(start - position))
        found += _contents(window, start, member, widths.get(member.name, 0))
        position = start + member.length
    found.append(Part(window.size - position, 0, ""))
    return found


def _contents(window: Window, start: int, member: Member, width: int) -> list[Part]:
    if member.stored and member.name.endswith(".npy"):
        try:
            return npy.array(window, start, member.length, member.name)
        except OddError:
            pass  # an array of something else than numbers
    floats = width if width and member.length % width == 0 else 0
    return [Part(member.length, floats, storages.stable(member.name))]


def _placed(window: Window, directory: int, members: list[Member]) -> Iterator[tuple[int, Member]]:
    """Each member with where its bytes start, in the order of these; none overlaps another or the directory."""
    position = 0
    for member in sorted(members):
        if member.start < position:
            raise OddError("members that overlap")
        local = _LOCAL.unpack(window.bytes(member.start, _LOCAL.size))
        start = member.start + _LOCAL.size + local[9] + local[10]
        position = start + member.length
        if local[0] != MAGIC or local[3] != member.method or position > directory:
            raise OddError("a member that is not where the directory says")
        yield start, member


def _members(window: Window) -> tuple[int, list[Member]]:
    """Where the directory starts, and what it names."""
    start, length, count = _directory(window)
    if length > MAX_DIRECTORY:
        raise OddError("a directory that is too long")
    data = window.bytes(start, length)
    members = []
    position = 0
    for _ in range(count):
        if position + _MEMBER.size > length:
            raise OddError("a directory that ends early")
        fields = _MEMBER.unpack_from(data, position)
        flags, method, packed, raw = fields[3], fields[4], fields[8], fields[9]
        name_length, extra_length, comment_length, disk, local = *fields[10:14], fields[16]
        after = position + _MEMBER.size + name_length
        position = after + extra_length + comment_length
        if fields[0] != b"PK\x01\x02" or disk != 0 or position > length:
            raise OddError("a directory that is none")
        raw, packed, local = _sizes(data[after : after + extra_length], [raw, packed, local])
        stored = method == _STORED and not flags & _ENCRYPTED
        if stored and raw != packed:
            raise OddError("a stored member of two lengths")
        name = data[after - name_length : after].decode("utf-8", "replace")
        members.append(Member(local, packed, name, stored, method))
    if position != length:
        raise OddError("a directory that is longer than its members")
    return start, members


def _sizes(extra: bytes, sizes: list[int]) -> list[int]:
    """The two lengths and the place of a member, those that do not fit 32 bits from its extra field."""
    if _IN_EXTRA not in sizes:
        return sizes
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        position += 4
        if kind == 1:
            wanted = sizes.count(_IN_EXTRA)
            if length < 8 * wanted or position + length > len(extra):
                break
            numbers = iter(struct.unpack_from(f"<{wanted}Q", extra, position))
            return [next(numbers) if size == _IN_EXTRA else size for size in sizes]
        position += length
    raise OddError("a long member without its length")


def _directory(window: Window) -> tuple[int, int, int]:
    """Start, length and number of members of the central directory, which lies right before what ends the file."""
    end = _end(window)
    _, disk, first, here, count, length, start, _ = _END.unpack(window.bytes(end, _END.size))
    after = end
    if end >= _LOCATOR.size:
        magic, on_disk, place, disks = _LOCATOR.unpack(window.bytes(end - _LOCATOR.size, _LOCATOR.size))
        if magic == b"PK\x06\x07":
            # The same figures in 64 bits; those that fit are in both.
            (magic, size, _, _, disk, first, here, count, length, start) = _END_64.unpack(
                window.bytes(place, _END_64.size)
            )
            after = place
            if magic != b"PK\x06\x06" or on_disk or disks > 1 or place + 12 + size != end - _LOCATOR.size:
                raise OddError("no end of the directory where the locator says")
    if disk or first or here != count or start + length != after:
        raise OddError("a directory that is not where it says")
    return start, length, count


def _end(window: Window) -> int:
    """Where the record that ends a zip file starts: its comment must end with the file."""
    for longest in (0, _MAX_COMMENT):
        length = min(window.size, _END.size + longest)
        tail = window.bytes(window.size - length, length)
        at = tail.rfind(b"PK\x05\x06", 0, length - _END.size + 4)
        while at >= 0:
            if int.from_bytes(tail[at + 20 : at + 22], "little") == length - at - _END.size:
                return window.size - length + at
            at = tail.rfind(b"PK\x05\x06", 0, at + 3)
    raise OddError("no end of a directory")
