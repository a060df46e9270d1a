"""Merging our own small packs into larger ones, so that reading stays quick and the user's ``git gc`` is not woken.

Records are copied as they are, but that a large tree becomes the difference from one that is like it. Only packs on our
list are touched, and only while holding the repository's queue. Packs that git has meanwhile repacked, kept or indexed
elsewhere are left alone.
"""

import contextlib
import itertools
import mmap
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from gitmodels.git import durable, tree_deltas
from gitmodels.git.packs import PackFolder, Record, encode_index
from gitmodels.values import frozen

# Below git's gc.autoPackLimit of 50, with room for packs that are not ours.
MERGE_AT = 32
# Beyond this size a pack is no longer small: git gc may have it.
LARGEST_BYTES = 256 << 20
# Bounded, so that merges go forward even where each process lives only for a moment.
MOST_AT_ONCE = 64
_HEADER_SIZE = 12
# Where an index of version 2 says how many objects it has.
_LAST_COUNT = 8 + 255 * 4
_COPIED_KINDS = frozenset({1, 2, 3, 4, tree_deltas.ID_DELTA})
# Beside a pack these say that somebody else counts on it.
_CLAIMS = (".keep", ".promisor", ".bitmap", ".mtimes")


@frozen
class _Source:
    name: str
    path: Path
    size: int
    index: bytes

    @property
    def count(self) -> int:
        """How many objects the pack holds, as its index says; 0 for one that is none."""
        return int.from_bytes(self.index[_LAST_COUNT : _LAST_COUNT + 4])


def merge(folder: PackFolder) -> str | None:
    """Merge those of our packs that are small beside the rest; returns the new pack's name, None when nothing was done.

    Numbers of objects stay geometric: a pack joins only while it has at most twice as many as the smaller ones have
    together, so each is copied a logarithmic number of times. (Bytes would not tell: trees shrink.) The caller holds
    the queue. Raises OSError; then every pack is still there.
    """
    sources = list(_mergeable(folder))
    chosen = _choose(sources)
    if len(chosen) < 2:
        folder.replace_list(source.name for source in sources)
        return None
    copied = _copy_plan(chosen, folder.fmt.size)
    if copied is None:
        return None
    parts, records = copied
    hasher = folder.fmt.hasher()
    for part in parts:
        hasher.update(part)
    checksum = hasher.digest()
    written = folder.publish(
        checksum.hex(), lambda fd: _write_parts(fd, [*parts, checksum]), encode_index(records, checksum, folder.fmt)
    )
    written.release()
    gone = {source.name for source in chosen} - {written.name}
    for source in chosen:
        if source.name in gone:
            _remove(source.path)
    # The list last: should we be killed before, the next merge finds the rest and drops what is there twice.
    folder.replace_list(dict.fromkeys([*(source.name for source in sources if source.name not in gone), written.name]))
    return written.name


def _choose(sources: list[_Source]) -> list[_Source]:
    """The packs to merge, in the order they stand on the list."""
    chosen: list[_Source] = []
    total = count = 0
    for source in sorted(sources, key=lambda source: (source.count, source.size)):
        too_large = total + source.size > LARGEST_BYTES or (len(chosen) >= 2 and source.count > 2 * count)
        if too_large or len(chosen) == MOST_AT_ONCE:
            break
        chosen.append(source)
        total += source.size
        count += source.count
    return [source for source in sources if source in chosen]


def _mergeable(folder: PackFolder) -> Iterator[_Source]:
    claimed = _multi_index_names(folder.path)
    for name in folder.ours():
        path = folder.path / f"pack-{name}.pack"
        if claimed is None or f"pack-{name}.".encode() in claimed or any(path.with_suffix(c).exists() for c in _CLAIMS):
            continue
        with contextlib.suppress(FileNotFoundError):  # git gc was quicker
            yield _Source(name, path, path.stat().st_size, path.with_suffix(".idx").read_bytes())


def _multi_index_names(folder: Path) -> bytes | None:
    """The part of git's multi-pack-index that names packs; None when it cannot be told what is named."""
    if (folder / "multi-pack-index.d").exists():
        return None
    try:
        with (
            open(folder / "multi-pack-index", "rb") as stream,
            mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            # Chunk table: rows of a four-byte name and an eight-byte offset after the twelve-byte header.
            rows = [struct.unpack_from(">4sQ", data, 12 + 12 * row) for row in range(data[6] + 1)]
            return next(
                (data[start:end] for (kind, start), (_, end) in itertools.pairwise(rows) if kind == b"PNAM"), None
            )
    except FileNotFoundError:
        return b""
    except (ValueError, IndexError, struct.error):
        return None


def _copy_plan(chosen: list[_Source], id_size: int) -> tuple[list[bytes], list[Record]] | None:
    """The pieces of the new pack (without its checksum) and its records; None when a source is not as we wrote it."""
    pieces: dict[bytes, bytes] = {}
    for source in chosen:
        data = source.path.read_bytes()
        found = _records(source.index, id_size)
        if found is None or data[-id_size:] != source.index[-2 * id_size : -id_size]:
            return None
        ends = [record.offset for record in found[1:]] + [len(data) - id_size]
        for record, end in zip(found, ends, strict=True):
            piece = data[record.offset : end]
            if not piece or zlib.crc32(piece) != record.crc or (piece[0] >> 4) & 7 not in _COPIED_KINDS:
                return None
            pieces.setdefault(record.oid, piece)
    written = tree_deltas.with_deltas(pieces, id_size)
    if written is None:
        return None
    parts = [struct.pack(">4sII", b"PACK", 2, len(written))]
    records: list[Record] = []
    offset = _HEADER_SIZE
    for oid, piece in written.items():
        records.append(Record(oid, zlib.crc32(piece), offset))
        parts.append(piece)
        offset += len(piece)
    return parts, records


def _records(index: bytes, id_size: int) -> list[Record] | None:
    """The records of an index of version 2, in the order they stand in the pack; None when it is none."""
    try:
        if index[:8] != b"\377tOc\0\0\0\2":
            return None
        (number,) = struct.unpack_from(">I", index, _LAST_COUNT)
        start = 8 + 1024
        ids = [index[start + i * id_size : start + (i + 1) * id_size] for i in range(number)]
        start += number * id_size
        crcs = struct.unpack_from(f">{number}I", index, start)
        offsets = struct.unpack_from(f">{number}I", index, start + 4 * number)
    except struct.error:
        return None
    if any(offset >> 31 for offset in offsets):  # beyond two GiB: never one of our small packs
        return None
    return sorted(map(Record, ids, crcs, offsets), key=lambda record: record.offset)


def _write_parts(fd: int, parts: list[bytes]) -> None:
    durable.write_all(fd, b"".join(parts))


def _remove(pack: Path) -> None:
    # The index first: without it nobody looks for the pack any more.
    for suffix in (".idx", ".rev", ".pack"):
        durable.unlink_quietly(pack.with_suffix(suffix))
