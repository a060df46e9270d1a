"""The public module ``gitmodels.artifacts``: files of models and runs as local copies the caller may change.

Every download is a private, writable copy; nothing of the store or its cache is handed out. MLflow's names
(mlflow/artifacts/__init__.py, 3.17).
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gitmodels.api import content, context, run_files
from gitmodels.api.entity import Entity
from gitmodels.errors import FileMissing, GitModelsError, Invalid, MissingDependency
from gitmodels.objects.manifest import Entry
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef, PathRef, RunRef, parse_uri
from gitmodels.values import frozen

__all__ = ["FileInfo", "download_artifacts", "list_artifacts", "load_dict", "load_image", "load_text"]

_MAX_TEXT = 256 << 20


@frozen
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
    return download(*context.located(uri), dst_path)


def download(repo: Repo, uri: str, dst_path: str | os.PathLike[str] | None = None) -> str:
    """As ``download_artifacts``, from a repository that is named."""
    found = _at(repo, uri)
    wanted = _below(found.entries, found.inner)
    target = Path(dst_path) if dst_path else Path(tempfile.mkdtemp(prefix="gitmodels-artifacts-"))
    for entry in wanted:
        with repo.store.contents.expecting(wanted):
            _write(target / found.placed(entry.path), repo.store.pieces(entry))
    target.mkdir(parents=True, exist_ok=True)
    return str(target / found.placed(found.inner)) if found.inner else str(target)


def list_artifacts(
    artifact_uri: str | None = None,
    run_id: str | None = None,
    artifact_path: str | None = None,
    tracking_uri: str | None = None,
) -> list[FileInfo]:
    """The files and folders right below ``artifact_uri``, in the order of their names; none below a file.

    The models that a run logged are not among its files; below a model's name its files are.
    """
    found = _at(*context.located(_uri(artifact_uri, run_id, artifact_path)))
    infos = listing(found.entries, found.inner)
    if artifact_uri is None:
        return infos
    return [FileInfo(found.placed(info.path), info.is_dir, info.file_size) for info in infos]


def listing(entries: Iterable[Entry], inner: str = "") -> list[FileInfo]:
    """What lies right below the folder ``inner`` of ``entries``, by path from the top."""
    prefix = f"{inner}/" if inner else ""
    found: dict[str, FileInfo] = {}
    for entry in entries:
        if not entry.path.startswith(prefix):
            continue
        head, slash, _ = entry.path[len(prefix) :].partition("/")
        found.setdefault(prefix + head, FileInfo(prefix + head, bool(slash), None if slash else entry.size))
    return [found[path] for path in sorted(found)]


def load_text(artifact_uri: str) -> str:
    """The text of one file, in UTF-8. Raises FileMissing; Invalid for a folder, no text, or a file past 256 MiB."""
    try:
        return _read(artifact_uri).decode()
    except UnicodeDecodeError:
        raise Invalid(f"not a text file: {artifact_uri[:200]!r}") from None


def load_dict(artifact_uri: str) -> Any:
    """What a JSON file holds, or a YAML file by its ending. Raises FileMissing, or Invalid when it is neither."""
    text = load_text(artifact_uri)
    if artifact_uri.lower().endswith((".yml", ".yaml")):
        from gitmodels import yaml

        return yaml.load(text.encode(), what="the artifact")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise GitModelsError("Unable to form a JSON object from file content", "BAD_REQUEST") from None


def load_image(artifact_uri: str) -> Any:
    """An image file as an image of PIL's. Raises FileMissing; MissingDependency without Pillow; Invalid."""
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise MissingDependency("an image is read with Pillow, which is not here", hint="pip install pillow") from None
    import io

    try:
        image = Image.open(io.BytesIO(_read(artifact_uri)))
        image.load()
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise Invalid(f"not an image: {artifact_uri[:200]!r}") from None
    return image


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


@frozen
class _Found:
    """Files, the path among them that was asked for, and what of their paths is left out where they are copied to."""

    entries: list[Entry]
    inner: str
    above: str = ""

    def placed(self, path: str) -> str:
        return path.removeprefix(self.above)


def _at(repo: Repo, uri: str) -> _Found:
    """The files that ``uri`` lies among."""
    ref = parse_uri(uri)
    if isinstance(ref, ModelRef):
        return _Found(list(content.find(repo, uri).manifest.entries), ref.path)
    if isinstance(ref, RunRef):
        head, slash, _ = ref.path.rpartition("/")
        return _Found(run_files.entries(repo, ref.run_id, ref.path), ref.path, head + slash)
    raise Invalid(f"not a file of a model or run: {uri[:200]!r}", hint="use models:/… or runs:/…")


def _below(entries: list[Entry], inner: str) -> list[Entry]:
    wanted = [entry for entry in entries if run_files.lies_at(entry.path, inner)]
    if not wanted and inner:
        raise FileMissing(f"No such artifact: '{inner}'", path=inner)
    return wanted


def _read(uri: str) -> bytes:
    repo, named = context.located(uri)
    found = _at(repo, named)
    entries = _below(found.entries, found.inner)
    if len(entries) != 1 or entries[0].path != found.inner:
        raise Invalid(f"not one file: {uri[:200]!r}", hint="name a file, not a folder")
    if entries[0].size > _MAX_TEXT:
        raise Invalid(f"{found.inner} has {entries[0].size} bytes, the limit is {_MAX_TEXT}", hint="download it")
    return repo.store.read(entries[0])


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
