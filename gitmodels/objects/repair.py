"""Putting a damaged store right: what is whole is saved, what is damaged is put aside, what is lost is looked for.

This room acts on what fsck finds. A damaged pack's whole records are written to new packs before the pack is moved to
``quarantine/``, where nothing reads it and nothing removes it. Where lost chunks may be had is told by sources, which
give bytes for an id; they are believed when their BLAKE3 is that id.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from gitmodels import digest as digests
from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError
from gitmodels.objects import pack
from gitmodels.objects.fsck import Damage
from gitmodels.objects.gc import careful
from gitmodels.objects.pack import Place
from gitmodels.objects.rewrite import rewrite
from gitmodels.objects.staging import Staging, explained, remove
from gitmodels.objects.store import ObjectStore
from gitmodels.values import frozen

QUARANTINE = "quarantine"
# Gives the bytes of the chunk with this id (32 bytes), or None.
Source = Callable[[bytes], bytes | None]
_IN_PACKS = frozenset({"header", "truncated", "name", "content", "unreadable"})


@frozen
class Repaired:
    """What was done: packs moved to quarantine by file name, cached files dropped, chunks healed and still lost."""

    quarantined: tuple[str, ...]
    dropped: tuple[str, ...]
    healed: tuple[Digest, ...]
    lost: tuple[Digest, ...]


def repair(
    store: ObjectStore, damages: Sequence[Damage], lacking: Iterable[Digest] = (), sources: Iterable[Source] = ()
) -> Repaired:
    """Repair what ``damages`` (of a full fsck) tells, and look for them and for ``lacking`` in ``sources``.

    Raises Locked, and GitModelsError when the store cannot be written; doing it again goes on.
    """
    wanted = {bytes.fromhex(one) for one in (*lacking, *(each.chunk for each in damages if each.chunk))}
    with explained("cannot repair the object store"):
        Staging(store.root).make_folder(store.root)  # a clone that has no object yet
        with careful(store):
            dropped = [each.file for each in damages if each.kind == "cache"]
            for file in dropped:
                remove(store.root / file)
            aside = _put_aside(store, {each.file for each in damages if each.kind in _IN_PACKS})
            # Healed first: what was made from a chunk that is damaged can be read again then.
            healed = _heal(store, wanted, list(sources))
            for path, (kept, inode) in aside.items():
                _replace(store, path, kept, inode)
        if damages:
            store.rebuild_index()
            store.stats.forget()
    lost = tuple(sorted(Digest(each.hex()) for each in wanted if not _is_whole(store, each)))
    return Repaired(
        tuple(path.name for path in aside), tuple(dropped), tuple(sorted(Digest(one.hex()) for one in healed)), lost
    )


def _heal(store: ObjectStore, wanted: set[bytes], sources: list[Source]) -> list[bytes]:
    healed = []
    for chunk in sorted(wanted):
        if _is_whole(store, chunk):
            continue
        for source in sources:
            data = source(chunk)
            if data is not None and digests.of_bytes(data) == chunk.hex():
                store.add_bytes(data, heal=True)
                healed.append(chunk)
                break
    return healed


def _put_aside(store: ObjectStore, files: set[str]) -> dict[Path, tuple[Path, int]]:
    """Let these packs stand in the quarantine, too; where, and which inode each has under its own name."""
    found = {}
    folder = store.root / QUARANTINE
    staging = Staging(store.root, durable=True)
    for file in sorted(files):
        path = store.root / file
        if path.parent != store.packs_folder or not path.is_file():
            continue
        staging.make_folder(folder)
        aside = folder / path.name
        remove(aside)
        try:
            os.link(path, aside)
        except OSError:
            shutil.copyfile(path, aside)  # a file system without hard links
        found[path] = (aside, path.stat().st_ino)
    if found:
        staging.sync_folder(folder)
    return found


def _replace(store: ObjectStore, path: Path, aside: Path, inode: int) -> None:
    """Save what is whole in a pack that was put aside, and take it out of ``packs/``."""
    name = pack.id_of(path.name)
    if name is not None:
        # What is damaged is not copied; a pack whose head or name alone is wrong is saved whole under its right name.
        rewrite(store, _records(aside, name))
    with store.locked(exclusive=True):
        # A pack that is whole again, of the same records, has the same name and took its place.
        if path.stat().st_ino == inode:
            os.unlink(path)
        Staging(store.root, durable=True).sync_folder(store.packs_folder)


def _records(path: Path, name: bytes) -> list[Place]:
    found = pack.scan(path).records
    return [Place(each.chunk, name, offset, each.raw_length, each.encoded_length, each.codec) for offset, each in found]


def _is_whole(store: ObjectStore, chunk: bytes) -> bool:
    try:
        store.contents.read(chunk)
    except GitModelsError:
        return False
    return True
