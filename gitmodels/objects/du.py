"""How much room objects take: stored against raw, by pack, and for any groups of manifests what each shares and saves.

This room adds up what the index knows; of payloads it reads chunk lists alone. Callers say which manifests belong to
which model. A chunk that others are made from counts where they are needed, too.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gitmodels.errors import GitModelsError
from gitmodels.objects import codecs
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.pack import Place
from gitmodels.objects.record import HEADER_SIZE, NO_BASE
from gitmodels.objects.store import ObjectStore
from gitmodels.values import frozen


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


@frozen
class Room:
    """What a group of manifests takes, in bytes.

    ``raw``: their files as often as they are named. ``stored``: the records they need, each once. ``exclusive``: the
    part of ``stored`` that nothing else needs. ``added``: the part that nothing before needed. ``lacking``: raw bytes
    that are not here. What was saved: ``deduplicated`` by storing equal chunks once, ``compressed`` by codecs,
    ``deltas`` by storing differences to other chunks. ``overhead``: headers, chunk lists, and bases that none of the
    files contains. So ``raw + overhead == stored + lacking + deduplicated + compressed + deltas``.
    ``shared_with``: the other groups that need some of the same records.
    """

    raw: int = 0
    stored: int = 0
    exclusive: int = 0
    added: int = 0
    lacking: int = 0
    deduplicated: int = 0
    compressed: int = 0
    deltas: int = 0
    overhead: int = 0
    shared_with: tuple[str, ...] = ()


@frozen
class Explained:
    """Rooms of all manifests together, of each group, and of each manifest in the order they were given."""

    whole: Room
    groups: dict[str, Room]
    items: tuple[Room, ...]


class _Need(NamedTuple):
    """A chunk: where it lies (None: not here), its raw length, whether a file contains it."""

    place: Place | None
    raw: int
    in_file: bool


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


def explain(store: ObjectStore, named: Iterable[tuple[str, Manifest]]) -> Explained:
    """What manifests take, each with the name of its group, in the order in which they were made.

    A chunk list that is damaged or not here makes its file count as lacking.
    """
    store.catalog.refresh(if_changed=True)
    ledger = _Ledger(store)
    items = [(group, manifest, ledger.needs(manifest)) for group, manifest in named]
    users: dict[bytes, int] = {}
    first: dict[bytes, int] = {}
    owners: dict[bytes, dict[str, None]] = {}
    groups: dict[str, list[int]] = {}
    for number, (group, _, needs) in enumerate(items):
        groups.setdefault(group, []).append(number)
        for chunk in needs:
            users[chunk] = users.get(chunk, 0) + 1
            first.setdefault(chunk, number)
            owners.setdefault(chunk, {})[group] = None

    def room(numbers: Sequence[int], group: str, *, alone: dict[bytes, int]) -> Room:
        needs: dict[bytes, _Need] = {}
        for number in numbers:
            # What is only a base here may be part of a file there.
            needs |= {key: need for key, need in items[number][2].items() if need.in_file or key not in needs}
        raw = sum(items[number][1].size for number in numbers)
        mine = frozenset(numbers)
        return _room(
            raw,
            needs,
            exclusive={chunk for chunk in needs if alone[chunk] == 1},
            added={chunk for chunk in needs if first[chunk] in mine},
            shared_with={other for chunk in needs for other in owners[chunk] if other != group},
        )

    spread = {chunk: len(found) for chunk, found in owners.items()}
    return Explained(
        room(range(len(items)), "", alone=dict.fromkeys(users, 1)),
        {group: room(numbers, group, alone=spread) for group, numbers in groups.items()},
        tuple(room([number], group, alone=users) for number, (group, _, _) in enumerate(items)),
    )


class _Ledger:
    """The chunks that manifests need, looked up once each."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lists: dict[bytes, list[tuple[bytes, int]] | None] = {}
        self._places: dict[bytes, Place | None] = {}
        self._bases: dict[bytes, bytes] = {}

    def needs(self, manifest: Manifest) -> dict[bytes, _Need]:
        found: dict[bytes, _Need] = {}
        for entry in manifest.entries:
            chunks: list[tuple[bytes, int]] | None = [(bytes.fromhex(entry.blake3), entry.size)]
            if entry.chunks is not None:
                each = bytes.fromhex(entry.chunks)
                if each not in self._lists:
                    self._lists[each] = self._read(entry)
                chunks = self._lists[each]
                if chunks is None:
                    # Nobody knows its chunks, so the file counts as one that is not here.
                    found[bytes.fromhex(entry.blake3)] = _Need(None, entry.size, True)
                    continue
                found.setdefault(each, _Need(self._place(each), 0, False))
            for chunk, length in chunks or ():
                found[chunk] = _Need(self._place(chunk), length, True)
        for chunk in list(found):
            base = self._base(chunk)
            if base != NO_BASE and base not in found:
                alone = self._store.contents.places(base, alone=True)
                found[base] = _Need(alone[0] if alone else None, 0, False)
        return found

    def _read(self, entry: Entry) -> list[tuple[bytes, int]] | None:
        try:
            return [(chunk.id, chunk.length) for chunk in self._store.chunks(entry)]
        except GitModelsError:
            return None

    def _place(self, chunk: bytes) -> Place | None:
        if chunk not in self._places:
            places = self._store.catalog.find(chunk)
            self._places[chunk] = min(places, key=lambda place: place.encoded_length) if places else None
        return self._places[chunk]

    def _base(self, chunk: bytes) -> bytes:
        if chunk not in self._bases:
            place = self._places.get(chunk)
            try:
                self._bases[chunk] = NO_BASE if place is None else self._store.contents.base_of(place)
            except (GitModelsError, OSError):
                self._bases[chunk] = NO_BASE
        return self._bases[chunk]


def _room(
    raw: int, needs: dict[bytes, _Need], *, exclusive: set[bytes], added: set[bytes], shared_with: set[str]
) -> Room:
    here = [(chunk, need, need.place) for chunk, need in needs.items() if need.place is not None]
    stored = sum(_size(place) for _, _, place in here)
    lacking = sum(need.raw for need in needs.values() if need.place is None)
    contained = [(need.raw, place) for _, need, place in here if need.in_file]
    differences = [(length, place) for length, place in contained if place.codec in codecs.BASED]
    deltas = sum(length - place.encoded_length for length, place in differences)
    saved = sum(length - place.encoded_length for length, place in contained)
    return Room(
        raw,
        stored,
        sum(_size(place) for chunk, _, place in here if chunk in exclusive),
        sum(_size(place) for chunk, _, place in here if chunk in added),
        lacking,
        raw - lacking - sum(length for length, _ in contained),
        saved - deltas,
        deltas,
        stored - sum(place.encoded_length for _, place in contained),
        tuple(sorted(shared_with)),
    )


def _size(place: Place) -> int:
    return HEADER_SIZE + place.encoded_length
