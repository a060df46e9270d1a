"""Signing the files of a registered model as others verify them, and verifying what others signed.

This room joins the registry's manifests and files of the user; what a bundle is, is known below. No file of a model is
read: a manifest has every digest.
"""

from pathlib import Path

from gitmodels.api import content
from gitmodels.errors import AlreadyExists, FileMissing
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo
from gitmodels.review import bundles
from gitmodels.uris import ModelRef

_MOST_OF_A_KEY = 1 << 20


def write(repo: Repo, ref: ModelRef, target: Path, key: Path) -> Manifest:
    """Write the bundle of the model ``ref``, signed with the private key in ``key``, to ``target``.

    Raises AlreadyExists for a file that is there, FileMissing, and what ``bundles.make`` raises.
    """
    found = content.of_ref(repo, ref, ref.uri)
    data = bundles.make(found.manifest, found.version.name if found.version is not None else str(ref), _read(key))
    try:
        with open(target, "xb") as stream:
            stream.write(data)
    except FileExistsError:
        raise AlreadyExists(f"{target} is there already", hint="choose another file") from None
    return found.manifest


def verify(repo: Repo, ref: ModelRef, bundle: Path, key: Path) -> Manifest:
    """That ``bundle`` signs exactly the files of the model ``ref`` with the public key in ``key``.

    Raises CheckFailed when it does not, FileMissing.
    """
    found = content.of_ref(repo, ref, ref.uri)
    bundles.check(found.manifest, _read(bundle, bundles.MOST_BYTES), _read(key))
    return found.manifest


def _read(path: Path, most: int = _MOST_OF_A_KEY) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(most + 1)
    except (FileNotFoundError, IsADirectoryError):
        raise FileMissing(f"no such file: {path}") from None
