"""The object store: bytes written once under their BLAKE3 and verified whenever they are read.

This room joins the others of objects/ into the few verbs the rest of the house needs. It knows no git, no registry
and no models: a model's files are a manifest. Layout under the root: ``packs/ index/ cache/ stat/ tmp/ lock``.

An operation that is killed leaves temporary files, which ``leftovers`` lists, and at most whole packs that nobody
refers to; it never leaves half of anything under a final name. Adding is idempotent, so "do it again" is always safe.
What only adding, comparing or checking out needs is imported there: a command that looks at a model needs none of it.
"""

import errno
import os
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from blake3 import blake3

from gitmodels import digest as digests
from gitmodels.digest import Digest
from gitmodels.errors import Corrupt, DigestMismatch, GitModelsError, Invalid, ObjectNotFound
from gitmodels.objects import cache as cache_room
from gitmodels.objects import chunklist, lock, sources, staging, users
from gitmodels.objects.cache import Cache
from gitmodels.objects.catalog import Catalog
from gitmodels.objects.chunklist import Chunk
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.ordered import ahead
from gitmodels.objects.reading import Chunks
from gitmodels.objects.spans import MAX_CHUNK
from gitmodels.objects.staging import Staging
from gitmodels.objects.statcache import UNKNOWN, StatCache

if TYPE_CHECKING:
    from gitmodels.objects.checkout import Placed
    from gitmodels.objects.intake import Intake, Progress
    from gitmodels.objects.ranges import Ranges
    from gitmodels.objects.survey import Changes, Survey

AnyPath = str | os.PathLike[str]
Remember = Literal["manifest", "files", "nothing"]
Lone = Literal["files", "nothing"]

# A lone file below this is read again sooner than its state is looked up and kept.
_REMEMBERED = 1 << 20
# How many owners an error names.
_OWNERS = 3
# Models up to this size are kept in the cache as they were saved.
_ADOPTED = 64 << 20


