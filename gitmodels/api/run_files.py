"""The files of a run: storing them, and finding them again beside the models that the run logged.

Bytes go to the object store first, durably, then the run says that it has them; a path that is there is replaced. A
run's own files are its artifacts; below the name of a model that it logged, the model's files are found too, but they
are not listed among the run's.
"""

import io
import os
import posixpath
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from gitmodels.api import content
from gitmodels.errors import FileMissing, Invalid, ModelNotFound
from gitmodels.names import check_file_path
from gitmodels.objects.manifest import Entry
from gitmodels.repo import Repo
from gitmodels.values import replace

_SMALL = 1 << 20
_PIECE = 1 << 20


def entries(repo: Repo, run_id: str, path: str = "") -> list[Entry]:
    """The files of a run at or below ``path``, by path; the files of a model when ``path`` begins with its name.

    Raises RunNotFound. Empty when there is nothing.
    """
    found = {entry.path: entry for entry in repo.runs.get(run_id).artifacts if lies_at(entry.path, path)}
    name, _, _ = path.partition("/")
    if name:
        found |= {entry.path: entry for entry in _of_model(repo, run_id, name) if lies_at(entry.path, path)}
    return [found[key] for key in sorted(found)]


def lies_at(path: str, top: str) -> bool:
    """Whether ``path`` is ``top`` or lies below it; everything lies below ``""``.

    >>> lies_at("plots/a.png", "plots"), lies_at("plots2/a.png", "plots")
    (True, False)
    """
    return not top or path == top or path.startswith(f"{top}/")


def log_path(repo: Repo, run_id: str, local_path: str | os.PathLike[str], artifact_path: str | None = None) -> None:
    """Store a local file, or a folder under its own name, as artifacts below ``artifact_path``.

    Raises FileMissing, RunNotFound, InvalidName for a path that does not travel, and what storing raises.
    """
    source = Path(local_path)
    if source.is_dir():
        log_folder(repo, run_id, source, posixpath.join(_folder(artifact_path), source.resolve().name))
        return
    if not source.exists():
        raise FileMissing(f"No such file or directory: '{source}'", path=str(source))
    prefix = _folder(artifact_path)
    # Where the run is gone or the name cannot be, nothing is stored.
    _ready(repo, run_id, posixpath.join(prefix, source.name))
    with repo.store.recording():
        _note(repo, run_id, repo.store.add_file(source).entries, prefix)


def log_folder(repo: Repo, run_id: str, local_dir: str | os.PathLike[str], artifact_path: str | None = None) -> None:
    """Store everything in a local folder as artifacts below ``artifact_path``; an empty folder is nothing.

    Raises as ``log_path``, and InvalidModel for links and devices.
    """
    source = Path(local_dir)
    if not source.is_dir():
        raise FileMissing(f"No such directory: '{source}'", path=str(source))
    prefix = _folder(artifact_path)
    _ready(repo, run_id, prefix or "x")
    if any(files for _, _, files in os.walk(source)):
        with repo.store.recording():
            _note(repo, run_id, repo.store.add_directory(source, remember="files").entries, prefix)


def log_bytes(repo: Repo, run_id: str, data: bytes, artifact_file: str) -> None:
    """Store ``data`` as the artifact ``artifact_file``. Raises RunNotFound, InvalidName, and what storing raises."""
    path = _ready(repo, run_id, artifact_file)
    if len(data) > _SMALL:
        log_stream(repo, run_id, io.BytesIO(data), artifact_file)
        return
    with repo.store.recording():
        _note(repo, run_id, [Entry(path, len(data), repo.store.add_bytes(data))], "")


def log_stream(repo: Repo, run_id: str, stream: IO[bytes], artifact_file: str) -> None:
    """Store what ``stream`` gives, to its end, as the artifact ``artifact_file``. Raises as ``log_bytes``."""
    if not hasattr(stream, "read"):
        raise Invalid(f"a binary stream is expected, not {type(stream).__name__}")

    def copy(target: Path) -> None:
        with target.open("wb") as file:
            while piece := stream.read(_PIECE):
                if not isinstance(piece, bytes | bytearray | memoryview):
                    raise Invalid(f"a stream of bytes is expected, not of {type(piece).__name__}", hint="open it 'rb'")
                file.write(piece)

    log_written(repo, run_id, copy, artifact_file)


def log_written(repo: Repo, run_id: str, write: Callable[[Path], object], artifact_file: str) -> None:
    """Store the file that ``write`` makes at the path it is given, as the artifact ``artifact_file``.

    The path keeps the name of the artifact, for whoever looks at its ending.
    """
    path = _ready(repo, run_id, artifact_file)
    with tempfile.TemporaryDirectory(prefix="gitmodels-") as folder:
        target = Path(folder, posixpath.basename(path))
        write(target)
        if not target.is_file():
            raise Invalid(f"nothing was written for {path!r}")
        with repo.store.recording():
            _note(repo, run_id, repo.store.add_file(target, remember="nothing").entries, posixpath.dirname(path))


def _ready(repo: Repo, run_id: str, path: str) -> str:
    """``path`` when an artifact may have it and the run is there to take it."""
    if not isinstance(path, str):
        raise Invalid(f"an artifact's path is text, not {type(path).__name__}")
    check_file_path(path)
    repo.runs.check_active(run_id)
    return path


def _folder(artifact_path: str | None) -> str:
    """The folder below which artifacts go: ``plots/`` is ``plots``, nothing is the top."""
    folder = (artifact_path or "").removesuffix("/")
    return check_file_path(folder) if folder else ""


def _note(repo: Repo, run_id: str, stored: Iterable[Entry], prefix: str) -> None:
    placed = [replace(entry, path=posixpath.join(prefix, entry.path)) for entry in stored]
    repo.runs.log_artifacts(run_id, placed)


def _of_model(repo: Repo, run_id: str, name: str) -> list[Entry]:
    try:
        logged = repo.runs.models.of_run(run_id, name)
    except ModelNotFound:
        return []
    manifest = content.of_logged(repo, logged, f"runs:/{run_id}/{name}").manifest
    return [replace(entry, path=f"{name}/{entry.path}") for entry in manifest.entries]
