"""Getting the bytes of a cached file to another path: as a clone, a hard link or a copy, whichever can be had.

This room knows file systems, which are probed once each, and digests; what the files are is not its business. Only
files of the cache are ever cloned or linked: they can be made again, packs cannot.
"""

import errno
import fcntl
import os
import sys
from pathlib import Path

from blake3 import blake3

from gitmodels.digest import Digest
from gitmodels.errors import DigestMismatch
from gitmodels.objects.staging import remove, write_all

# Linux: share the blocks of another file of the same file system until either is written to.
_FICLONE = 0x40049409
_NO_LINKS = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP, errno.EACCES, errno.ENOSYS}
_PIECE = 4 << 20
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

# Devices of two folders -> whether files of the one can be cloned into the other. File systems do not learn it later.
_clones: dict[tuple[int, int], bool] = {}


def can_clone(source: Path, target: Path) -> bool:
    """Whether a file in the folder ``source`` can be cloned into the folder ``target``; tried once in a process."""
    if sys.platform != "linux":
        return False
    try:
        devices = (os.stat(source).st_dev, os.stat(target).st_dev)
    except OSError:
        return False
    if devices not in _clones:
        _clones[devices] = _try_clone(source, target)
    return _clones[devices]


def clone(source: Path, target: str | Path) -> None:
    """Make ``target`` a clone of the file ``source``: the same bytes, its own times and mode. Raises OSError."""
    read = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        written = os.open(target, _CREATE, 0o666)
        try:
            fcntl.ioctl(written, _FICLONE, read)
        finally:
            os.close(written)
    finally:
        os.close(read)


def link(source: Path, target: str | Path) -> bool:
    """Make ``target`` a hard link of the file ``source``; False where that cannot be. Raises OSError otherwise."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return False
    return True


def copy(source: Path, target: Path, digest: Digest, mode: int) -> None:
    """Copy the file ``source``, whose id is ``digest``, to ``target``, which must not exist; every byte is verified.

    Raises DigestMismatch when the bytes are not those of the id, and OSError.
    """
    hasher = blake3(max_threads=blake3.AUTO)
    with open(source, "rb", buffering=0) as stream:
        descriptor = os.open(target, _CREATE, mode)
        try:
            while piece := stream.read(_PIECE):
                hasher.update(piece)
                write_all(descriptor, [piece])
        finally:
            os.close(descriptor)
    if hasher.hexdigest() != digest:
        remove(target)
        raise DigestMismatch(f"the bytes of the cached file {digest} are damaged")


def _try_clone(source: Path, target: Path) -> bool:
    name = f".clone-{os.getpid()}-{os.urandom(6).hex()}"
    probe, cloned = source / name, target / f"{name}.new"
    try:
        probe.write_bytes(bytes(4096))
        clone(probe, cloned)
    except OSError:
        return False
    finally:
        remove(probe)
        remove(cloned)
    return True
