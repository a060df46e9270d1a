"""The objects of a repository as files: loose ones, packs, and the same in the folders it borrows from.

This room knows folders of objects and verifies what it reads against its id. It needs no library and no process, so
reading a few objects costs what opening their files costs. It knows no config and no refs, and why an object may be
absent is not its business.
"""

import contextlib
import os
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from gitmodels.git.pack_reading import KINDS, LARGEST_OBJECT, Damaged, PackFile, UnknownForm
from gitmodels.git.raw import ObjectFormat

# As deep as git follows them.
_DEEPEST_ALTERNATES = 5
_MOST_FOLDERS = 100
_MAX_ALTERNATES_BYTES = 1 << 20
_NUMBERS = {kind.encode(): kind for kind in KINDS.values()}
# A folder's time is this coarse on some file systems: one that changed just before it was listed is listed again.
_COARSE_NS = 2_000_000_000
# While packs are merged a listing may show neither the old ones, which go, nor the new one, which came behind its back.
_MOST_LOOKS = 3
_LONGEST_HEADER = 32
_GONE = (FileNotFoundError, NotADirectoryError)

_Copy = Callable[[], tuple[str, bytes]]


class Absent(KeyError):
    """No folder of the repository holds the object."""


class ObjectFiles:
    """The objects in ``folder`` (``.git/objects``) and in ``beside``, each with what its alternates file names.

    ``unread`` says that an index of another version than 2 was passed over: what is absent may stand there.
    """

    def __init__(self, folder: str, fmt: ObjectFormat, beside: Sequence[str] = ()) -> None:
        self._first = (folder, *beside)
        self._fmt = fmt
        self._folders: list[str] = []
        self._listed: dict[str, int] = {}
        # None for an index that cannot be used.
        self._packs: dict[str, PackFile | None] = {}
        self._latest: PackFile | None = None
        self._broken: Damaged | None = None
        self.unread = False

    def read(self, oid: str) -> tuple[str, bytes]:
        """Kind and bytes of object ``oid``. Raises Absent, or Damaged when no copy of it is whole."""
        raw = bytes.fromhex(oid)
        trouble: list[Damaged] = []
        found = self._whole_copy(oid, raw, trouble)
        for _ in range(_MOST_LOOKS):
            if found is not None or not self._look_again():
                break
            trouble.clear()
            found = self._whole_copy(oid, raw, trouble)
        if found is not None:
            return found
        if trouble or self._broken:
            raise trouble[0] if trouble else Damaged(str(self._broken))
        raise Absent(oid)

    def missing(self, oids: Iterable[str]) -> list[str]:
        """Those of ``oids`` that are not there, each once; their bytes are not looked at."""
        left = [oid for oid in dict.fromkeys(oids) if not self._is_listed(oid)]
        for _ in range(_MOST_LOOKS):
            if not left or not self._look_again():
                break
            left = [oid for oid in left if not self._is_listed(oid)]
        return left

    def _whole_copy(self, oid: str, raw: bytes, trouble: list[Damaged]) -> tuple[str, bytes] | None:
        for copy in self._copies(oid, raw):
            try:
                kind, data = copy()
            except _GONE:
                continue
            except Damaged as error:
                trouble.append(error)
                continue
            except OSError as error:
                trouble.append(Damaged(error.strerror or type(error).__name__))
                continue
            if self._fmt.id_of(kind, data) == oid:
                return kind, data
            trouble.append(Damaged("its bytes have another id"))
        return None

    def _copies(self, oid: str, raw: bytes) -> Iterator[_Copy]:
        for pack in self._all_packs():
            try:
                offset = pack.find(raw)
            except Damaged as error:
                self._broken = error
                continue
            if offset is not None:
                self._latest = pack
                yield partial(pack.read, offset)
        for folder in self._folders:
            yield partial(read_loose, f"{folder}/{oid[:2]}/{oid[2:]}")

    def _is_listed(self, oid: str) -> bool:
        raw = bytes.fromhex(oid)
        for pack in self._all_packs():
            try:
                if pack.find(raw) is not None:
                    self._latest = pack
                    return True
            except Damaged as error:
                self._broken = error
        return any(os.path.exists(f"{folder}/{oid[:2]}/{oid[2:]}") for folder in self._folders)

    def _all_packs(self) -> Iterator[PackFile]:
        # What is read next mostly stands where the last one stood.
        latest = self._latest
        if latest is not None:
            yield latest
        if not self._folders:
            self._list()
        for stem, pack in list(self._packs.items()):
            if pack is None:
                pack = self._open(stem)
            if pack is not None and pack is not latest:
                yield pack

    def _open(self, stem: str) -> PackFile | None:
        try:
            pack = PackFile(stem, self._fmt.size)
        except UnknownForm:
            self.unread = True
        except Damaged as error:
            self._broken = error
        except OSError as error:
            if not isinstance(error, _GONE):
                self._broken = Damaged(error.strerror or type(error).__name__)
        else:
            self._packs[stem] = pack
            return pack
        self._packs.pop(stem, None)
        return None

    def _look_again(self) -> bool:
        """List the folders anew where others may have written since; whether that was so."""
        now = time.time_ns()
        if self._listed and all(
            _changed_ns(folder) == known and now - known > _COARSE_NS for folder, known in self._listed.items()
        ):
            return False
        self._list()
        return True

    def _list(self) -> None:
        self._broken = None
        self._folders = list(_with_alternates(self._first))
        self._listed = {folder: _changed_ns(folder) for folder in self._folders}
        found: list[tuple[int, str]] = []
        for folder in self._folders:
            try:
                with os.scandir(f"{folder}/pack") as entries:
                    names = [entry for entry in entries if entry.name.endswith(".idx")]
            except _GONE:
                continue
            for entry in names:
                with contextlib.suppress(*_GONE):  # one that went meanwhile takes no other with it
                    found.append((entry.stat().st_mtime_ns, entry.path.removesuffix(".idx")))
        # The newest first, as git has it: what is asked for was mostly written lately.
        found.sort(reverse=True)
        self._packs = {stem: self._packs.get(stem) for _, stem in found}
        if self._latest not in self._packs.values():
            self._latest = None