class ObjectStore:
    """The store at ``root``; nothing is made there before the first write. May be shared by threads.

    ``cache`` is the folder of the cache (default: ``cache/`` in the root), ``cache_limit`` its size in bytes.
    ``durability`` "full" syncs every operation to the disk before it returns; "batch" leaves that to the system, for
    network file systems and bulk imports: a power cut may then lose or damage what was added last, a kill may not.
    ``user`` is a folder that needs what is added, noted in the store for whoever collects garbage; None for a store
    of one user only.
    ``owners`` is asked, when a file is missing or damaged, to what it belongs, by the id of the file.
    ``chunking`` may be set to "content": files of no known format above 64 MiB are then cut where their content says,
    which finds again what was moved inside them and takes more time, not in pieces of 4 MiB.
    """

    def __init__(
        self,
        root: Path,
        *,
        cache: Path | None = None,
        durability: Literal["full", "batch"] = "full",
        cache_limit: int = cache_room.LIMIT,
        user: Path | None = None,
        owners: Callable[[Digest], Sequence[str]] | None = None,
    ) -> None:
        if durability not in ("full", "batch"):
            raise Invalid(f"durability is 'full' or 'batch', not {durability!r}")
        durable = durability == "full"
        self.root = Path(root)
        self._owners = owners
        self.chunking: Literal["fixed", "content"] = "fixed"
        self.packs_folder = self.root / "packs"
        self.index_folder = self.root / "index"
        self._user = None if user is None else Path(user).resolve()
        self._staging = Staging(self.root, durable=durable)
        self.catalog = Catalog(self.packs_folder, self.index_folder, self._staging)
        self.stats = StatCache(self.root / "stat", self._staging)
        # Called with the size of each piece that was stored or read, for whoever shows how far it is.
        self.progress: Progress | None = None
        # Whoever adds the files again to heal damage shall not be told that they are known.
        self.contents = Chunks(self.catalog, self.stats.forget)
        self.cache = Cache(Path(cache) if cache else self.root / "cache", limit=cache_limit)

    def add_directory(
        self,
        directory: AnyPath,
        *,
        heal: bool = False,
        remember: Remember = "manifest",
        parent: Manifest | None = None,
        leave_out: Container[str] = (),
    ) -> Manifest:
        """Store every file under ``directory`` and give their manifest. One operation: all of it or nothing.

        A file that is as it was when it was added before is not read again. Of others, bytes already stored are not
        written again: a stored copy counts when its header and length are right and, up to 1 MiB, when it decodes to
        its id. With ``heal`` every file is read and every copy decoded. A copy that fails is written anew.
        ``remember`` says what is kept of the folder in the stat cache: the states of its files and that it is this
        manifest, the "files" alone, or "nothing" for a folder that goes away.
        ``parent`` is an older model, such as the version before: what is like its files of the same paths is stored
        as the difference, where that saves much. What lies at the paths ``leave_out`` is passed over.
        Raises FileMissing; InvalidModel for links, pipes, devices and trees without files; InvalidName for names that
        do not travel; Invalid for files that change or cannot be read; Locked; GitModelsError when writing fails.
        """
        return self.add_directories((directory,), heal, remember, parent, leave_out)[0]

    def add_directories(
        self, folders: Sequence[AnyPath], heal: bool, remember: Remember, parent: Manifest | None, out: Container[str]
    ) -> list[Manifest]:
        """Several directories as one operation, which costs what one does. As ``add_directory``, also in errors."""
        from gitmodels.objects.recall import Recall

        known = [UNKNOWN if remember == "nothing" else self.stats.load(each) for each in folders]
        with ExitStack() as stack:
            roots = [stack.enter_context(sources.opened_root(each)) for each in folders]
            found = [(root, sources.walk(root, out)) for root in roots]
            intake = stack.enter_context(self._adding(heal, parent))
            recalls = [Recall(each._replace(rows={}) if heal else each, intake) for each in known]
            added = [recall.take_all(*each) for recall, each in zip(recalls, found, strict=True)]
        for directory, recall, manifest in zip(folders, recalls, added, strict=True):
            learned = recall.learned(manifest.digest if remember == "manifest" else None)
            if learned is not None and remember != "nothing":
                self.stats.save(directory, learned)
        return added

    def add_file(
        self, path: AnyPath, *, heal: bool = False, remember: Lone = "files", parent: Manifest | None = None
    ) -> Manifest:
        """Store one file; its manifest has one entry, named after the file. As ``add_directory``, also in errors.

        The state of a file below 1 MiB is not remembered: reading it again costs less.
        """
        from gitmodels.objects.recall import Recall

        name = sources.single(Path(path))
        known = UNKNOWN if remember == "nothing" else self.stats.load(path)
        with self._adding(heal, parent) as intake:
            recall = Recall(UNKNOWN if heal else known, intake)
            taken = recall.take(name, None, path)
        learned = recall.learned(None)
        if learned is not None and remember != "nothing" and taken.size >= _REMEMBERED:
            self.stats.save(path, learned)
        return Manifest((Entry(name, *taken),))

    def survey(self, directory: AnyPath) -> "Survey":
        """What the files under ``directory`` are now, and which manifest it was last; unchanged files are not read.

        Nothing is stored. Raises FileMissing, InvalidModel for what is no folder, Invalid for unreadable files.
        """
        from gitmodels.objects.survey import survey

        known = self.stats.load(directory)
        found, rows = survey(directory, known)
        if rows != known.rows:
            self.stats.save(directory, known._replace(rows=rows))
        return found

    def changes(self, directory: AnyPath, manifest: Manifest) -> "Changes":
        """How the files under ``directory`` differ from those of ``manifest``. Raises as ``survey``."""
        return self.survey(directory).against(manifest)

    def add_bytes(self, data: bytes, *, heal: bool = False) -> Digest:
        """Store up to 64 MiB as one object and give its id. Raises Invalid when longer, else as ``add_directory``."""
        if len(data) > MAX_CHUNK:
            raise Invalid(f"{len(data)} bytes, the limit for one object is {MAX_CHUNK}", hint="add it as a file")
        with self._adding(heal) as intake:
            return intake.chunk(bytes(data))

    def has(self, digest: Digest) -> bool:
        """Whether an object of this id is stored. Says nothing about its health: reading does."""
        chunk = bytes.fromhex(digests.parse(digest))
        self.catalog.refresh(if_changed=True)
        return bool(self.catalog.find(chunk))

    def missing(self, manifest: Manifest) -> list[Digest]:
        """The ids that ``manifest`` needs and the store lacks, each once: files', chunk lists', chunks', their bases'.

        Of a file whose chunk list is lacking only that is named. Raises Corrupt for a damaged chunk list.
        """
        self.catalog.refresh(if_changed=True)
        lacking: dict[Digest, None] = {}
        for entry in manifest.entries:
            needed = [bytes.fromhex(entry.chunks or entry.blake3)]
            if entry.chunks is not None and self.catalog.find(needed[0]):
                needed += [chunk.id for chunk in self.chunks(entry)]
            found = (self.contents.lacking(chunk) for chunk in needed)
            lacking.update((Digest(each.hex()), None) for each in found if each is not None)
        return list(lacking)

    def chunks(self, entry: Entry) -> tuple[Chunk, ...]:
        """The chunks that a file consists of, in order. Raises ObjectNotFound and Corrupt for its chunk list."""
        if entry.chunks is None:
            return (Chunk(bytes.fromhex(entry.blake3), entry.size),)
        with self._belonging(entry):
            return chunklist.decode(self.contents.read(bytes.fromhex(entry.chunks), entry.path), entry.size)

    def read(self, entry: Entry) -> bytes:
        """All bytes of a file, verified. Raises ObjectNotFound, DigestMismatch, Corrupt, FormatTooNew."""
        return b"".join(self.pieces(entry))

    def ranges(self, entry: Entry) -> "Ranges":
        """Random access to a file: reads only the chunks that hold what is asked for. Raises as ``chunks``."""
        from gitmodels.objects.ranges import Ranges

        with self.contents.expecting(()):
            return Ranges(entry, self.chunks(entry), self.contents.expected)

    def read_range(self, entry: Entry, offset: int, length: int) -> bytes:
        """``length`` bytes of a file from ``offset``, verified. Raises Invalid past its end, else as ``read``."""
        return self.ranges(entry).read(offset, length)

    def read_bytes(self, digest: Digest) -> bytes:
        """The bytes of one object, verified. Raises as ``read``."""
        return bytes(self.contents.read(bytes.fromhex(digests.parse(digest))))

    def pieces(self, entry: Entry) -> Iterator[Buffer]:
        """The bytes of a file, a chunk at a time, each verified before it is given.

        Only at the end is it known that they make up the file: what is built from the pieces may be used when the
        iteration ended without DigestMismatch. Raises as ``read``.
        """
        hasher = None if entry.chunks is None else blake3()
        with self._belonging(entry), self.contents.expecting((entry,)):
            chunks = self.chunks(entry)
            found = ahead((partial(self.contents.read, chunk.id, entry.path), chunk.length) for chunk in chunks)
            for chunk, data in zip(chunks, found, strict=True):
                if len(data) != chunk.length:
                    raise DigestMismatch(f"{entry.path}: a chunk has {len(data)} bytes, its list says {chunk.length}")
                if hasher is not None:
                    hasher.update(data)
                yield data
                if self.progress is not None:
                    self.progress(len(data))
            if hasher is not None and hasher.hexdigest() != entry.blake3:
                raise DigestMismatch(f"{entry.path}: the chunks of its list do not make up the file {entry.blake3}")

    def cached(self, entry: Entry) -> Path:
        """A read-only file with the bytes of ``entry``, all of them verified now; it may go when the cache grows.

        Whoever opens it soon (within a minute) finds it. A file that was there before is hashed, one that was not is
        made of verified chunks. Raises as ``read``, and GitModelsError when the cache cannot be written.
        """
        with staging.explained("cannot fill the cache"):
            return self.cache.verified(entry.blake3, entry.size, lambda: self.pieces(entry))

    def cache_folder(self) -> Path | None:
        """The folder of the cache, made when it is missing; None when it cannot be written to."""
        try:
            self.cache.make()
        except (OSError, GitModelsError):
            return None
        return self.cache.folder if os.access(self.cache.folder, os.W_OK) else None

    def checkout(self, manifest: Manifest, target: AnyPath, *, link: bool = False) -> "Placed":
        """Put all files of ``manifest`` at ``target``, which must be empty or not exist: all of them or none.

        They are clones of cached files where the file system has such, else copies. With ``link`` they are read-only
        hard links of cached files, and read-only copies where the cache lies on another file system. The folder is
        remembered as this manifest. Raises AlreadyExists, FileMissing, as ``read``, and GitModelsError when the
        target cannot be written.
        """
        from gitmodels.objects.checkout import checkout
        from gitmodels.objects.recall import recalled

        with self.contents.expecting(manifest.entries):
            placed = checkout(manifest, Path(target), self, link=link)
        self.stats.save(target, recalled(manifest, placed.states, placed.since_ns))
        return placed

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A private folder on the store's own file system, removed at the end: files made there can be adopted.

        Raises GitModelsError when it cannot be made.
        """
        with ExitStack() as stack:
            with staging.explained("cannot write to the object store"):
                folder = stack.enter_context(self._staging.work_folder())
            yield folder

    def adopt(self, manifest: Manifest, directory: Path) -> None:
        """Move the files of ``directory``, added as ``manifest`` and not needed any more, into the cache.

        So a load right afterwards decodes nothing. Only up to 64 MiB a model: what is larger would be written to the
        disk twice, and decoding it costs less than that.
        """
        if manifest.size <= _ADOPTED:
            for entry in manifest.entries:
                self.cache.adopt(entry.blake3, directory / entry.path)

    def rebuild_index(self) -> None:
        """Replace all index files by one made from the packs alone.

        Exactly that file is reproduced, in name and bytes, however often and from whatever state ``index/`` is in, as
        long as ``packs/`` holds the same packs: it is what ``rm -r index`` and the next read give, too. The several
        files that stood there after a history of adds are equivalent to it, not equal.
        Raises GitModelsError when the folder cannot be written.
        """
        with self._writing("cannot write the index"):
            self.catalog.rebuild()

    def users(self) -> list[Path]:
        """The folders whose needs must be asked before anything is removed, as far as they added something."""
        return users.noted(self.root)

    def leftovers(self) -> list[Path]:
        """Temporary files of processes that are gone, in the store and its cache; removing them is always safe."""
        return staging.leftovers(self.root / "tmp") + staging.leftovers(self.cache.folder / "tmp")

    @contextmanager
    def locked(self, *, exclusive: bool = False) -> Iterator[None]:
        """Hold the store's lock: shared to write, exclusive to delete. Raises Locked and GitModelsError."""
        with ExitStack() as stack:
            with staging.explained("cannot write to the object store"):
                self._staging.make_folder(self.root)
                stack.enter_context(lock.held(self.root / "lock", exclusive=exclusive))
            yield

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Keep gc out from the first look at what is stored until somebody names it: around adding and committing.

        In a store that may only be read nothing is held. Raises Locked, and GitModelsError.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(self.locked())
            except GitModelsError as error:
                if error.fields.get("errno") not in (errno.EROFS, errno.EACCES, errno.EPERM):
                    raise
            yield

    @contextmanager
    def receiving(self, doing: str) -> Iterator[Staging]:
        """Hold the lock to write new packs, for who makes them from what was verified; where unfinished files go.

        An OSError inside is told as what ``doing`` failed. Raises Locked and GitModelsError.
        """
        with self._writing(doing):
            users.note(self._staging, self._user)
            self.catalog.refresh(if_changed=True)
            yield self._staging

    @contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        with self.locked(), staging.explained(doing):
            yield

    @contextmanager
    def _adding(self, heal: bool, parent: Manifest | None = None) -> Iterator["Intake"]:
        from gitmodels.objects.intake import Intake
        from gitmodels.objects.writer import PackWriter

        with self.receiving("cannot store the files") as staging:
            writer = PackWriter(staging, self.packs_folder)
            by_content = self.chunking == "content"
            intake = Intake(self.catalog, writer, heal=heal, by_content=by_content, parent=parent)
            try:
                intake.progress = self.progress
                yield intake
                packs = writer.publish()
            except BaseException:
                writer.abort()
                raise
            if packs:
                self.catalog.publish(packs)
                intake.relied_on.update(pack.id for pack in packs)

    @contextmanager
    def _belonging(self, entry: Entry) -> Iterator[None]:
        """Let an error that the file meets say its id, and to what it belongs."""
        try:
            yield
        except (ObjectNotFound, Corrupt) as error:
            if "owners" in error.fields:
                raise
            owners = list(self._owners(entry.blake3)) if self._owners is not None else []
            what = "" if entry.blake3 in error.message else f" [file {entry.blake3}]"
            whose = f", part of {_listed(owners)}" if owners else ""
            fields = {**error.fields, "file": entry.blake3, "owners": owners}
            raise type(error)(f"{error.message}{what}{whose}", hint=error.hint, **fields) from error


def _listed(owners: Sequence[str]) -> str:
    named = ", ".join(owners[:_OWNERS])
    return f"{named} and others" if len(owners) > _OWNERS else named
