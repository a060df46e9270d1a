"""Which stored copies are doomed, and since when: the file ``doomed`` of a store.

A copy is a chunk in a pack. Once doomed it is still read, but whoever writes the same chunk stores it anew instead of
relying on it; when its grace has passed gc removes it, unless something names it again and no other copy is left.
gc dooms what nobody needs, a reader what it found damaged. This room knows the file's layout (docs/format/objects.md)
and the lock it is written under, not why a copy is doomed.
"""

import contextlib
import os
import struct
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from blake3 import blake3

from gitmodels.errors import Corrupt, Locked
from gitmodels.objects import lock
from gitmodels.objects.staging import Staging

NAME = "doomed"
LOCK = "gc.lock"
MAGIC = b"\x93GMDM\r\n\n"
VERSION = 1
_HEAD = struct.Struct(">8sIIQ")
_ROW = struct.Struct(">32sIQ")
_PACK = 32
_CHECK = 32

# (pack id, chunk id) -> milliseconds since the epoch.
Doomed = Mapping[tuple[bytes, bytes], int]


def encode(doomed: Doomed) -> bytes:
    """The file's bytes; a pure function of its content.

    >>> decode(encode({(bytes(32), bytes(32)): 5})) == {(bytes(32), bytes(32)): 5}
    True
    """
    table = sorted({pack for pack, _ in doomed})
    number = {pack: at for at, pack in enumerate(table)}
    rows = sorted((chunk, number[pack], since) for (pack, chunk), since in doomed.items())
    head = _HEAD.pack(MAGIC, VERSION, len(table), len(rows))
    body = b"".join([head, *table, *(_ROW.pack(*row) for row in rows)])
    return body + blake3(body).digest()


def decode(data: bytes) -> dict[tuple[bytes, bytes], int]:
    """What ``data`` says. Raises Corrupt when it is damaged or of another version."""
    body, check = data[:-_CHECK], data[-_CHECK:]
    if len(body) < _HEAD.size or blake3(body).digest() != check:
        raise Corrupt("the list of doomed chunks is damaged")
    magic, version, packs, rows = _HEAD.unpack_from(body)
    first = _HEAD.size + packs * _PACK
    if magic != MAGIC or version != VERSION or len(body) != first + rows * _ROW.size:
        raise Corrupt("the list of doomed chunks is damaged or of another version")
    table = [body[at : at + _PACK] for at in range(_HEAD.size, first, _PACK)]
    found = {}
    for chunk, number, since in _ROW.iter_unpack(memoryview(body)[first:]):
        if number >= packs:
            raise Corrupt("the list of doomed chunks is damaged: a row names no pack")
        found[table[number], chunk] = since
    return found


class DoomedFile:
    """The list of one store, read again when the file was replaced. Threads may share it."""

    def __init__(self, root: Path, staging: Staging) -> None:
        self.path = root / NAME
        self._staging = staging
        self._known: tuple[tuple[int, int, int] | None, Doomed] = (None, {})

    def read(self) -> Doomed:
        """What is doomed now; nothing when there is no list. A damaged one says nothing: its graces begin anew."""
        try:
            state = os.stat(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        stamp = (state.st_ino, state.st_mtime_ns, state.st_size)
        known, doomed = self._known
        if known != stamp:
            try:
                doomed = decode(self.path.read_bytes())
            except (Corrupt, FileNotFoundError):
                doomed = {}
            self._known = (stamp, doomed)
        return doomed

    def write(self, doomed: Doomed) -> None:
        """Replace the list, durably; no file where nothing is doomed. Raises OSError."""
        if doomed:
            self._staging.write(self.path, encode(doomed), sync=True)
        elif self.path.exists():
            os.unlink(self.path)
        else:
            return
        self._staging.sync_folder(self.path.parent)

    def add(self, copies: Iterable[tuple[bytes, bytes]]) -> None:
        """Doom ``copies`` from now on, in a store that can be written while nobody collects; else nothing happens."""
        now = time.time_ns() // 1_000_000
        with self._changing() as doomed:
            for copy in copies:
                doomed.setdefault(copy, now)

    def drop(self, packs: Iterable[bytes]) -> None:
        """Take the copies in ``packs``, which were just written, from the list; where it cannot be, they stay there."""
        written = frozenset(packs)
        if any(pack in written for pack, _ in self.read()):
            with self._changing() as doomed:
                for copy in [copy for copy in doomed if copy[0] in written]:
                    del doomed[copy]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[tuple[bytes, bytes], int]]:
        # Whoever collects holds the lock throughout and looks at everything itself.
        doomed: dict[tuple[bytes, bytes], int] = {}
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(lock.held(self.path.parent / LOCK, exclusive=True, timeout_s=0))
            except (OSError, Locked):
                yield doomed
                return
            doomed.update(self.read())
            yield doomed
            with contextlib.suppress(OSError):
                self.write(doomed)