def read_loose(path: str) -> tuple[str, bytes]:
    """Kind and bytes of the loose object at ``path``. Raises Damaged, or OSError when it cannot be opened."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        packed = os.read(fd, os.fstat(fd).st_size + 1)
    finally:
        os.close(fd)
    stream = zlib.decompressobj()
    try:
        head = stream.decompress(packed, _LONGEST_HEADER)
        kind, size, start = _loose_header(head)
        left = size + 1 - (len(head) - start)  # one byte more than claimed, to see that there is none
        data = head[start:] + (stream.decompress(stream.unconsumed_tail, left) if left > 0 else b"")
    except zlib.error as error:
        raise Damaged(f"a loose object cannot be inflated: {error}") from None
    if len(data) != size or not stream.eof:
        raise Damaged("a loose object has another size than it claims")
    return kind, data


def _loose_header(head: bytes) -> tuple[str, int, int]:
    end = head.find(b"\0")
    kind, _, digits = head[: max(end, 0)].partition(b" ")
    if kind not in _NUMBERS or not digits.isdigit() or (digits[:1] == b"0" and digits != b"0"):
        raise Damaged("a loose object does not begin like one")
    size = int(digits)
    if size > LARGEST_OBJECT:
        raise Damaged("a loose object claims more than a gibibyte")
    return _NUMBERS[kind], size, end + 1


def _changed_ns(folder: str) -> int:
    try:
        return os.stat(f"{folder}/pack").st_mtime_ns
    except OSError:
        return 0


def _with_alternates(first: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    level = list(first)
    for _ in range(_DEEPEST_ALTERNATES + 1):
        following: list[str] = []
        for folder in level:
            if folder in seen or len(seen) >= _MOST_FOLDERS:
                continue
            seen.add(folder)
            yield folder
            following += _alternates(folder)
        level = following


def _alternates(folder: str) -> Iterator[str]:
    try:
        with open(f"{folder}/info/alternates", "rb", buffering=0) as stream:
            lines = (stream.read(_MAX_ALTERNATES_BYTES) or b"").split(b"\n")
    except OSError:
        return
    for line in lines:
        path = _unquoted(line)
        if path and b"\0" not in path:
            yield os.path.normpath(os.path.join(folder, os.fsdecode(path)))


def _unquoted(line: bytes) -> bytes:
    if line.startswith(b"#"):
        return b""
    if not (line.startswith(b'"') and line.endswith(b'"') and len(line) > 1):
        return line
    try:
        return line[1:-1].decode("unicode_escape").encode("latin-1")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return b""
