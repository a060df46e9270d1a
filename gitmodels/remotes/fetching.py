"""Bytes on demand: what a reader misses is looked for on every remote that may have it, one after the other.

This room knows remotes and the order they are asked in. Who is expecting what is known by ``objects/reading.py``.
"""

from collections.abc import Iterable, Sequence

from gitmodels.errors import ObjectNotFound, RemoteError
from gitmodels.objects.manifest import Entry
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes import transfer
from gitmodels.remotes.backend import PackRemote

_NOT_THERE = "push it from a clone that has it: git models push"


def fetch(store: ObjectStore, remotes: Iterable[PackRemote], wanted: Sequence[Entry | bytes]) -> None:
    """Bring what ``store`` lacks of files and chunks (ids of 32 bytes) from the first of ``remotes`` that has it.

    What one has is kept when the rest comes from another. Raises ObjectNotFound when none has all of it, RemoteError
    when one that may have it cannot be reached.
    """
    missed: ObjectNotFound | None = None
    unreachable: RemoteError | None = None
    for remote in remotes:
        try:
            with store.recording():
                transfer.download(store, wanted, remote, progress=store.progress)
        except ObjectNotFound as error:
            missed = error
        except RemoteError as error:
            unreachable = unreachable or error
        else:
            return
    if unreachable is not None:
        raise unreachable
    raise missed or ObjectNotFound("the object store lacks it, and there is no remote to ask", hint=_NOT_THERE)
