"""Collecting garbage: what nobody names is doomed first, and removed when its grace has passed.

This room knows packs, marks and time. What must be kept is told by ``wanted``, which is asked while nobody writes: a
writer holds the store's lock from its first look at what is stored until its record is committed, so whatever it
relies on is named by then. The protocol stands in docs/format/objects.md; all that removes objects keeps to it.

Killed anywhere, it leaves a sound store: first the list of the doomed is on the disk, then packs go, one by one.
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

from gitmodels.errors import Conflict, Corrupt, FormatTooNew, GitModelsError
from gitmodels.objects import codecs, lock, pack
from gitmodels.objects.doomed import LOCK, Doomed, DoomedFile
from gitmodels.objects.marks import Marks, Wanted
from gitmodels.objects.pack import HEAD, Place
from gitmodels.objects.record import HEADER_SIZE
from gitmodels.objects.rewrite import rewrite
from gitmodels.objects.staging import Staging, explained
from gitmodels.objects.store import ObjectStore
from gitmodels.values import frozen

GRACE_MS = 14 * 86_400_000
# A pack is written anew without what may go once that is this share of it.
_REWRITTEN = 0.25

Key = tuple[bytes, bytes]


@frozen
class When:
    """The time, in ms since the epoch, and how long the doomed are kept; None for ever, 0 not at all."""

    now_ms: int
    grace_ms: int | None = GRACE_MS

    def passed(self, since: int) -> bool:
        """Whether what was doomed at ``since`` may go."""
        return self.grace_ms is not None and self.now_ms - since >= self.grace_ms


@frozen
class Collected:
    """What a collection did, or would do. Sizes in bytes, of records.

    ``kept``: named by somebody. ``doomed``: marked now. ``waiting``: marked and still here afterwards. ``removed``:
    gone. ``packs``: the files that went, by id; of those in ``rewritten`` the rest was kept in new packs. ``chunks``:
    the ids of what is stored nowhere any more. ``suspect``: packs whose content is not what the index says, left to
    fsck.
    """

    kept: int = 0
    doomed: int = 0
    waiting: int = 0
    removed: int = 0
    packs: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    chunks: frozenset[bytes] = frozenset()
    suspect: tuple[str, ...] = ()


@dataclass(slots=True)
class _Plan:
    """What is to be done with a store whose named chunks are known."""

    marked: dict[Key, int] = field(default_factory=dict)
    ready: set[Key] = field(default_factory=set)
    whole: list[bytes] = field(default_factory=list)
    partial: list[bytes] = field(default_factory=list)
    told: Collected = field(default_factory=Collected)


def collect(
    store: ObjectStore,
    wanted: Callable[[], Wanted],
    when: When,
    *,
    dry_run: bool = False,
) -> Collected:
    """Doom what ``wanted`` does not name, and remove what was doomed long enough ago. With ``dry_run`` only tell.

    ``wanted`` is asked two or three times, the first time while others go on writing, so it should remember what it
    looked at. Raises Locked; Corrupt and FormatTooNew when it cannot be known what is needed; Conflict when the last
    copy of something published would go; and GitModelsError when the store cannot be written.
    """
    if not store.packs_folder.is_dir():
        return Collected()
    marks = Marks(store)
    marks.chunks(wanted().kept)
    if dry_run:
        return _plan(store, marks, wanted(), when).told
    with careful(store), explained("cannot remove from the object store"):
        with store.locked(exclusive=True):
            plan = _plan(store, marks, wanted(), when)
            _listed(store).write(plan.marked)
            _remove(store, plan.whole)
        if plan.partial:
            failed = {place.pack for place in rewrite(store, _kept_of(store, plan)).failed}
            with store.locked(exclusive=True):
                again = _plan(store, marks, wanted(), When(when.now_ms, None))
                _listed(store).write(again.marked)
                # Named again meanwhile, or not copied: then the old pack stays as it is.
                named = {key[0] for key in plan.ready - again.marked.keys()}
                _remove(store, [each for each in plan.partial if each not in failed | named])
        if plan.whole or plan.partial:
            with store.locked(exclusive=True):
                _forget_removed(store)
    return plan.told


@contextmanager
def careful(store: ObjectStore) -> Iterator[None]:
    """Be the only one who removes or rewrites packs of ``store``; others go on adding. Raises Locked."""
    with lock.held(store.root / LOCK, exclusive=True):
        yield


def _plan(store: ObjectStore, marks: Marks, wanted: Wanted, when: When) -> _Plan:
    store.catalog.refresh()
    if store.catalog.too_new:
        raise FormatTooNew("some packs are from a newer gitmodels", hint="upgrade gitmodels; nothing was removed")
    if store.catalog.unreadable:
        raise Corrupt("some packs cannot be read", hint="check the disk and who owns the files in packs/")
    live = marks.chunks(wanted.kept)
    plan = _Plan()
    known = _listed(store).read()
    sizes: Counter[str] = Counter()
    rows: Counter[bytes] = Counter()
    ready: Counter[bytes] = Counter()
    room: Counter[bytes] = Counter()
    for chunk, group in groupby(store.catalog.places(), key=lambda place: place.chunk):
        copies = list(group)
        dead = _dead(store, copies, chunk in live, known, when)
        for place in copies:
            key = (place.pack, chunk)
            size = HEADER_SIZE + place.encoded_length
            rows[place.pack] += 1
            if key not in dead:
                sizes["kept"] += size
                continue
            plan.marked[key] = dead[key]
            sizes["doomed"] += 0 if key in known else size
            sizes["waiting"] += size
            if when.passed(dead[key]):
                plan.ready.add(key)
                ready[place.pack] += 1
                room[place.pack] += size
    _choose(store, plan, rows, ready, room)
    _tell(store, plan, sizes, room)
    _refuse_last_copies(plan, marks, wanted)
    return plan


def _kept_of(store: ObjectStore, plan: _Plan) -> list[Place]:
    """The records to copy out of packs that are written anew, in the order in which they lie there."""
    chosen = frozenset(plan.partial)
    rows = (row for row in store.catalog.places() if row.pack in chosen)
    return sorted(
        (row for row in rows if (row.pack, row.chunk) not in plan.ready), key=lambda row: (row.pack, row.offset)
    )


def _dead(store: ObjectStore, copies: list[Place], live: bool, known: Doomed, when: When) -> dict[Key, int]:
    """Those of a chunk's copies that are not needed, with the time since when."""
    keys = [(place.pack, place.chunk) for place in copies]
    if not live:
        # What a clock that was wrong wrote down begins anew.
        return {key: min(known.get(key, when.now_ms), when.now_ms) for key in keys}
    doomed = {key: known[key] for key in keys if key in known}
    if not doomed:
        return {}
    others = [place for place, key in zip(copies, keys, strict=True) if key not in doomed]
    if not all(place.codec in codecs.BASED for place in copies):
        # Others may be made from this chunk, so what stays must need no base itself.
        others = [place for place in others if place.codec not in codecs.BASED]
    # Stored anew after it was doomed: the old copies may go, if the new one is whole.
    if any(_is_whole(store, place) for place in others):
        return doomed
    return {}


