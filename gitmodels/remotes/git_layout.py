"""How packs stand in a git repository: refs, commits, trees and blobs, and nothing of how they get there.

    refs/gitmodels/packs/<id>          a commit whose tree holds ``index`` and ``parts``; its one parent holds the parts
    refs/gitmodels/packs/group-<id>    several packs: ``<pack>/index`` and ``<pack>/parts``; its parents are theirs

A part is a blob of at most 512 KiB of the pack, all equally long but the last; ``parts`` lists them. So fetching one
commit without its parents brings the index file and the names of all parts, on any server, and each part can be asked
for by its name. Everything about a commit is fixed (docs/format/remotes.md): the same pack gives the same commit
everywhere. What is read here came from a server, and is refused with RemoteError unless it is exactly that.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from blake3 import blake3

from gitmodels.errors import GitModelsError, RemoteError
from gitmodels.git import raw
from gitmodels.git.repository import GitRepository
from gitmodels.git.stored_pack import StoredPack
from gitmodels.patterns import pattern
from gitmodels.remotes.backend import MAX_INDEX, MAX_PACK
from gitmodels.values import frozen

PREFIX = "refs/gitmodels/packs/"
PART = 512 << 10
# git servers keep a push of so many objects as the pack that it is; fewer they take apart, and compress each again,
# and look for deltas between them whenever somebody fetches them.
_MANY = 100
_LEAST_PART = 8 << 10
INDEX, PARTS = "index", "parts"
_GROUP = "group-"
_STAMP = raw.Identity("gitmodels", "gitmodels@localhost").stamp(0)
_ID = pattern(r"[0-9a-f]{64}")
_LISTED = pattern(rb"size (\d{1,10})\npart (\d{1,6})\n((?:(?:[0-9a-f]{40}|[0-9a-f]{64})\n)*)")
_SIZE = pattern(rb"\nSize: (\d{1,10})\n")
_MOST_IN_GROUP = 4096


@frozen
class Held:
    """One pack as a commit holds it: the commit of its own, the id of its tree, and what the tree says.

    ``index`` is the id of the blob that is its index file, ``parts`` those of its parts; ``size`` and ``part`` are the
    lengths in bytes of the pack and of each part but the last.
    """

    commit: str
    tree: str
    index: str
    size: int
    part: int
    parts: tuple[str, ...]


def ref_of(pack: bytes) -> str:
    """The ref of one pack."""
    return PREFIX + pack.hex()


def group_ref(packs: Iterable[bytes]) -> str:
    """The ref of a group of these packs."""
    return f"{PREFIX}{_GROUP}{blake3(b''.join(sorted(packs))).hexdigest()}"


def pack_of(ref: str) -> bytes | None:
    """The pack that a ref stands for, None for a group or anything else."""
    name = ref.removeprefix(PREFIX)
    return bytes.fromhex(name) if ref.startswith(PREFIX) and _ID.fullmatch(name) else None


def is_group(ref: str) -> bool:
    """Whether a ref stands for a group."""
    return ref.startswith(PREFIX + _GROUP) and _ID.fullmatch(ref[len(PREFIX + _GROUP) :]) is not None


def write_pack(folder: Path, fmt: raw.ObjectFormat, pack: bytes, source: Path, index: bytes) -> Held:
    """Write the pack in the file ``source`` into ``folder``, an ``objects/pack`` of git's; how it lies there.

    ``fmt`` is how ids are made there. Raises OSError.
    """
    with open(source, "rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        part = part_length(size)
        parts = [fmt.id_of("blob", data) for data in _pieces(stream.fileno(), size, part)]
        listed = "".join(f"{line}\n" for line in (f"size {size}", f"part {part}", *parts)).encode()
        below = _tree({f"{number:05}": (raw.FILE_MODE, part) for number, part in enumerate(parts)})
        bottom = _commit(fmt.id_of("tree", below), [], f"Parts of pack {pack.hex()}")
        above = _tree(
            {name: (raw.FILE_MODE, fmt.id_of("blob", data)) for name, data in ((INDEX, index), (PARTS, listed))}
        )
        top = _commit(fmt.id_of("tree", above), [fmt.id_of("commit", bottom)], f"Pack {pack.hex()}\n\nSize: {size}")
        rest = [
            ("blob", index),
            ("blob", listed),
            ("tree", below),
            ("tree", above),
            ("commit", bottom),
            ("commit", top),
        ]
        count = len({*parts, *(fmt.id_of(kind, data) for kind, data in rest)})
        written = StoredPack(folder, fmt, count)
        try:
            for data in _pieces(stream.fileno(), size, part):
                written.add("blob", data)
            for kind, data in rest:
                written.add(kind, data)
            written.finish()
        finally:
            written.close()
    ids = (fmt.id_of("commit", top), fmt.id_of("tree", above), fmt.id_of("blob", index))
    return Held(*ids, size, part, tuple(parts))


def size_of(repo: GitRepository, commit: str) -> int:
    """The size of a pack in bytes as the message of its commit, which is in ``repo``, tells it; 0 when it does not."""
    match = _SIZE.search(raw.parse_commit(repo.objects.read(commit, "commit")).message)
    return int(match[1]) if match else 0


def write_group(repo: GitRepository, held: Mapping[bytes, Held]) -> str:
    """Write the commit of a group into ``repo``, which has the commits of its packs; the group's id. Raises OSError."""
    fmt = repo.object_format
    tree = _tree({pack.hex(): (raw.TREE_MODE, held[pack].tree) for pack in sorted(held)})
    commit = _commit(fmt.id_of("tree", tree), [held[pack].commit for pack in sorted(held)], f"{len(held)} packs")
    written = StoredPack(repo.common_dir / "objects" / "pack", fmt, 2)
    try:
        written.add("tree", tree)
        oid = written.add("commit", commit)
        written.finish()
    finally:
        written.close()
    return oid


