"""Checking out: the files of a manifest written into a folder of the user's, all of them or none.

This room knows paths and the bytes handed to it; it knows no packs. The files are copies that their owner may
change: nothing of the store is ever linked. They are written to a hidden folder beside the target, which then takes
the target's place in one step.
"""

import os
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from gitmodels.errors import AlreadyExists, FileMissing, GitModelsError
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.staging import write_all

Pieces = Callable[[Entry], Iterable[bytes | bytearray | memoryview]]

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def checkout(manifest: Manifest, target: Path, pieces: Pieces) -> None:
    """Write every file of ``manifest`` under ``target``, a folder that must be empty or not exist yet.

    Raises AlreadyExists when something is there (links are not followed), FileMissing when the folder above does not
    exist, GitModelsError when the system cannot write, and whatever ``pieces`` raises; the target is untouched then.
    """
    target = Path(os.path.abspath(target))
    _refuse_occupied(target)
    beside = target.parent / f".{target.name[:100]}.gitmodels-{os.getpid()}-{os.urandom(6).hex()}"
    try:
        os.mkdir(beside)
    except FileNotFoundError:
        raise FileMissing(f"no such folder: {target.parent}", hint="make it first") from None
    except OSError as error:
        raise GitModelsError(
            f"cannot write to {target.parent}: {error.strerror}", hint="nothing was changed"
        ) from error
    try:
        for entry in manifest.entries:
            _write(beside / entry.path, pieces(entry))
        _refuse_occupied(target)
        os.rename(beside, target)
    except BaseException as error:
        shutil.rmtree(beside, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, GitModelsError):
            raise GitModelsError(
                f"cannot check out to {target}: {error.strerror or error}", hint="nothing was changed"
            ) from error
        raise


def _write(path: Path, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
    try:
        descriptor = os.open(path, _CREATE, 0o666)
    except FileNotFoundError:
        path.parent.mkdir(parents=True)
        descriptor = os.open(path, _CREATE, 0o666)
    try:
        for piece in pieces:
            write_all(descriptor, [piece])
    finally:
        os.close(descriptor)


def _refuse_occupied(target: Path) -> None:
    try:
        status = os.lstat(target)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(status.st_mode) or os.listdir(target):
        raise AlreadyExists(f"{target} is there already", hint="choose another folder or remove it first")
