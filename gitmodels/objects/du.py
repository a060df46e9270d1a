"""How much room objects take: stored against raw, by pack, and for any group of manifests.

This room adds up what the index knows; it reads no payload. Callers say which manifests belong to which model.
"""

from collections.abc import Iterable
from typing import NamedTuple

from gitmodels.errors import GitModelsError
from gitmodels.objects.manifest import Manifest
from gitmodels.objects.pack import Place
from gitmodels.objects.record import HEADER_SIZE
from gitmodels.objects.store import ObjectStore


class PackUsage(NamedTuple):
    """One pack: its id as hex, the bytes of its file, the raw bytes and the number of its chunks."""

    pack: str
    stored: int
    raw: int
    chunks: int


class Usage(NamedTuple):
    """The whole store, in bytes: pack files, raw bytes of their chunks, cached files; and each pack."""

    stored: int
    raw: int
    cached: int
    packs: tuple[PackUsage, ...]


class ManifestUsage(NamedTuple):
    """A group of manifests, in bytes.

    ``raw``: their files as often as they are named. ``unique``: distinct chunks once, and the bases of those that
    have one. ``stored``: the records that hold those. ``exclusive``: the part of ``stored`` that no manifest outside
    the group needs. ``lacking``: raw bytes of files that are not stored here.
    """

    raw: int
    unique: int
    stored: int
    exclusive: int
    lacking: int


def usage(store: ObjectStore) -> Usage:
    """What the store takes. Raises OSError when a folder cannot be read."""
    raw: dict[bytes, int] = {}
    chunks: dict[bytes, int] = {}
    for place in store.catalog.places():
        raw[place.pack] = raw.get(place.pack, 0) + place.raw_length
        chunks[place.pack] = chunks.get(place.pack, 0) + 1
    packs = tuple(
        PackUsage(pack.hex(), size, raw.get(pack, 0), chunks.get(pack, 0))
        for pack, size in store.catalog.packs().items()
    )
    cached = sum(status.st_size for _, status in store.cache.files())
    return Usage(sum(each.stored for each in packs), sum(raw.values()), cached, packs)


def of_manifests(store: ObjectStore, manifests: Iterable[Manifest], others: Iterable[Manifest] = ()) -> ManifestUsage:
    """What a group of manifests takes, and how much of it ``others`` do not need.

    Raises Corrupt for a damaged chunk list; one that is not here counts as lacking.
    """
    group = tuple(manifests)
    needed, lacking = _places(store, group)
    shared, _ = _places(store, others)
    return ManifestUsage(
        raw=sum(manifest.size for manifest in group),
        unique=sum(place.raw_length for place in needed.values()),
        stored=sum(_room(place) for place in needed.values()),
        exclusive=sum(_room(place) for chunk, place in needed.items() if chunk not in shared),
        lacking=lacking,
    )


def _places(store: ObjectStore, manifests: Iterable[Manifest]) -> tuple[dict[bytes, Place], int]:
    """One place of every chunk and chunk list the manifests need, and the raw bytes that are not here."""
    needed: dict[bytes, Place] = {}
    lacking: dict[bytes, int] = {}
    for manifest in manifests:
        for entry in manifest.entries:
            if entry.chunks is not None and not store.has(entry.chunks):
                lacking[bytes.fromhex(entry.blake3)] = entry.size
                continue
            chunks = {chunk.id: chunk.length for chunk in store.chunks(entry)}
            if entry.chunks is not None:
                chunks[bytes.fromhex(entry.chunks)] = 0
            for chunk, length in chunks.items():
                if chunk in needed:
                    continue
                found = store.catalog.find(chunk)
                if found:
                    needed[chunk] = found[0]
                    needed |= _base(store, found[0])
                else:
                    lacking[chunk] = length
    return needed, sum(lacking.values())


def _base(store: ObjectStore, place: Place) -> dict[bytes, Place]:
    """The place of the base that the record at ``place`` needs."""
    try:
        base = store.contents.base_of(place)
    except (GitModelsError, OSError):
        return {}  # whoever reads it is told
    alone = store.contents.places(base, alone=True)
    return dict.fromkeys([base], alone[0]) if alone else {}


def _room(place: Place) -> int:
    return HEADER_SIZE + place.encoded_length
