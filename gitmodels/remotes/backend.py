"""What every remote can do: the protocol of stores of packs, and the smaller one of stores that map names to bytes.

A remote holds whole packs of the object store's own format (docs/format/objects.md), each beside its index file; it
knows no chunks, files or models, and nothing of it is believed: ``transfer`` verifies whatever it gives. This room
holds the two protocols and the words their backends share; it opens nothing.

What every backend owes its callers, and the conformance suite in tests/remotes/ asks of each:

- A pack is there for others from the moment ``put`` made it visible, whole, and not before; killed anywhere, ``put``
  leaves nothing visible, and doing it again succeeds.
- Packs are named by their content, so two who put the same pack at once both succeed and one pack is there.
- Trouble is a RemoteError of one line without credentials; a pack that is not there is an ObjectNotFound. Nothing
  else comes out, whatever a server answers, and nothing waits for ever.
- Methods may be called by several threads at once.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from gitmodels.digest import Digest
from gitmodels.errors import ObjectNotFound, RemoteError

# What is told of each piece that moved: its size in bytes.
Progress = Callable[[int], None]
# An index file is 56 bytes a chunk; a pack of 64 MiB that held chunks of one byte only would have one of this size.
MAX_INDEX = 64 << 20
# A pack closes at the first record that ends past 64 MiB, and a record holds at most 64 MiB and its header.
MAX_PACK = (128 << 20) + 4096


class PackRemote(Protocol):
    """A place that holds packs. Ids of packs are 32 bytes, sizes and offsets are in bytes."""

    @property
    def address(self) -> str:
        """Where it is, for people: without credentials, on one line."""
        ...

    @property
    def writable(self) -> bool:
        """Whether ``put`` and ``delete`` can work at all here; they raise RemoteError when not."""
        ...

    def packs(self) -> frozenset[bytes]:
        """The ids of the packs that are whole there, as of now. Raises RemoteError."""
        ...

    def ruins(self) -> tuple[str, ...]:
        """Names there that stood for packs and no longer lead to any, as of the last ``packs``, sorted.

        What is only halfway there, or may be, because somebody is putting it, is none.
        """
        ...

    def clear(self, ruin: str) -> None:
        """Remove one of ``ruins``. Raises RemoteError."""
        ...

    def size(self, pack: bytes) -> int:
        """How many bytes of the pack are there, as the remote says. Raises ObjectNotFound and RemoteError."""
        ...

    def index(self, pack: bytes) -> bytes:
        """The index file of this one pack, in the format of ``objects/index.py``, as it came: check it.

        At most ``MAX_INDEX`` bytes. Raises ObjectNotFound and RemoteError.
        """
        ...

    def read(self, pack: bytes, offset: int, length: int) -> bytes:
        """Exactly these bytes of the pack's file, as they came. Raises ObjectNotFound and RemoteError.

        A range that does not lie in the pack whole is a RemoteError.
        """
        ...

    def save(self, pack: bytes, target: Path, progress: Progress | None = None) -> None:
        """Stream the whole pack into the new file ``target``, which the caller verifies, syncs and on trouble removes.

        At most ``MAX_PACK`` bytes. Raises ObjectNotFound, RemoteError, and OSError for the local file.
        """
        ...

    def put(self, pack: bytes, source: Path, index: bytes, progress: Progress | None = None) -> bool:
        """Publish the pack in the file ``source`` if it is absent: first its bytes, then what makes it visible.

        ``index`` is its index file. False when the pack was there and nothing was sent. Durable when it returns.
        Raises RemoteError, and OSError for the local file.
        """
        ...

    def delete(self, pack: bytes) -> None:
        """Remove the pack: first what makes it visible. Nothing happens when it is not there. Raises RemoteError."""
        ...


class Listed(NamedTuple):
    """A name that a store of names holds, and how many bytes it has."""

    name: str
    size: int


class Keys(Protocol):
    """A store that maps names to bytes. Names are of a-z, 0-9, dot and slash, and ours alone to choose.

    What is written appears whole or not at all. Raises RemoteError; ObjectNotFound where said.
    """

    @property
    def address(self) -> str:
        """Where it is, for people: without credentials, on one line."""
        ...

    @property
    def writable(self) -> bool:
        """Whether anything can be written here."""
        ...

    def get(self, name: str, offset: int, length: int) -> bytes:
        """Exactly these bytes of what ``name`` holds. Raises ObjectNotFound when it holds nothing."""
        ...

    def save(self, name: str, target: Path, limit: int, progress: Progress | None = None) -> None:
        """Stream all that ``name`` holds, at most ``limit`` bytes, into the new file ``target``.

        Raises ObjectNotFound when it holds nothing, RemoteError when it is more, and OSError for the local file.
        """
        ...

    def size(self, name: str) -> int | None:
        """How many bytes ``name`` holds; None when it holds nothing."""
        ...

    def put_if_absent(self, name: str, source: Path | bytes, progress: Progress | None = None) -> bool:
        """Let ``name`` hold these bytes, or those of the file, unless it holds as many already; False then.

        What holds another number of bytes is damaged, since a name stands for its content, and is replaced.
        """
        ...

    def list(self, prefix: str) -> Iterator[Listed]:
        """What the names that start with ``prefix`` hold, in any order."""
        ...

    def delete(self, name: str) -> None:
        """Let ``name`` hold nothing."""
        ...

    def creates_once(self) -> bool:
        """Whether of two who create a name at once only one can. Writes and deletes a name of its own."""
        ...


def not_there(pack: bytes, address: str) -> ObjectNotFound:
    """The error for a pack that a remote does not have."""
    return ObjectNotFound(
        f"the remote {address} lacks the pack {pack.hex()[:16]}…",
        hint="it was removed there meanwhile, or never was: push again from a clone that has the model",
        digest=Digest(pack.hex()),
        remote=address,
    )


def lost_there(pack: bytes, address: str) -> ObjectNotFound:
    """The error for a pack that a remote names and no longer has."""
    return ObjectNotFound(
        f"the remote {address} lost the pack {pack.hex()[:16]}…, which it still names",
        hint="git models fsck --repair --remote NAME, in a clone that has the model, puts it back",
        digest=Digest(pack.hex()),
        remote=address,
    )


def read_only(address: str) -> RemoteError:
    """The error for a remote that can only be read."""
    return RemoteError(
        f"the remote {address} can only be read", hint="push to another remote: git models remote ls", remote=address
    )
