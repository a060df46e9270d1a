"""The stat cache: what the files of a folder were when they were last read, so that an unchanged one is not read again.

One small file per folder of the user's, named after its real path, in ``stat/`` of the store; the layout stands in
docs/format/objects.md. It also remembers which manifest the folder was added as or checked out from. This room knows
states of files and ids; it reads no contents and knows no packs. All of it may be deleted at any time, whatever is
damaged is ignored, and no operation fails because of it.

A row is believed while device, inode, size, mtime and ctime are those of the row. The racy-clean rule, as in git: a
file whose mtime or ctime was not safely in the past when it was read gets no row, since it could be written to once
more within the same tick of the clock. Neither does a file whose mtime is later than its ctime, or whose ctime is
zero: there ctime is no time of change (FAT, some network file systems), or the clock was set back.
"""

import contextlib
import os
import struct
import time
from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from gitmodels.digest import Digest
from gitmodels.objects.cache import mark
from gitmodels.objects.manifest import MAX_FILES
from gitmodels.objects.sources import State
from gitmodels.objects.staging import Staging

MAGIC = b"\x93GMST\r\n\n"
VERSION = 1
NOTHING = bytes(32)
# Magic, version, number of rows, number of packs, length of the paths, since when all is stored, manifest.
_HEAD = struct.Struct(">8sIIIIq32s")
_ROW = struct.Struct(">QQQqq32s32sB7x")
_CHECK = 16
# Longest ticks: of the kernel's clock for file times, and of file systems that keep whole seconds.
_TICK_NS = 20_000_000
_WHOLE_SECONDS_NS = 2_000_000_000
_SECOND_NS = 1_000_000_000
MAX_FOLDERS = 512
MAX_BYTES = 128 << 20
# Dropping goes down to this share of the limits.
_KEPT = 0.75


class Row(NamedTuple):
    """The state a file was read in, its BLAKE3, the id of its chunk list (32 zero bytes when it has none).

    ``stored`` is 1 when its objects lie in the packs of the ``Known`` it stands in, 0 when it was only read.
    """

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int
    blake3: bytes
    chunks: bytes = NOTHING
    stored: int = 0

    def is_of(self, state: State) -> bool:
        """Whether a file in ``state`` is the one this row was written of, unchanged since."""
        # Of a file linked from the cache ctime moves with every further link, but its mtime is one only its id gives.
        return self[:5] == state or (self[:4] == state[:4] and self._is_marked())

    def may_be_kept(self, since_ns: int) -> bool:
        """Whether the row may be believed later, when the file was first looked at at ``since_ns``."""
        return is_settled(self, since_ns) or self._is_marked()

    def _is_marked(self) -> bool:
        return self.modified_ns == mark(Digest(self.blake3.hex()))


class Known(NamedTuple):
    """What is known of one folder: rows by path, the packs with their objects, and the manifest it was.

    At ``stored_ns`` (nanoseconds since 1970; 0: never) the objects of all stored rows lay in ``packs``, whole.
    ``manifest`` is None when the folder never was a model.
    """

    rows: Mapping[str, Row]
    packs: frozenset[bytes] = frozenset()
    stored_ns: int = 0
    manifest: Digest | None = None


UNKNOWN = Known({})


