"""Whether a file is a pickle, or holds one, whatever it is called and however it is wrapped.

The bytes are parsed, never unpickled: plain pickles of every protocol, compressed ones, object arrays of numpy, members
of zips (also behind other bytes) and of tars. What cannot be looked into (other archives, encrypted members) counts as
one: it is never called clean. Every look is bounded, whatever lengths a file claims.
"""

import bz2
import gzip
import io
import lzma
import os
import pickletools
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

NAMES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".dill", ".cloudpickle")
_MEMBER_NAMES = (".pkl", ".pickle", ".joblib", "/pickle")
_MAX_LOOK = 16 << 20
_MAX_LINE = 1 << 20
_MAX_OPCODES = 100_000
_MAX_MEMBERS = 10_000
_MAX_HEADER = 1 << 20
_BLOCK = 512
_INFLATE: tuple[tuple[bytes, Callable[[IO[bytes]], Any]], ...] = (
    (b"\x1f\x8b", lambda stream: gzip.GzipFile(fileobj=stream)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
    (b"]\x00\x00", lzma.LZMAFile),
)
# 7-Zip, RAR, and the frames of LZ4 and zstd that joblib and others write.
_CLOSED = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x04\x22\x4d\x18", b"\x28\xb5\x2f\xfd")


def looks_like_pickle(path: Path) -> bool:
    r"""Whether the regular file at ``path`` is a pickle by name or bytes, or holds one.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp(), "weights.bin")
    >>> _ = place.write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    >>> looks_like_pickle(place)
    True
    """
    if path.name.lower().endswith(NAMES):
        return True
    with open(path, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        head = stream.read(_BLOCK)
        if head.startswith(_CLOSED):
            return True
        if _has_zip(stream, head, size):
            return _zip_holds_one(stream)
        if head[257:262] == b"ustar":
            return _tar_holds_one(stream, size)
        stream.seek(0)
        return _is_one(stream, size) or _is_compressed(stream, head)


def _is_one(stream: IO[bytes], size: int | None, most: int = _MAX_LOOK) -> bool:
    """Whether ``stream``, at its start, is a pickle or an array of objects; ``size`` None is unknown.

    At most ``most`` bytes are looked at.
    """
    head = stream.read(12)
    if len(head) > 1 and head[0] == 0x80 and head[1] <= 5:
        return True
    if head.startswith(b"\x93NUMPY"):
        return _is_object_array(head, stream)
    stream.seek(0)
    seen = 0
    try:
        # Protocols 0 and 1 have no mark: they are pickles when they parse as one up to the STOP.
        for opcode, _, _ in pickletools.genops(_Bounded(stream, size, most)):  # type: ignore[arg-type]
            seen += 1
            if opcode.name == "STOP":
                return seen > 1
            if seen >= _MAX_OPCODES:
                return True
    except _TooLongError:
        return True
    except Exception:  # noqa: BLE001 - genops raises what it likes at bytes that are no pickle
        return False
    return False


def _is_object_array(head: bytes, stream: IO[bytes]) -> bool:
    width = 2 if head[6:7] == b"\x01" else 4
    length = int.from_bytes(head[8 : 8 + width], "little")
    header = head[8 + width :] + stream.read(min(length, _MAX_HEADER))
    return length > _MAX_HEADER or re.search(rb"\|O|object", header) is not None


class _TooLongError(Exception):
    """An argument that is there, and longer than anybody wants to look at: bytes that parse so far are no accident."""


class _Bounded:
    """A stream that gives no more than its limit in all, and one short line at a time."""

    def __init__(self, stream: IO[bytes], size: int | None, most: int) -> None:
        self._stream = stream
        self._size = size
        self._left = most

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, count: int) -> bytes:
        if count > self._left:
            if self._size is not None and count > self._size - self._stream.tell():
                return b""  # a length that the file does not have
            raise _TooLongError
        self._left -= count
        return self._stream.read(count)

    def readline(self) -> bytes:
        line = self._stream.readline(min(_MAX_LINE, self._left))
        self._left -= len(line)
        if not line.endswith(b"\n") and (len(line) == _MAX_LINE or self._left <= 0):
            raise _TooLongError
        return line


def _is_compressed(stream: IO[bytes], head: bytes) -> bool:
    """Whether ``stream`` is compressed and a pickle inside."""
    stream.seek(0)
    try:
        start = 2 if head.startswith(b"ZF") else 0  # joblib's old mark before zlib data
        if head[start : start + 1] == b"\x78":
            stream.seek(start)
            return _is_one(io.BytesIO(zlib.decompressobj().decompress(stream.read(_MAX_LOOK), _MAX_LOOK)), None)
        for magic, opened in _INFLATE:
            if head.startswith(magic):
                return _is_one(opened(stream), None)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return False
    return False


def _has_zip(stream: IO[bytes], head: bytes, size: int) -> bool:
    """Whether a zip starts here, or ends here behind other bytes: readers of zips look for the end first."""
    if head.startswith(b"PK\x03\x04"):
        return True
    stream.seek(max(0, size - (1 << 16) - 22))
    return b"PK\x05\x06" in stream.read() and zipfile.is_zipfile(stream)


def _zip_holds_one(stream: IO[bytes]) -> bool:
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            if len(members) > _MAX_MEMBERS or any(each.filename.lower().endswith(_MEMBER_NAMES) for each in members):
                return True
            # All members together are worth one look: each may unpack to anything.
            most = max(1 << 12, _MAX_LOOK // max(1, len(members)))
            for member in members:
                with archive.open(member) as inside:
                    if _is_one(inside, member.file_size, most):
                        return True
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error):
        return True  # a zip that cannot be read is never called clean
    return False


def _tar_holds_one(stream: IO[bytes], size: int) -> bool:
    try:
        for number, (name, place, length) in enumerate(_tar_members(stream, size)):
            if number >= _MAX_MEMBERS or name.lower().endswith(NAMES) or name.split("/")[-1] == "pickle":
                return True
            stream.seek(place)
            if _is_one(io.BytesIO(stream.read(min(length, _MAX_HEADER))), length):
                return True
    except (tarfile.TarError, ValueError):
        return True
    return False


def _tar_members(stream: IO[bytes], size: int) -> Iterator[tuple[str, int, int]]:
    """Name, place and length of each member; the headers alone are read, so that no length is believed."""
    place = 0
    while place + _BLOCK <= size:
        stream.seek(place)
        header = stream.read(_BLOCK)
        if not header.strip(b"\0"):
            return
        info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        if info.size < 0:
            raise ValueError("a member of negative length")
        yield info.name, place + _BLOCK, info.size
        place += _BLOCK + -(-info.size // _BLOCK) * _BLOCK
