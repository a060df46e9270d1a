"""Trying a remote: can it be reached, read, written, does it create once, does it answer ranges. One line each.

This room uses the protocol alone, with a tiny pack of its own that it takes away again. It knows no backend.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from gitmodels import digest
from gitmodels.errors import GitModelsError
from gitmodels.objects import codecs
from gitmodels.objects import index as index_file
from gitmodels.objects import pack as pack_file
from gitmodels.objects.staging import Staging
from gitmodels.objects.writer import Pack, PackWriter
from gitmodels.remotes.backend import PackRemote
from gitmodels.values import frozen

Verdict = Literal["yes", "no", "not tried"]
_TRIES = ("reach", "read", "ranges", "write", "create once", "delete")


@frozen
class Tried:
    """One thing that was tried: its name, how it went, and in words what that means."""

    what: str
    verdict: Verdict
    told: str


def probe(remote: PackRemote) -> list[Tried]:
    """What ``remote`` can do, tried one after the other; what depends on something that failed is not tried."""
    try:
        packs = remote.packs()
    except GitModelsError as error:
        return [_no("reach", error), *(Tried(what, "not tried", "it cannot be reached") for what in _TRIES[1:])]
    found = [Tried("reach", "yes", f"{len(packs)} packs are there")]
    if not remote.writable:
        found += _reading(remote, min(packs, default=None))
        return [*found, *(Tried(what, "not tried", "it can only be read") for what in _TRIES[3:])]
    with tempfile.TemporaryDirectory(prefix="gitmodels-probe-") as folder:
        pack, path, index = _tiny(Path(folder))
        written = _tried("write", "packs can be put there", lambda: remote.put(pack.id, path, index))
        if written.verdict == "no":
            left = [
                Tried("create once", "not tried", "it cannot be written"),
                Tried("delete", "not tried", "nothing was"),
            ]
            return [*found, *_reading(remote, min(packs, default=None)), written, *left]
        found += [*_reading(remote, pack.id, path.read_bytes()), written, _once(remote, pack.id, path, index)]
        found.append(_tried("delete", "and taken away again", lambda: _deleted(remote, pack.id)))
    return found


def _reading(remote: PackRemote, pack: bytes | None, content: bytes | None = None) -> list[Tried]:
    if pack is None:
        return [Tried(what, "not tried", "nothing is there to read") for what in ("read", "ranges")]

    def whole() -> bool:
        with tempfile.TemporaryDirectory(prefix="gitmodels-probe-") as folder:
            target = Path(folder) / pack_file.name_of(pack)
            remote.save(pack, target)
            return not pack_file.scan(target).flaws and (content is None or target.read_bytes() == content)

    def ranges() -> bool:
        head = remote.read(pack, 0, len(pack_file.HEAD))
        return head == pack_file.HEAD and remote.read(pack, 8, 4) == head[8:12]

    return [
        _tried("read", "what is there comes whole", whole, "what comes is not what is there"),
        _tried("ranges", "parts of packs can be fetched", ranges, "it gives other parts than were asked for"),
    ]


def _once(remote: PackRemote, pack: bytes, path: Path, index: bytes) -> Tried:
    asked = getattr(remote, "creates_once", None)
    if asked is None:
        told = "what is there is not sent again"
        return _tried("create once", told, lambda: not remote.put(pack, path, index), "it takes the same pack twice")
    no = "it ignores the condition: two who push the same at once send it twice, which does no harm"
    return _tried("create once", "of two who push the same at once one sends it", asked, no)


def _deleted(remote: PackRemote, pack: bytes) -> bool:
    remote.delete(pack)
    return pack not in remote.packs()


def _tried(what: str, yes: str, attempt: Callable[[], bool], no: str = "it did not work") -> Tried:
    try:
        return Tried(what, "yes", yes) if attempt() else Tried(what, "no", no)
    except (GitModelsError, OSError) as error:
        return _no(what, error)


def _no(what: str, error: Exception) -> Tried:
    told = error.message if isinstance(error, GitModelsError) else str(error)
    hint = error.hint if isinstance(error, GitModelsError) else ""
    return Tried(what, "no", f"{told} ({hint})" if hint else told)


def _tiny(folder: Path) -> tuple[Pack, Path, bytes]:
    """A pack of one random chunk, its file, and its index file."""
    data = os.urandom(64)
    writer = PackWriter(Staging(folder, durable=False), folder / "packs")
    writer.append(bytes.fromhex(digest.of_bytes(data)), len(data), codecs.RAW, data)
    (pack,) = writer.publish()
    return pack, folder / "packs" / pack_file.name_of(pack.id), index_file.build([(pack.id, pack.size)], pack.places)
