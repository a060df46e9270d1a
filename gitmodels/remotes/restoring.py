"""Checking a remote, and putting back what it lost from a clone that still has it.

This room compares what a remote says of its packs with what it holds. Nothing is taken from a remote before what
replaces it is there: what was in a damaged pack is sent in packs of other ids, and the damaged one goes when all it
held is in others. What held something that nobody here has stays where it is: another clone may have it. There is one
exception: a git server takes no push at all while it has a ref to nothing, so such refs go first.
"""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from gitmodels.errors import Corrupt, GitModelsError, ObjectNotFound, RemoteError
from gitmodels.objects import pack
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes import checking
from gitmodels.remotes.backend import PackRemote, Progress, read_only
from gitmodels.remotes.catalogue import Catalogue
from gitmodels.remotes.crew import Crew
from gitmodels.remotes.keyed import pack_of
from gitmodels.remotes.transfer import first_sound
from gitmodels.remotes.upload import Upload, Uploaded
from gitmodels.values import frozen

_NOT_THERE = "is named and cannot be had"
Kind = Literal["lost", "index", "truncated", "content", "ruin"]


@frozen
class Flaw:
    """One pack of a remote that is not what it should be.

    ``kind``: lost (the remote names it and does not have it), index (its index file), truncated (its length), content
    (its bytes), ruin (a name that leads to no pack any more; ``pack`` is None where nobody can tell to which one it
    led). ``name`` is for people, ``chunks`` are the ids of all it held, as far as that is known.
    """

    kind: Kind
    name: str
    pack: bytes | None
    detail: str
    chunks: frozenset[bytes] = frozenset()


