"""Files from where another tool keeps them, under the paths they have in a model, each proven by what the tool says.

Another tool's store calls files by their hashes. They are copied into a private folder under their own names (clones
where the file system has such), hashed there as that tool hashes, and stored from there: nothing is registered that was
not proven, and nothing of the other tool's is touched, not even the number of links. This room knows files and digests;
it knows no tool and no registry.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from blake3 import blake3

from gitmodels import digest as digests
from gitmodels.errors import Corrupt, FileMissing, Invalid
from gitmodels.names import check_file_path
from gitmodels.objects import sources, staging
from gitmodels.objects.manifest import MAX_FILES, Entry, Manifest, check_together
from gitmodels.values import frozen

if TYPE_CHECKING:
    from gitmodels.api.content import Content
    from gitmodels.repo import Repo

_PIECE = 4 << 20
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_SHOWN = 3
Sink = Callable[[bytes], object]


@frozen
class Claim:
    """What another tool says a file is: ``digest`` by ``algorithm``, and its ``size`` in bytes where it says that.

    ``md5-dos2unix`` is what DVC before 3.0 wrote: of a text, the MD5 with the ends of its lines as Unix has them.
    """

    algorithm: str
    digest: str
    size: int | None = None

    def __str__(self) -> str:
        """Such as ``md5 d41d8cd98f00b204e9800998ecf8427e``."""
        return f"{self.algorithm.partition('-')[0]} {self.digest}"


@frozen
class Kept:
    """A file in another tool's store: at ``places`` one after the other, for ``path`` in the model.

    ``shown`` is what the tool's users call it, ``hint`` how they get its bytes where they are missing.
    """

    path: str
    shown: str
    places: tuple[str, ...]
    claim: Claim
    hint: str

    def check(self) -> str | None:
        """What is missing of it, in words; None when it is there."""
        return None if any(map(os.path.lexists, self.places)) else f"{self.shown[:200]!r} ({self.claim})"

    def look(self) -> tuple[int, digests.Digest]:
        """Its size and BLAKE3, proven. Raises Corrupt, FileMissing, Invalid."""
        descriptor, state = sources.open_file(None, self._place())
        with FileIO(descriptor) as stream:
            hasher = blake3()
            self._prove(stream, hasher.update)
        return state.size, digests.parse(hasher.hexdigest())

    def put(self, target: str) -> None:
        """Let it appear at ``target``, not proven yet. Raises OSError, FileMissing, Invalid."""
        _copy(self._place(), target)

    def prove(self, target: str) -> None:
        """Hash what was put there. Raises Corrupt for other bytes than the tool says, Invalid for no regular file."""
        descriptor, _ = sources.open_file(None, target)
        with FileIO(descriptor) as stream:
            self._prove(stream)

    def _place(self) -> str:
        return next(filter(os.path.lexists, self.places), self.places[0])

    def _prove(self, stream: FileIO, sink: Sink = lambda data: None) -> None:
        algorithm, _, ends = self.claim.algorithm.partition("-")
        hasher, size = hashlib.new(algorithm, usedforsecurity=False), 0
        while data := stream.read(_PIECE):
            hasher.update(data)
            sink(data)
            size += len(data)
        if self.claim.size is not None and size != self.claim.size:
            raise self._damaged(f"has {size} bytes, not {self.claim.size}")
        if hasher.hexdigest() != self.claim.digest and not (ends and _unix_md5(stream) == self.claim.digest):
            raise self._damaged("holds other bytes")

    def _damaged(self, what: str) -> Corrupt:
        return Corrupt(f"{self.shown[:200]!r}: the copy of {self.claim} {what}", hint=f"remove it, then {self.hint}")


@frozen
class Tracked:
    """A file that git itself holds: ``read`` gives its bytes, for ``path`` in the model."""

    path: str
    shown: str
    read: Callable[[], bytes]

    def check(self) -> str | None:
        """None: git says what is missing when it is read."""
        return None

    def look(self) -> tuple[int, digests.Digest]:
        """Its size and BLAKE3."""
        data = self.read()
        return len(data), digests.of_bytes(data)

    def put(self, target: str) -> None:
        """Let it appear at ``target``."""
        with FileIO(os.open(target, _CREATE, 0o666), "w") as stream:
            staging.write_all(stream.fileno(), [self.read()])

    def prove(self, target: str) -> None:
        """Nothing: git hashed what it gave."""


@frozen
class Linked:
    """A file that is at ``place``, of which nobody says a digest, for ``path`` in the model."""

    path: str
    shown: str
    place: str

    def check(self) -> str | None:
        """What is missing of it, in words; None when it is there."""
        return None if os.path.lexists(self.place) else repr(self.shown[:200])

    def look(self) -> tuple[int, digests.Digest]:
        """Its size and BLAKE3."""
        descriptor, state = sources.open_file(None, self.place)
        with os.fdopen(descriptor, "rb") as stream:
            return state.size, digests.of_stream(stream)

    def put(self, target: str) -> None:
        """Let it appear at ``target``."""
        _copy(self.place, target)

    def prove(self, target: str) -> None:
        """Nothing: it is what it is."""


Piece = Kept | Tracked | Linked


@frozen
class Gathering:
    """The files of one model, wherever they are kept. Raises InvalidName for paths that no model can have."""

    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.pieces) <= MAX_FILES:
            raise Invalid(f"a model has 1 to {MAX_FILES} files, not {len(self.pieces)}", hint="choose with --path")
        check_together([check_file_path(piece.path) for piece in self.pieces])

    def look(self) -> Manifest:
        """What would be stored; every byte is read and proven, nothing is written. Raises as ``keep``."""
        self._check()
        with staging.explained("cannot read the files"):
            return Manifest(tuple(Entry(piece.path, *piece.look()) for piece in self.pieces))

    def keep(self, repo: "Repo", parent: Manifest | None, source: str) -> "Content":
        """Store the files. Raises FileMissing, naming those that are missing, Corrupt for other bytes than claimed."""
        from gitmodels.exchange.contents import of_folder

        self._check()
        with repo.store.work_folder() as folder:
            with staging.explained("cannot copy the files to the object store"):
                for piece, target in zip(self.pieces, self._targets(folder), strict=True):
                    piece.put(target)
                    piece.prove(target)
            manifest = repo.store.add_directory(folder, remember="nothing", parent=parent)
            found = of_folder(repo, folder, manifest, source)
            repo.store.adopt(manifest, folder)
            return found

    def _check(self) -> None:
        missing = [(piece, what) for piece in self.pieces if (what := piece.check()) is not None]
        if missing:
            first, shown = missing[0][0], ", ".join(what for _, what in missing[:_SHOWN])
            more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
            hint = first.hint if isinstance(first, Kept) else "download it again"
            raise FileMissing(f"the bytes of {shown}{more} are not here", hint=hint)

    def _targets(self, folder: Path) -> Iterator[str]:
        made = {""}
        for piece in self.pieces:
            parent = piece.path.rpartition("/")[0]
            if parent not in made:
                os.makedirs(folder / parent, exist_ok=True)
                made.add(parent)
            yield f"{folder}/{piece.path}"


def _copy(source: str, target: str) -> None:
    """Let ``target`` be a copy of the regular file ``source``, sharing its blocks where the file system can."""
    descriptor, state = sources.open_file(None, source)
    with FileIO(descriptor), FileIO(os.open(target, _CREATE, 0o666), "w") as out:
        staging.copy_range(descriptor, out.fileno(), state.size)


_BLOCK = 1 << 20
_LOOKED_AT = 512
_WORDS = bytes(range(32, 127)) + b"\n\r\t\f\b"
_MOST_OTHERS = 0.30


def _unix_md5(stream: FileIO) -> str:
    """The MD5 of DVC before 3.0: block by block, line ends as Unix has them where a block begins like text.

    Source: dvc_data/hashfile/hash.py (Dos2UnixHashStreamFile, read in blocks of 1 MiB) and istextfile.py.
    """
    hasher = hashlib.md5(usedforsecurity=False)
    stream.seek(0)
    while block := _filled(stream, _BLOCK):
        hasher.update(block.replace(b"\r\n", b"\n") if _is_text(block[:_LOOKED_AT]) else block)
    return hasher.hexdigest()


def _filled(stream: FileIO, length: int) -> bytes:
    filled = bytearray()
    while len(filled) < length and (data := stream.read(length - len(filled))):
        filled += data
    return bytes(filled)


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and len(head.translate(None, _WORDS)) / len(head) <= _MOST_OTHERS
