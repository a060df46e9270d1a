"""A remote of packs over any store that maps names to bytes: two names a pack, of which the second makes it visible.

This room knows the names (docs/format/remotes.md): ``packs/<xx>/<id>.pack`` and ``packs/<xx>/<id>.index``, where
``<xx>`` are the first two digits of the id. It does not know where the bytes go, and checks nothing of what comes.
"""

from collections.abc import Iterable
from pathlib import Path

from gitmodels.errors import ObjectNotFound, RemoteError
from gitmodels.patterns import pattern
from gitmodels.remotes.backend import MAX_INDEX, MAX_PACK, Keys, Listed, Progress, not_there, read_only

FOLDER = "packs/"
PACK, INDEX = ".pack", ".index"
_NAME = pattern(r"packs/([0-9a-f]{2})/((?:\1)[0-9a-f]{62})\.(pack|index)")


class KeyedPacks:
    """Packs in ``keys``; a ``PackRemote``. May be shared by threads when ``keys`` may."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        # What the last listing said, so that reading an index file costs one request.
        self._sizes: dict[bytes, tuple[int, int]] = {}
        self._ruins: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return self._keys.address

    @property
    def writable(self) -> bool:
        """Whether packs can be put here."""
        return self._keys.writable

    def packs(self) -> frozenset[bytes]:
        """The ids of the packs of which both names are there."""
        listed = list(self._keys.list(FOLDER))
        self._sizes = whole(listed)
        # The index file is written last and deleted first: alone it is what was left of a pack.
        alone = (pack_of(each.name) for each in listed)
        self._ruins = tuple(
            sorted(_name(*found) for found in alone if found and found[1] == INDEX and found[0] not in self._sizes)
        )
        return frozenset(self._sizes)

    def ruins(self) -> tuple[str, ...]:
        """Index files whose packs are gone."""
        return self._ruins

    def clear(self, ruin: str) -> None:
        """Delete the index file."""
        self._keys.delete(ruin)

    def size(self, pack: bytes) -> int:
        """The size of the pack, as the last listing said or the store says now."""
        found = self._sizes[pack][0] if pack in self._sizes else self._keys.size(pack_name(pack))
        if found is None:
            raise not_there(pack, self.address)
        return found

    def index(self, pack: bytes) -> bytes:
        """The index file of the pack, as it came."""
        name = index_name(pack)
        length = self._sizes[pack][1] if pack in self._sizes else self._keys.size(name)
        if length is None:
            raise not_there(pack, self.address)
        if length > MAX_INDEX:
            raise RemoteError(f"the remote {self.address} has an index file of {length} bytes", remote=self.address)
        return self._of(pack, name, 0, length)

    def read(self, pack: bytes, offset: int, length: int) -> bytes:
        """These bytes of the pack, as they came."""
        return self._of(pack, pack_name(pack), offset, length)

    def save(self, pack: bytes, target: Path, progress: Progress | None = None) -> None:
        """The whole pack as the new file ``target``, as it came."""
        try:
            self._keys.save(pack_name(pack), target, MAX_PACK, progress)
        except ObjectNotFound:
            raise not_there(pack, self.address) from None

    def put(self, pack: bytes, source: Path, index: bytes, progress: Progress | None = None) -> bool:
        """The pack's bytes under its first name, then its index file under the second."""
        if not self.writable:
            raise read_only(self.address)
        # Also where the index file is there: what was lost of the pack since then is put back.
        sent = self._keys.put_if_absent(pack_name(pack), source, progress)
        return self._keys.put_if_absent(index_name(pack), index) or sent

    def delete(self, pack: bytes) -> None:
        """First the index file, then the pack."""
        if not self.writable:
            raise read_only(self.address)
        self._keys.delete(index_name(pack))
        self._keys.delete(pack_name(pack))

    def creates_once(self) -> bool:
        """Whether of two who create a name at once only one can. Writes and deletes a name of its own."""
        return self._keys.creates_once()

    def _of(self, pack: bytes, name: str, offset: int, length: int) -> bytes:
        try:
            return self._keys.get(name, offset, length)
        except ObjectNotFound:
            raise not_there(pack, self.address) from None


def pack_name(pack: bytes) -> str:
    """The name of a pack's bytes.

    >>> pack_name(bytes(32))[:20]
    'packs/00/00000000000'
    """
    return _name(pack, PACK)


def index_name(pack: bytes) -> str:
    """The name of a pack's index file."""
    return _name(pack, INDEX)


def pack_of(name: str) -> tuple[bytes, str] | None:
    """The id of the pack that a name belongs to, and its ending; None for what is no name of ours.

    >>> pack_of("packs/00/readme.txt") is None
    True
    """
    match = _NAME.fullmatch(name)
    return None if match is None else (bytes.fromhex(match[2]), f".{match[3]}")


def whole(listed: Iterable[Listed]) -> dict[bytes, tuple[int, int]]:
    """The packs of which both names are among ``listed``, with the sizes in bytes of pack and index file."""
    found: dict[bytes, dict[str, int]] = {}
    for name, size in listed:
        known = pack_of(name)
        if known is not None:
            found.setdefault(known[0], {})[known[1]] = size
    return {pack: (sizes[PACK], sizes[INDEX]) for pack, sizes in found.items() if len(sizes) == 2}


def _name(pack: bytes, ending: str) -> str:
    spelled = pack.hex()
    return f"{FOLDER}{spelled[:2]}/{spelled}{ending}"