class Examination:
    """What ``remote`` holds as of now, everything of it asked anew; ``flaws`` are what is wrong with it.

    With ``full`` every pack is read whole, decoded and hashed. ``progress`` is told the bytes of packs that were read.
    Raises RemoteError.
    """

    def __init__(
        self, store: ObjectStore, remote: PackRemote, *, full: bool = False, progress: Progress | None = None
    ) -> None:
        self._store = store
        self._remote = remote
        self._catalogue = Catalogue(store, remote)
        # What this clone knew of packs that are gone by now.
        self._known = self._catalogue.kept()
        self._catalogue.refresh(anew=True)
        self._known |= self._catalogue.chunks()
        self.flaws = sorted(self._found(full, Crew(progress)), key=lambda flaw: flaw.name)
        self._catalogue.out = self._damaged()

    def has(self, chunk: bytes) -> bool:
        """Whether the chunk lies there in a pack that no flaw was found in."""
        return self._catalogue.has(chunk)

    def read(self, chunk: bytes) -> bytes | None:
        """The verified bytes of a chunk that is there; None when no copy is sound. Raises RemoteError."""
        data = first_sound(self._catalogue, self._remote, self._catalogue.find(chunk))
        return None if data is None else bytes(data)

    def heal(self, wanted: Iterable[bytes], progress: Progress | None = None) -> Uploaded:
        """Send what is lacking there of the chunks ``wanted`` and of damaged packs, as far as it is here.

        Then remove the damaged packs all of whose content is elsewhere there; ``has`` and ``flaws`` tell what is left.
        Raises RemoteError, Corrupt for damage here, GitModelsError.
        """
        lacking = {chunk for chunk in wanted if not self.has(chunk)}
        lacking |= {chunk for flaw in self.flaws for chunk in flaw.chunks if not self.has(chunk)}
        self._store.catalog.refresh(if_changed=True)
        if self.flaws and not self._remote.writable:
            raise read_only(self._remote.address)
        here = [chunk for chunk in sorted(lacking) if self._store.contents.lacking(chunk) is None]
        cleared: set[str] = set()
        try:
            done = self._sent(here, progress)
        except RemoteError as error:
            if error.fields.get("kind") != "damaged":
                raise
            cleared = {flaw.name for flaw in self.flaws if flaw.kind in ("lost", "ruin")}
            for flaw in self.flaws:
                if flaw.name in cleared:
                    self._remove(flaw)
            done = self._sent(here, progress)
        self.flaws = [flaw for flaw in self.flaws if not self._is_put_right(flaw, flaw.name in cleared)]
        return done

    def _sent(self, chunks: list[bytes], progress: Progress | None) -> Uploaded:
        upload = Upload(self._store, chunks, self._remote, damaged=self._damaged())
        done = upload.run(progress)
        self._catalogue = upload.catalogue
        return done

    def _is_put_right(self, flaw: Flaw, is_cleared: bool) -> bool:
        """Whether nothing is left to do; what held nothing that is not elsewhere by now is removed."""
        if flaw.pack is not None and flaw.pack in self._catalogue.packs() - self._catalogue.out:
            return True  # put there anew
        if is_cleared and not flaw.chunks:
            return True  # nobody can tell what it was: what versions lack is told for itself
        if not flaw.chunks or not all(map(self.has, flaw.chunks)):
            return False
        if not is_cleared:
            self._remove(flaw)
        return True

    def _remove(self, flaw: Flaw) -> None:
        if flaw.kind == "ruin":
            self._remote.clear(flaw.name)
        elif flaw.pack is not None:
            self._remote.delete(flaw.pack)

    def _damaged(self) -> frozenset[bytes]:
        return frozenset(flaw.pack for flaw in self.flaws if flaw.pack is not None and flaw.kind != "ruin")

    def _found(self, full: bool, crew: Crew) -> Iterator[Flaw]:
        address = self._remote.address
        for name in self._remote.ruins():
            found = pack_of(name)
            chunks = frozenset() if found is None else self._held(found[0])
            words = f"{name} on {address} leads to no pack any more"
            yield Flaw("ruin", name, None if found is None else found[0], words, chunks)
        for pack_id in self._catalogue.lost:
            yield self._flaw("lost", pack_id, _NOT_THERE)
        for pack_id, error in self._catalogue.doubtful.items():
            yield self._flaw("index", pack_id, f"cannot be used: {error.message}")
        packs = sorted(self._catalogue.packs())
        with self._store.work_folder() if full else contextlib.nullcontext(Path()) as folder:
            look = partial(self._read_whole, folder, crew) if full else self._measured
            for flaw in crew.each(partial(look, pack_id) for pack_id in packs):
                if flaw is not None:
                    yield flaw

    def _measured(self, name: bytes) -> Flaw | None:
        try:
            size = self._remote.size(name)
        except ObjectNotFound:
            return self._flaw("lost", name, _NOT_THERE)
        expected = self._catalogue.size(name)
        if size == expected:
            return None
        return self._flaw("truncated", name, f"has {size} bytes, and {expected} according to its index file")

    def _read_whole(self, folder: Path, crew: Crew, name: bytes) -> Flaw | None:
        wrong = self._measured(name)
        if wrong is not None:
            return wrong
        with tempfile.TemporaryDirectory(dir=folder) as own:
            path = Path(own) / pack.name_of(name)
            try:
                self._remote.save(name, path, crew.moved)
                judged = checking.judge(path, self._catalogue.size(name), self._base)
            except ObjectNotFound:
                return self._flaw("content", name, "is not there whole")
            except RemoteError:
                raise
            except Corrupt as error:
                return self._flaw("content", name, f"is damaged: {error.message}")
        places = {*judged.good, *judged.waiting, *judged.bad}
        if places != self._catalogue.places(name):
            self._known[name] = {place.chunk for place in places}
            return self._flaw("index", name, "has an index file of other records")
        bad = len(judged.bad) + len(judged.waiting)
        return self._flaw("content", name, f"is damaged in {bad} of its records") if bad else None

    def _base(self, chunk: bytes) -> Buffer:
        places = [place for place in self._catalogue.find(chunk) if checking.is_alone(place)]
        data = first_sound(self._catalogue, self._remote, places)
        if data is None:
            raise ObjectNotFound(f"the remote {self._remote.address} lacks the base {chunk.hex()}")
        return data

    def _flaw(self, kind: Kind, name: bytes, what: str) -> Flaw:
        words = f"the pack {name.hex()[:16]}… on {self._remote.address} {what}"
        return Flaw(kind, name.hex(), name, words, self._held(name))

    def _held(self, name: bytes) -> frozenset[bytes]:
        """The chunks of a pack, as this clone saw it there once, or holds one of the same id, which tells all of it."""
        if name in self._known:
            return frozenset(self._known[name])
        try:
            scanned = pack.scan(self._store.catalog.path(name))
        except (GitModelsError, OSError):
            return frozenset()
        return frozenset() if scanned.flaws else frozenset(each.chunk for _, each in scanned.records)
