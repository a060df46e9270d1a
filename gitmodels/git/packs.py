"""Writing git packs: a handful of objects in one file with its index, on the device before anything names them.

This room knows the pack and index formats (version 2) and the folder ``objects/pack``. It does not know what the
objects mean. What it wrote is listed in a file of ours, so that merging (pack_merge) never touches others' packs.
"""

import contextlib
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from gitmodels import processes
from gitmodels.git import durable
from gitmodels.git.raw import ObjectFormat
from gitmodels.git.tree_edit import NewObject
from gitmodels.values import frozen

_KIND_NUMBER = {"commit": 1, "tree": 2, "blob": 3}
_ZLIB_LEVEL = 1
# Trees are mostly ids, which do not shrink: a large one is stored as it is, for a fiftieth of the time.
_STORED_TREE = 1024
_SMALL = 16 << 10
_LARGE_OFFSET = 1 << 31
_TEMP_PREFIX = "tmp_gitmodels_"
_LIST_NAME = "packs.git"

# Writes a pack's bytes to an open file.
BodyWriter = Callable[[int], None]


@frozen
class Record:
    """One object as it stands in a pack: its id, the checksum of its record and where the record starts."""

    oid: bytes
    crc: int
    offset: int


class PackFolder:
    """``objects/pack`` of one repository and our list of the packs that we put there."""

    def __init__(self, common_dir: Path, fmt: ObjectFormat) -> None:
        self.path = common_dir / "objects" / "pack"
        self.fmt = fmt
        self._list = common_dir / "gitmodels" / _LIST_NAME

    def write(self, objects: Sequence[NewObject]) -> "WrittenPack":
        """Put ``objects`` into one durable pack, guarded against ``git gc`` until ``WrittenPack.release``.

        Raises OSError; then nothing of the pack is visible. The caller holds the queue.
        """
        body, records = encode(objects, self.fmt)
        checksum = body[-self.fmt.size :]
        durable.make_folders(self.path)
        return self.publish(
            checksum.hex(), lambda fd: durable.write_all(fd, body), encode_index(records, checksum, self.fmt)
        )

    def publish(self, name: str, write_body: BodyWriter, index: bytes) -> "WrittenPack":
        """Make ``pack-<name>`` visible: body and index synced, then named (the index last), then the folder synced.

        It is on the list of ours before it exists: whatever is killed when, none of our packs is forgotten.
        """
        self.remember(name)
        stem = f"{self.path}/pack-{name}"
        temp_pack = f"{self.path}/{processes.new_name(_TEMP_PREFIX + 'pack')}"
        temp_idx = f"{self.path}/{processes.new_name(_TEMP_PREFIX + 'idx')}"
        guard: str | None = None
        try:
            _write_both(temp_pack, write_body, temp_idx, index)
            guard = _guard(temp_pack, stem)
            os.rename(temp_pack, stem + ".pack")
            os.rename(temp_idx, stem + ".idx")
            durable.sync_folder(self.path)
        except BaseException:
            durable.unlink_quietly(temp_pack)
            durable.unlink_quietly(temp_idx)
            if not os.path.exists(stem + ".idx"):
                durable.unlink_quietly(stem + ".pack")  # without an index nobody ever saw it
            WrittenPack(name, guard).release()
            raise
        return WrittenPack(name, guard)

    def sweep(self) -> None:
        """Remove what killed writers left: temporary files, guards, and packs that never got their index.

        The caller holds the queue, so no writer of ours is at work on this host.
        """
        entries = {entry.name: os.lstat(entry.path) for entry in list(os.scandir(self.path))}
        ours = {
            status.st_ino
            for name, status in entries.items()
            if name.endswith(".pack") or (name.startswith(_TEMP_PREFIX) and processes.is_ours(name))
        }
        for name, status in entries.items():
            path = str(self.path / name)
            if name.startswith(_TEMP_PREFIX) and processes.is_abandoned(name, status.st_mtime):
                durable.unlink_quietly(path)
            elif name.endswith(".keep") and status.st_ino in ours:  # others' guards are files of their own
                if not os.path.exists(path.removesuffix(".keep") + ".idx"):
                    durable.unlink_quietly(path.removesuffix(".keep") + ".pack")
                durable.unlink_quietly(path)

    def remember(self, name: str) -> None:
        """Add ``pack-<name>`` to the list of ours."""
        fd = os.open(self._list, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            # Not synced: a pack missing from the list after a power cut is never merged by us, git gc takes it up.
            durable.write_all(fd, f"{name}\n".encode())
        finally:
            os.close(fd)

    def count(self) -> int:
        """How many packs are on the list of ours, those that git has repacked since included."""
        try:
            return os.stat(self._list).st_size // (self.fmt.size * 2 + 1)
        except FileNotFoundError:
            return 0

    def ours(self) -> list[str]:
        """The names of the packs we wrote that may still be there, oldest first."""
        try:
            with open(self._list, "rb") as stream:
                lines = stream.read().split(b"\n")
        except FileNotFoundError:
            return []
        digits = self.fmt.size * 2
        whole = [line.decode() for line in lines if len(line) == digits and set(line) <= set(b"0123456789abcdef")]
        return list(dict.fromkeys(whole))

    def replace_list(self, names: Iterable[str]) -> None:
        """Make ``names`` the list of ours."""
        temp = str(self._list.parent / "tmp" / processes.new_name("packs"))
        durable.make_folders(self._list.parent / "tmp")
        durable.write_new(temp, b"".join(f"{name}\n".encode() for name in names), durable=False)
        try:
            os.rename(temp, self._list)
        except BaseException:
            durable.unlink_quietly(temp)
            raise


@frozen
class WrittenPack:
    """A pack that is visible and durable; ``keep`` is its guard file, None when somebody else set one."""

    name: str
    keep: str | None

    def release(self) -> None:
        """Let ``git gc`` treat the pack like any other: a ref reaches its objects now, or nobody wants them."""
        if self.keep is not None:
            durable.unlink_quietly(self.keep)


def encode(objects: Sequence[NewObject], fmt: ObjectFormat) -> tuple[bytes, list[Record]]:
    """The bytes of a pack of ``objects``, without deltas, and where each record stands."""
    parts = [struct.pack(">4sII", b"PACK", 2, len(objects))]
    offset = len(parts[0])
    records = []
    for item in objects:
        record = record_header(item.kind, len(item.data)) + _deflate(item)
        records.append(Record(bytes.fromhex(item.oid), zlib.crc32(record), offset))
        parts.append(record)
        offset += len(record)
    body = b"".join(parts)
    return body + fmt.hasher(body).digest(), records


def encode_index(records: Iterable[Record], pack_hash: bytes, fmt: ObjectFormat) -> bytes:
    """The index (version 2) of a pack that ends in ``pack_hash``."""
    ordered = sorted(records, key=lambda record: record.oid)
    counts = [0] * 256
    for record in ordered:
        counts[record.oid[0]] += 1
    total = 0
    fanout = []
    for count in counts:
        total += count
        fanout.append(total)
    large = [record.offset for record in ordered if record.offset >= _LARGE_OFFSET]
    places = iter(range(len(large)))
    offsets = [r.offset if r.offset < _LARGE_OFFSET else _LARGE_OFFSET | next(places) for r in ordered]
    number = len(ordered)
    body = b"".join(
        (
            b"\377tOc\0\0\0\2",
            struct.pack(">256I", *fanout),
            b"".join([record.oid for record in ordered]),
            struct.pack(f">{number}I", *[record.crc for record in ordered]),
            struct.pack(f">{number}I", *offsets),
            struct.pack(f">{len(large)}Q", *large),
            pack_hash,
        )
    )
    return body + fmt.hasher(body).digest()


def _deflate(item: NewObject) -> bytes:
    level = 0 if item.kind == "tree" and len(item.data) > _STORED_TREE else _ZLIB_LEVEL
    if len(item.data) > _SMALL:
        return zlib.compress(item.data, level)
    # A window of 4 KiB is all that small data can use, and setting up the full one costs twenty times the work.
    deflater = zlib.compressobj(level, zlib.DEFLATED, 12, 4)
    return deflater.compress(item.data) + deflater.flush()


def record_header(kind: str, size: int) -> bytes:
    """What stands in a pack before the bytes of an object of ``kind`` and ``size``."""
    # Four bits of the size beside the kind, then seven at a time, lowest first.
    byte = (_KIND_NUMBER[kind] << 4) | (size & 15)
    size >>= 4
    out = bytearray()
    while size:
        out.append(byte | 128)
        byte = size & 127
        size >>= 7
    out.append(byte)
    return bytes(out)


def _write_both(pack: str, write_body: BodyWriter, idx: str, index: bytes) -> None:
    with _created(pack) as pack_fd, _created(idx) as idx_fd:
        write_body(pack_fd)
        durable.write_all(idx_fd, index)
        # The second file's blocks are on their way while the first is synced: one journal commit less to wait for.
        durable.start_writing(idx_fd)
        durable.sync(pack_fd)
        durable.sync(idx_fd)


@contextlib.contextmanager
def _created(path: str) -> Iterator[int]:
    # Read-only like every pack: nothing may ever be written into it again.
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
    try:
        yield fd
    finally:
        os.close(fd)


def _guard(temp_pack: str, stem: str) -> str | None:
    # What git's own fetch does: gc leaves a pack with a .keep file alone until a ref reaches its objects. Ours is a
    # link to the pack itself: quicker than a new file, and by its inode a killed writer's guard is known as ours.
    try:
        os.link(temp_pack, stem + ".keep")
    except FileExistsError:
        return None  # somebody keeps just these objects already
    except OSError as error:
        if error.errno not in durable.NO_LINKS:
            raise
        return None  # as safe against gc as git's own commits are
    return stem + ".keep"
