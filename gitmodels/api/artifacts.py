"""The public module ``gitmodels.artifacts``: files of models and runs as local copies the caller may change.

Every download is a private, writable copy; nothing of the store or its cache is handed out. MLflow's names
(mlflow/artifacts/__init__.py, 3.17).
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitmodels.api import content, context
from gitmodels.api.entity import Entity
from gitmodels.errors import FileMissing, Invalid
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.uris import ModelRef, PathRef, RemoteRef, RunRef, parse_uri

__all__ = ["FileInfo", "download_artifacts", "list_artifacts", "load_text"]

_MAX_TEXT = 256 << 20


@dataclass(frozen=True, slots=True, repr=False)
class FileInfo(Entity):
    """One file or folder of a model: its path, and its size in bytes (None for a folder)."""

    path: str
    is_dir: bool
    file_size: int | None = None


def download_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    dst_path: str | None = None,
    tracking_uri: str | None = None,
    registry_uri: str | None = None,
) -> str:
    """Copy a model, or one file or folder of it, to ``dst_path`` (a new temporary folder without one).

    Gives the local path. Raises Invalid, and what finding and reading it raises.
    """
    uri = _uri(artifact_uri, run_id, artifact_path)
    ref = parse_uri(uri)
    if isinstance(ref, PathRef):
        return _copied(Path(ref.path), dst_path)
    store = context.repository().store
    manifest, inner = _manifest(uri)
    wanted = _below(manifest, inner)
    target = Path(dst_path) if dst_path else Path(tempfile.mkdtemp(prefix="gitmodels-artifacts-"))
    for entry in wanted:
        _write(target / entry.path, store.pieces(entry))
    return str(target / inner) if inner else str(target)


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """The files and folders right below ``artifact_uri``, in the order of their names."""
    manifest, inner = _manifest(_uri(artifact_uri, run_id, artifact_path))
    prefix = f"{inner}/" if inner else ""
    found: dict[str, FileInfo] = {}
    for entry in manifest.entries:
        if not entry.path.startswith(prefix):
            continue
        head, slash, _ = entry.path[len(prefix) :].partition("/")
        found.setdefault(prefix + head, FileInfo(prefix + head, bool(slash), None if slash else entry.size))
    return [found[path] for path in sorted(found)]


def load_text(artifact_uri: str) -> str:
    """The text of one file. Raises Invalid for a folder, or a file past 256 MiB."""
    manifest, inner = _manifest(artifact_uri)
    entries = _below(manifest, inner)
    if len(entries) != 1 or entries[0].path != inner or entries[0].size > _MAX_TEXT:
        raise Invalid(f"not a text file: {artifact_uri!r}")
    return context.repository().store.read(entries[0]).decode()


class Fetched:
    """Artifacts that a Python model takes along, as local paths; ``close`` removes the copies made for it."""

    def __init__(self, paths: Mapping[str, str], folder: tempfile.TemporaryDirectory[str] | None) -> None:
        self.paths = paths
        self._folder = folder

    def close(self) -> None:
        """Remove the copies."""
        if self._folder is not None:
            self._folder.cleanup()


def fetch_all(artifacts: Mapping[str, str]) -> Fetched:
    """Local paths for ``artifacts``: paths stay, ``runs:/`` and ``models:/`` URIs are downloaded."""
    paths: dict[str, str] = {}
    folder: tempfile.TemporaryDirectory[str] | None = None
    for name, uri in artifacts.items():
        ref = parse_uri(str(uri))
        if isinstance(ref, PathRef):
            paths[name] = ref.path
            continue
        folder = folder or tempfile.TemporaryDirectory(prefix="gitmodels-")
        paths[name] = download_artifacts(str(uri), dst_path=str(Path(folder.name, name)))
    return Fetched(paths, folder)


def _uri(artifact_uri: str | None, run_id: str | None, artifact_path: str | None) -> str:
    if (artifact_uri is None) == (run_id is None):
        raise Invalid("Exactly one of `run_id` or `artifact_uri` must be specified")
    return artifact_uri if artifact_uri is not None else RunRef(str(run_id), artifact_path or "").uri


def _manifest(uri: str) -> tuple[Manifest, str]:
    """The manifest of the model that ``uri`` lies in, and the path inside it."""
    ref = parse_uri(uri)
    if isinstance(ref, PathRef | RemoteRef):
        raise Invalid(f"not a file of a model or run: {uri[:200]!r}", hint="use models:/… or runs:/…")
    if isinstance(ref, ModelRef):
        return content.find(context.repository(), uri).manifest, ref.path
    return content.find(context.repository(), uri).manifest, ref.path.partition("/")[2]


def _below(manifest: Manifest, inner: str) -> list[Entry]:
    wanted = [e for e in manifest.entries if not inner or e.path == inner or e.path.startswith(f"{inner}/")]
    if not wanted:
        raise FileMissing(f"No such artifact: '{inner}'", path=inner)
    return wanted


def _write(path: Path, pieces: Iterable[Any]) -> None:
    """The file whole and verified, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=".gitmodels-", dir=path.parent)
    try:
        with open(descriptor, "wb") as stream:
            for piece in pieces:
                stream.write(piece)
        os.chmod(part, 0o644)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def _copied(source: Path, dst_path: str | None) -> str:
    if not source.exists():
        raise FileMissing(f"No such file or directory: '{source}'")
    if dst_path is None:
        return str(source)
    target = Path(dst_path, source.name)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return str(target)
