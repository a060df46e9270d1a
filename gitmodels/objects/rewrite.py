"""Copying records from packs into new ones, as they are encoded, each verified on the way.

This room knows packs and the writer. Which records are worth keeping, and when the old packs may go, its callers
decide. The new packs are published before it returns, synced whatever the store's durability: what stands in them may
be the only copy from then on.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from gitmodels.errors import Corrupt, DigestMismatch
from gitmodels.objects import pack, record
from gitmodels.objects.pack import Place
from gitmodels.objects.staging import Staging, explained
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import Pack, PackWriter

# Told after each record how many bytes were copied.
Progress = Callable[[int], None]
# A payload longer than this is on its way to the disk before the next is read: memory stays bounded.
_WAITED = 16 << 20


class Rewritten(NamedTuple):
    """New packs, and the records that could not be copied because they are damaged or gone."""

    packs: tuple[Pack, ...]
    failed: tuple[Place, ...]


def _ignored(copied: int) -> None:
    return


def rewrite(store: ObjectStore, places: Iterable[Place], *, progress: Progress = _ignored) -> Rewritten:
    """Copy the records at ``places``, each chunk once, into new packs in that order.

    Raises Locked, and GitModelsError when writing fails; nothing is published then.
    """
    failed: list[Place] = []
    with store.locked(), explained("cannot rewrite the packs"):
        writer = PackWriter(Staging(store.root, durable=True), store.packs_folder)
        try:
            for place in places:
                if not _copied(store, writer, place):
                    failed.append(place)
                progress(record.HEADER_SIZE + place.encoded_length)
            packs = writer.publish()
        except BaseException:
            writer.abort()
            raise
        if packs:
            store.catalog.publish(packs)
    return Rewritten(tuple(packs), tuple(failed))


def _copied(store: ObjectStore, writer: PackWriter, place: Place) -> bool:
    if writer.holds(place.chunk):
        return True
    try:
        found, payload = pack.read_record(store.catalog.path(place.pack), place)
        if record.payload_check(payload) != found.payload_check:
            raise DigestMismatch(f"the stored bytes of chunk {place.chunk.hex()} are damaged")
    except (Corrupt, FileNotFoundError):
        return False
    written = writer.copy(found, payload)
    if written is not None and len(payload) > _WAITED:
        written.result()
    return True
