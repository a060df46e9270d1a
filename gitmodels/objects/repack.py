"""Repacking: many small packs become few large ones, and old encodings the present ones where that saves room.

This room knows packs, records and the encoder. It does not know what is needed by whom: gc is asked before. Ids never
change. New packs are on the disk before old ones go, a batch of about one pack at a time, so a kill costs nothing and
the disk needs room for one pack more. A pack that holds damage is left to fsck.
"""

import os
from collections.abc import Iterator, Mapping

from gitmodels.errors import GitModelsError
from gitmodels.objects import codecs, pack
from gitmodels.objects.doomed import DoomedFile
from gitmodels.objects.gc import careful
from gitmodels.objects.pack import Place
from gitmodels.objects.rewrite import Recoder, Rewritten, rewrite
from gitmodels.objects.staging import Staging, explained
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import TARGET
from gitmodels.values import frozen

# Packs from this size on are large enough.
LARGE = TARGET // 2
_NO_BASES: Mapping[bytes, bytes] = {}


@frozen
class Repacked:
    """What a repack did: packs before and after, the bytes of all packs before and after, and packs it left alone."""

    packs_before: int
    packs_after: int
    before: int
    after: int
    suspect: tuple[str, ...] = ()


def repack(
    store: ObjectStore,
    *,
    thorough: bool = False,
    bases: Mapping[bytes, bytes] = _NO_BASES,
) -> Repacked:
    """Merge small packs; with ``thorough`` take all packs and encode every chunk anew, keeping what is smaller.

    ``bases`` then proposes for chunks others that they may be stored as differences to. Raises Locked, and
    GitModelsError when the store cannot be written; what was repacked until then stays.
    """
    if not store.packs_folder.is_dir():
        return Repacked(0, 0, 0, 0)
    with careful(store), explained("cannot repack the object store"):
        sizes = _sizes(store)
        suspect: list[str] = []
        batches = list(_batches(store, sizes, suspect, thorough=thorough))
        recoder = Recoder(store, bases) if thorough else None
        for batch in batches:
            _replace(store, batch, recoder)
        after = _sizes(store)
    return Repacked(len(sizes), len(after), sum(sizes.values()), sum(after.values()), tuple(suspect))


def _sizes(store: ObjectStore) -> dict[bytes, int]:
    store.catalog.refresh()
    found = {}
    for each in store.catalog.packs():
        found[each] = store.catalog.path(each).stat().st_size
    return found


def _batches(
    store: ObjectStore, sizes: dict[bytes, int], suspect: list[str], *, thorough: bool
) -> Iterator[list[bytes]]:
    """The packs to be replaced, oldest first, in groups that fill about one pack each."""
    ages = {each: store.catalog.path(each).stat().st_mtime_ns for each in sizes}
    batch: list[bytes] = []
    room = 0
    for each in sorted(sizes, key=lambda each: (ages[each], each)):
        if not thorough and sizes[each] >= LARGE:
            continue
        if pack.scan(store.catalog.path(each)).flaws:
            suspect.append(each.hex())
            continue
        if batch and room + sizes[each] > TARGET:
            yield batch
            batch, room = [], 0
        batch.append(each)
        room += sizes[each]
    # A lone small pack would only become itself.
    if len(batch) > 1 or (batch and thorough):
        yield batch


def _replace(store: ObjectStore, batch: list[bytes], recoder: Recoder | None) -> None:
    """Write what the packs of a batch hold into new packs, and remove those of which nothing failed."""
    order = {each: at for at, each in enumerate(batch)}
    rows = [place for place in store.catalog.places() if place.pack in order]
    rows.sort(key=lambda place: (order[place.pack], place.offset))
    kept = [place for place in rows if not _lies_elsewhere(store, place, order)]
    made = rewrite(store, kept, recoder=recoder)
    failed = {place.pack for place in made.failed}
    gone = [each for each in batch if each not in failed and each not in {new.id for new in made.packs}]
    with store.locked(exclusive=True):
        _hand_on_graces(store, rows, made)
        for each in gone:
            os.unlink(store.catalog.path(each))
        Staging(store.root, durable=True).sync_folder(store.packs_folder)
        store.catalog.forget(gone)


def _lies_elsewhere(store: ObjectStore, place: Place, order: dict[bytes, int]) -> bool:
    """Whether another pack, which stays, has the same chunk whole, and will keep it."""
    for other in store.catalog.reusable(place.chunk):
        # A copy that needs a base is no substitute for one that may itself be a base.
        if other.pack not in order and (place.codec in codecs.BASED or other.codec not in codecs.BASED):
            try:
                store.contents.at(other)
            except (GitModelsError, OSError):
                continue
            return True
    return False


def _hand_on_graces(store: ObjectStore, rows: list[Place], made: Rewritten) -> None:
    """What was doomed stays doomed since the same time, wherever it lies now."""
    listed = DoomedFile(store.root, Staging(store.root, durable=True))
    doomed = dict(listed.read())
    if not doomed:
        return
    since = {place.chunk: doomed[place.pack, place.chunk] for place in rows if (place.pack, place.chunk) in doomed}
    alive = {place.chunk for place in rows if (place.pack, place.chunk) not in doomed}
    for new in made.packs:
        for place in new.places:
            if place.chunk in since and place.chunk not in alive:
                doomed[new.id, place.chunk] = since[place.chunk]
    listed.write(doomed)