def read_pack(repo: GitRepository, commit: str) -> Held:
    """What the commit of one pack, which is in ``repo``, says. Raises RemoteError."""
    with _believed():
        return _held(repo, commit, raw.parse_commit(repo.objects.read(commit, "commit")).tree)


def read_group(repo: GitRepository, commit: str) -> dict[bytes, Held]:
    """What the commit of a group, which is in ``repo``, says of each of its packs. Raises RemoteError."""
    with _believed():
        parsed = raw.parse_commit(repo.objects.read(commit, "commit"))
        entries = raw.parse_tree(repo.objects.read(parsed.tree, "tree"), repo.object_format.size).entries
        names = sorted(entries)
        if len(names) != len(parsed.parents) or len(names) > _MOST_IN_GROUP or not all(map(_ID.fullmatch, names)):
            raise _strange()
        return {
            bytes.fromhex(name): _held(repo, parent, entries[name][1])
            for name, parent in zip(names, parsed.parents, strict=True)
        }


def _held(repo: GitRepository, commit: str, tree: str) -> Held:
    entries = raw.parse_tree(repo.objects.read(tree, "tree"), repo.object_format.size).entries
    if set(entries) != {INDEX, PARTS} or not all(raw.is_blob_mode(mode) for mode, _ in entries.values()):
        raise _strange()
    match = _LISTED.fullmatch(repo.objects.read(entries[PARTS][1], "blob"))
    if match is None:
        raise _strange()
    size, part, parts = int(match[1]), int(match[2]), tuple(match[3].decode().split())
    if size > MAX_PACK or not 0 < part <= PART or len(parts) != -(-size // part):
        raise _strange()
    if any(len(part) != repo.object_format.size * 2 for part in parts):
        raise _strange()
    return Held(commit, tree, entries[INDEX][1], size, part, parts)


def read_index(repo: GitRepository, held: Held) -> bytes:
    """The index file of a pack whose commit is in ``repo``. Raises RemoteError."""
    with _believed():
        data = repo.objects.read(held.index, "blob")
    if len(data) > MAX_INDEX:
        raise _strange()
    return data


def read_part(repo: GitRepository, held: Held, number: int) -> bytes:
    """One part of a pack, which is in ``repo``. Raises RemoteError."""
    with _believed():
        data = repo.objects.read(held.parts[number], "blob")
    if len(data) != min(held.part, held.size - number * held.part):
        raise _strange()
    return data


@contextlib.contextmanager
def _believed() -> Iterator[None]:
    """Whatever is wrong with what a server gave is a RemoteError."""
    try:
        yield
    except RemoteError:
        raise
    except GitModelsError as error:
        raise RemoteError(f"what the remote sent cannot be read: {error.message}", kind="failed") from None


def _strange() -> RemoteError:
    return RemoteError(
        "what the remote has below refs/gitmodels/packs is none of our packs",
        hint="somebody else wrote there, or a newer gitmodels: upgrade, or see with git log who did",
        kind="failed",
    )


def part_length(size: int) -> int:
    """How long the parts of a pack of ``size`` bytes are.

    >>> part_length(64 << 20), part_length(10 << 20), part_length(100)
    (524288, 65536, 8192)
    """
    part = PART
    while size // part < _MANY and part > _LEAST_PART:
        part >>= 1
    return part


def _pieces(fd: int, size: int, part: int) -> Iterator[bytes]:
    for start in range(0, size, part):
        data = os.pread(fd, min(part, size - start), start)
        if len(data) != min(part, size - start):
            raise OSError("the pack became shorter while it was read")
        yield data


def _tree(entries: raw.Entries) -> bytes:
    return raw.Tree(entries).data()


def _commit(tree: str, parents: list[str], message: str) -> bytes:
    return raw.serialize_commit(tree, parents, _STAMP, _STAMP, message)