def _is_whole(store: ObjectStore, place: Place) -> bool:
    try:
        store.contents.at(place)
    except (GitModelsError, OSError):
        return False
    return True


def _choose(store: ObjectStore, plan: _Plan, rows: Counter[bytes], ready: Counter[bytes], room: Counter[bytes]) -> None:
    """Which packs go as a whole, and which are to be written anew; those that are not as indexed are left alone."""
    suspect = []
    for each in sorted(ready):
        whole = ready[each] == rows[each]
        if not whole and room[each] < _REWRITTEN * store.catalog.path(each).stat().st_size:
            continue
        if not _is_as_indexed(store, each, rows[each]):
            suspect.append(each.hex())
        elif whole:
            plan.whole.append(each)
        else:
            plan.partial.append(each)
    plan.told = Collected(suspect=tuple(suspect))


def _is_as_indexed(store: ObjectStore, each: bytes, rows: int) -> bool:
    found = pack.scan(store.catalog.path(each))
    return not found.flaws and len(found.records) == rows


def _tell(store: ObjectStore, plan: _Plan, sizes: Counter[str], room: Counter[bytes]) -> None:
    going = {*plan.whole, *plan.partial}
    removed = sum(room[each] for each in going)
    left = {key for key in plan.ready if key[0] in going}
    gone = {chunk for _, chunk in left}
    if gone:
        for place in store.catalog.places():
            if place.chunk in gone and (place.pack, place.chunk) not in left:
                gone.discard(place.chunk)
    plan.told = Collected(
        kept=sizes["kept"],
        doomed=sizes["doomed"],
        waiting=sizes["waiting"] - removed,
        removed=removed + len(plan.whole) * len(HEAD),
        packs=tuple(sorted(each.hex() for each in going)),
        rewritten=tuple(sorted(each.hex() for each in plan.partial)),
        chunks=frozenset(gone),
        suspect=plan.told.suspect,
    )


def _refuse_last_copies(plan: _Plan, marks: Marks, wanted: Wanted) -> None:
    lost = plan.told.chunks & marks.chunks(wanted.published) if plan.told.chunks else ()
    if lost:
        raise Conflict(
            f"the last copies of {len(lost)} chunks that published versions name would go, such as {min(lost).hex()}",
            hint="nothing was removed; this should never be: git models doctor tells what is wrong with the registry",
        )


def _remove(store: ObjectStore, packs: Collection[bytes]) -> None:
    for each in packs:
        os.unlink(store.catalog.path(each))
    if packs:
        Staging(store.root, durable=True).sync_folder(store.packs_folder)
        store.catalog.forget(packs)


def _listed(store: ObjectStore) -> DoomedFile:
    return DoomedFile(store.root, Staging(store.root, durable=True))


def _forget_removed(store: ObjectStore) -> None:
    """Take what is no longer there from the list of the doomed."""
    present = {(place.pack, place.chunk) for place in store.catalog.places()}
    listed = _listed(store)
    listed.write({key: since for key, since in listed.read().items() if key in present})
