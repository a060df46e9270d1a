"""What loading a model may run, judged from its MLmodel file and the first bytes of its files.

Nothing is imported from the model, unpickled or executed here, whatever its files claim. A tripwire for reviewers,
not a proof: what decides about loading is trust, and the loaders never read another format than the declared one.
"""

import bz2
import gzip
import io
import lzma
import os
import pickletools
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gitmodels import flavors
from gitmodels.errors import FileMissing, FlavorNotFound
from gitmodels.mlmodel.file import NAME, ModelFile
from gitmodels.mlmodel.trust import worst

MAX_FILES = 100_000
_HEAD = 64 << 10
_MAX_MEMBERS = 10_000
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".dill", ".cloudpickle")
_INFLATE: tuple[tuple[bytes, Callable[[io.BytesIO], Any]], ...] = (
    (b"\x1f\x8b", lambda stream: gzip.GzipFile(fileobj=stream)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
    (b"]\x00\x00", lzma.LZMAFile),
)


def code_execution(directory: Path, model: ModelFile | None = None) -> str:
    """``none``, ``pickle``, ``python-code`` or ``remote-code``: the least bounded thing that loading may run.

    ``model`` spares reading the MLmodel file again. A directory without one is judged by its files, as other tools
    may load them. Raises InvalidModel or InvalidYaml for an MLmodel file that cannot be accepted.
    """
    if model is None:
        try:
            model = ModelFile.read(directory)
        except FileMissing:
            return _by_bytes(directory)
    found = ["none"]
    for name, config in model.flavors.items():
        if config.get("trust_remote_code"):
            found.append("remote-code")
        if config.get("code"):
            found.append("python-code")
        found.append(_flavor(directory, model, name, config))
    if not model.flavors:
        found.append(_by_bytes(directory))
    return worst(found)


def _flavor(directory: Path, model: ModelFile, name: str, config: Mapping[str, Any]) -> str:
    if name == flavors.PYFUNC:
        loader = flavors.behind(config.get("loader_module"))
        if loader is None:
            return _by_bytes(directory)
        if loader != flavors.PYFUNC:
            # Judged under its own entry; without one nobody says in which format its file is.
            return "none" if loader in model.flavors else "pickle"
    try:
        return flavors.get(name).code_execution(directory, config)
    except FlavorNotFound:
        return _by_bytes(directory)


def _by_bytes(directory: Path) -> str:
    """``pickle`` when a file of the directory is one, or holds one; the MLmodel file is no candidate."""
    for number, path in enumerate(_files(directory)):
        if number >= MAX_FILES or looks_like_pickle(path):
            return "pickle"
    return "none"


def _files(directory: Path) -> Iterator[Path]:
    """The regular files under ``directory``, in no order; links are not followed."""
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            if name != NAME and stat.S_ISREG(os.lstat(path).st_mode):
                yield Path(path)


def looks_like_pickle(path: Path) -> bool:
    """Whether the regular file at ``path`` is a pickle by name or bytes: plain, compressed, in a zip or in an npy."""
    if path.name.lower().endswith(_PICKLE_NAMES):
        return True
    with open(path, "rb") as stream:
        head = stream.read(_HEAD)
        if head.startswith(b"PK\x03\x04"):
            return _zip_holds_pickle(path)
    return _is_pickle(head) or _is_pickle(_inflated(head))


def _is_pickle(head: bytes) -> bool:
    if len(head) < 2:
        return False
    if head[0] == 0x80 and head[1] <= 5:
        return True
    if head.startswith(b"\x93NUMPY"):
        return b"'|O'" in head[:1024] or b"object" in head[:1024]
    reached = 0
    try:
        # Protocols 0 and 1 have no mark: they are pickles when they parse as one up to the STOP.
        for opcode, _, position in pickletools.genops(head):
            reached = position or 0
            if opcode.name == "STOP":
                return True
    except Exception:  # noqa: BLE001 - genops raises what it likes at bytes that are no pickle
        # A long one ends beyond the bytes looked at.
        return len(head) == _HEAD and reached > _HEAD // 2
    return False


def _inflated(head: bytes) -> bytes:
    """The first bytes inside a compressed file whose first bytes are ``head``; empty when it is none."""
    start = head[2:] if head.startswith(b"ZF") else head  # joblib's old mark before zlib data
    try:
        if start[:1] == b"\x78":
            return zlib.decompressobj().decompress(start, 4096)
        for magic, opened in _INFLATE:
            if head.startswith(magic):
                return bytes(opened(io.BytesIO(head)).read(256))
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b""
    return b""


def _zip_holds_pickle(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return True  # a zip that cannot be read is never called clean
    if len(members) > _MAX_MEMBERS:
        return True
    return any(member.filename.lower().endswith((".pkl", ".pickle", ".joblib")) for member in members)