class StatCache:
    """The stat files in ``folder``, written by way of ``staging``. Nothing here raises OSError."""

    def __init__(self, folder: Path, staging: Staging) -> None:
        self.folder = folder
        self._staging = staging

    def path(self, directory: str | os.PathLike[str]) -> Path:
        """Where the rows of a folder (or of a file that was added alone) lie or would lie."""
        return self.folder / blake3(os.fsencode(os.path.realpath(directory))).hexdigest()

    def load(self, directory: str | os.PathLike[str]) -> Known:
        """What is known of the folder; nothing when its stat file is absent, damaged or cannot be read."""
        path = self.path(directory)
        try:
            data = path.read_bytes()
            found = decode(data)
        except (OSError, ValueError):
            return UNKNOWN
        with contextlib.suppress(OSError):
            # The time of last access tells which to drop.
            os.utime(path, ns=(time.time_ns(), os.stat(path).st_mtime_ns))
        return found

    def save(self, directory: str | os.PathLike[str], known: Known) -> None:
        """Remember what is known of the folder, in place of what was known; when that fails, nothing happens."""
        path = self.path(directory)
        if not self._staging.durable:
            # A power cut may spoil what was not synced and leave its times alone.
            known = known._replace(stored_ns=0)
        with contextlib.suppress(OSError):
            data = encode(known)
            # Nothing here is synced: what a power cut loses is read again.
            os.makedirs(self.folder, exist_ok=True)
            self._staging.write(path, data, sync=False)
            self._bound(keep=path.name)

    def forget(self) -> None:
        """Drop every row: something in the store is not what it was, so every file shall be read again."""
        with contextlib.suppress(OSError):
            for name in os.listdir(self.folder):
                with contextlib.suppress(OSError):
                    os.unlink(self.folder / name)

    def _bound(self, keep: str) -> None:
        """Drop the stat files not used for longest when they are too many or too large together."""
        files = []
        for item in os.scandir(self.folder):
            with contextlib.suppress(FileNotFoundError):
                status = item.stat(follow_symlinks=False)
                files.append((status.st_atime_ns, item.name, status.st_size))
        total = sum(size for _, _, size in files)
        count = len(files)
        if count <= MAX_FOLDERS and total <= MAX_BYTES:
            return
        for _, name, size in sorted(files):
            if count <= MAX_FOLDERS * _KEPT and total <= MAX_BYTES * _KEPT:
                break
            if name != keep:
                with contextlib.suppress(OSError):
                    os.unlink(self.folder / name)
                count -= 1
                total -= size


def is_settled(state: "State | Row", read_ns: int) -> bool:
    """Whether a file in this state, first looked at ``read_ns`` (nanoseconds since 1970), cannot change unseen.

    >>> is_settled(State(1, 2, 3, 1_000_000_007, 1_000_000_007), 1_100_000_000)
    True
    >>> is_settled(State(1, 2, 3, 1_099_999_999, 1_099_999_999), 1_100_000_000)
    False
    """
    modified, changed = state.modified_ns, state.changed_ns
    tick = _TICK_NS if modified % _SECOND_NS and changed % _SECOND_NS else _WHOLE_SECONDS_NS
    return 0 < modified <= changed < read_ns - tick


def is_older(modified_ns: int, than_ns: int) -> bool:
    """Whether a time of modification lies safely before another moment, whatever ticks its clock has."""
    tick = _TICK_NS if modified_ns % _SECOND_NS else _WHOLE_SECONDS_NS
    return modified_ns < than_ns - tick


def encode(known: Known) -> bytes:
    """The bytes of a stat file."""
    # Sorted, so that equal knowledge is equal bytes.
    rows = sorted(known.rows.items(), key=itemgetter(0))
    paths = "\0".join(path for path, _ in rows).encode()
    manifest = bytes.fromhex(known.manifest) if known.manifest else NOTHING
    head = _HEAD.pack(MAGIC, VERSION, len(rows), len(known.packs), len(paths), known.stored_ns, manifest)
    body = head + b"".join([_ROW.pack(*row) for _, row in rows]) + b"".join(sorted(known.packs)) + paths
    return body + blake3(body).digest(length=_CHECK)


def decode(data: bytes) -> Known:
    """What a stat file holds. Raises ValueError when it is damaged or of another version."""
    if len(data) < _HEAD.size + _CHECK:
        raise ValueError("too short")
    magic, version, count, packs, length, stored_ns, manifest = _HEAD.unpack_from(data)
    ids = _HEAD.size + count * _ROW.size
    text = ids + packs * 32
    if magic != MAGIC or version != VERSION or count > MAX_FILES or len(data) != text + length + _CHECK:
        raise ValueError("not a stat file of this version")
    if blake3(memoryview(data)[:-_CHECK]).digest(length=_CHECK) != data[-_CHECK:]:
        raise ValueError("damaged")
    rows = map(Row._make, _ROW.iter_unpack(memoryview(data)[_HEAD.size : ids]))
    paths = data[text:-_CHECK].decode().split("\0") if count else []
    if len(paths) != count:
        raise ValueError("paths and rows differ in number")
    within = frozenset(data[start : start + 32] for start in range(ids, text, 32))
    named = None if manifest == NOTHING else Digest(manifest.hex())
    return Known(dict(zip(paths, rows, strict=True)), within, stored_ns, named)
