"""What travels between the local store and a remote: the three verbs that everything above uses.

This room only joins its neighbours: ``upload`` plans what is sent, ``download`` what is fetched. Who wants to know
how much it will be before it begins makes an ``Upload`` or a ``Download`` and looks at its ``size``.
"""

from collections.abc import Callable, Iterable

from gitmodels.errors import GitModelsError, ObjectNotFound, RemoteError
from gitmodels.objects import pack
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.pack import Place
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes import checking
from gitmodels.remotes.backend import PackRemote, Progress
from gitmodels.remotes.catalogue import Catalogue
from gitmodels.remotes.download import Download, Downloaded, Wanted
from gitmodels.remotes.upload import Upload, Uploaded

__all__ = ["Download", "Downloaded", "Upload", "Uploaded", "Wanted", "download", "source", "upload"]


def upload(
    store: ObjectStore, wanted: Iterable[Wanted], remote: PackRemote, *, progress: Progress | None = None
) -> Uploaded:
    """Send what ``remote`` lacks of ``wanted``: manifests, entries, or ids of chunks (32 bytes).

    Chunk lists and the bases of deltas go with it, whatever else lies in the same packs stays. Once it returns, all of
    it can be read from the remote alone. ``progress`` is called with the size of each piece that moved. Doing it again
    sends nothing twice, also after a kill. Raises ObjectNotFound for what is neither here nor there, Corrupt for damage
    here, RemoteError.
    """
    return Upload(store, wanted, remote).run(progress)


def download(
    store: ObjectStore, wanted: Iterable[Wanted], remote: PackRemote, *, progress: Progress | None = None
) -> Downloaded:
    """Fetch what ``store`` lacks of ``wanted``, as in ``upload``, each chunk verified before it is stored.

    Hold ``store.recording()`` around it and around what makes its names known. What was verified stays, however it
    ends. Raises ObjectNotFound for what is neither here nor there, DigestMismatch for what the remote has no sound copy
    of, RemoteError, Locked, and GitModelsError when the store cannot be written.
    """
    return Download(store, wanted, remote).run(progress)


def source(store: ObjectStore, remote: PackRemote) -> Callable[[bytes], bytes | None]:
    """A source of single chunks for ``objects/repair.py``: the verified bytes of one chunk (id of 32 bytes), or None.

    What ``remote`` holds is asked when the first chunk is; raises RemoteError then, and when it cannot be read.
    """
    catalogue = Catalogue(store, remote)
    asked = False

    def chunk_of(chunk: bytes) -> bytes | None:
        nonlocal asked
        if not asked:
            catalogue.refresh()
            asked = True
        data = first_sound(catalogue, remote, catalogue.find(chunk))
        return None if data is None else bytes(data)

    return chunk_of


def first_sound(catalogue: Catalogue, remote: PackRemote, places: Iterable[Place]) -> Buffer | None:
    """The bytes of the first of these copies that is what it should be; None when none is. Raises RemoteError."""

    def base(chunk: bytes) -> Buffer:
        data = first_sound(catalogue, remote, [each for each in catalogue.find(chunk) if checking.is_alone(each)])
        if data is None:
            raise ObjectNotFound(f"the remote {remote.address} lacks the base {chunk.hex()}")
        return data

    for place in places:
        try:
            data = remote.read(place.pack, place.offset, checking.length_of(place))
            return pack.decoded(*checking.record_of(data, place), base)
        except RemoteError:
            raise
        except GitModelsError:
            continue
    return None
