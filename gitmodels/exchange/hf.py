"""Hugging Face: a folder as its libraries write and download it becomes a version, files as they are.

The card (``README.md``) gives description and tags, in the way of ``gitmodels.cards``. What git and the downloader keep
in such a folder is no part of the model and is left out. A snapshot of the hub's cache, whose files are links into the
folder of blobs beside it, is read there. Nothing is fetched; nothing of the model runs.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gitmodels import cards, digest
from gitmodels.errors import FileMissing, Invalid, InvalidModel, InvalidName
from gitmodels.exchange import contents, lfs_pointer
from gitmodels.exchange.bringing import Arrival, Bytes, bring, one_name, only
from gitmodels.exchange.gathering import Gathering, Linked
from gitmodels.exchange.plan import LEFT_OUT, Choice, Step
from gitmodels.names import check_model_name
from gitmodels.objects import sources
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.repo import Repo
from gitmodels.values import frozen

if TYPE_CHECKING:
    from gitmodels.api.content import Content

CARD, CONFIG = "README.md", "config.json"
# Of git, and of huggingface_hub's downloads into a folder, now and before 0.25.
FOREIGN = (".git", ".gitattributes", ".gitignore", ".cache/huggingface", ".huggingface")
_MAX_CONFIG = 1 << 20


def read_hf(location: str, repo: Repo, choice: Choice) -> Iterator[Step]:
    """Bring the folder ``location`` as a version of the chosen name, else of the folder's.

    Raises FileMissing, Invalid for pointers in the place of weights and for a card that is none, InvalidName.
    """
    only(choice)
    folder = Path(os.path.abspath(location))
    if not folder.is_dir():
        raise FileMissing(f"no such folder: {location[:200]!r}", hint="name a folder with a README.md and weights")
    if folder.name.startswith("models--") and (folder / "snapshots").is_dir():
        raise Invalid(f"{folder.name} is the cache of a repository", hint=f"name one of {location}/snapshots/")
    snapshot = _snapshot(folder)
    name = one_name(choice, snapshot["hf.repo"].rpartition("/")[2] if snapshot else folder.name)
    if not choice.models:
        _check_name(name)
    foreign = [path for path in FOREIGN if os.path.lexists(folder / path)]
    files: Bytes = Gathering(tuple(_linked(folder))) if snapshot else Folder(folder, frozenset(foreign))
    # Where the links of a snapshot lead was looked at above.
    own = [Path(os.path.realpath(folder / name)) if snapshot else folder / name for name in (CARD, CONFIG)]
    card = cards.parse(_text(own[0], cards.MAX_SIZE).decode("utf-8", "replace"))
    arrival = Arrival(
        name=name,
        source=f"hf:{snapshot['hf.repo']}" if snapshot else f"hf:{location}",
        bytes=files,
        text=f"from {folder.name}",
        description=card.summary or None,
        tags=card.tags() | snapshot | _config(own[1]),
    )
    steps = list(bring(repo, choice, arrival))
    yield from steps
    if foreign and steps:
        yield Step(LEFT_OUT, name, None, f"{', '.join(foreign)}: no part of the model", False)


@frozen
class Folder:
    """The files of a folder of plain files, but for those at the paths ``foreign``."""

    path: Path
    foreign: frozenset[str]

    def look(self) -> Manifest:
        """What they are; nothing is written. Raises as ``keep``, Invalid for what cannot be read."""
        try:
            entries = [Entry(path, os.lstat(file).st_size, digest.of_file(file)) for path, file in self._files()]
        except OSError as error:
            raise Invalid(f"cannot read {error.filename}: {error.strerror}") from error
        return Manifest(tuple(entries))

    def keep(self, repo: Repo, parent: Manifest | None, source: str) -> "Content":
        """Store them. Raises Invalid for a pointer of Git LFS, and what storing a folder raises."""
        for _ in self._files():
            pass
        manifest = repo.store.add_directory(self.path, remember="files", parent=parent, leave_out=self.foreign)
        return contents.of_listed(repo, self.path, manifest, source)

    def _files(self) -> Iterator[tuple[str, Path]]:
        with sources.opened_root(self.path) as root:
            folders = sources.walk(root, self.foreign)
        for path in (sources.joined(folder.path, name) for folder in folders for name in folder.files):
            file = self.path / path
            refuse_pointer(path, file)
            yield path, file


def refuse_pointer(path: str, file: Path) -> None:
    """Raise Invalid where a pointer of Git LFS lies in the place of what it stands for."""
    state = sources.state_at(None, file)
    if state is None or not 0 < state.size < lfs_pointer.MAX_SIZE:
        return
    if lfs_pointer.parse(_text(file, lfs_pointer.MAX_SIZE), path) is not None:
        raise Invalid(
            f"{path[:200]!r} is a pointer of Git LFS, not what it stands for", hint="git lfs pull, or import lfs:PATH"
        )


def _snapshot(folder: Path) -> dict[str, str]:
    """Repository and revision of a snapshot in the hub's cache; nothing for any other folder."""
    cache, snapshots, revision = folder.parent.parent.name, folder.parent.name, folder.name
    if snapshots != "snapshots" or not cache.startswith("models--"):
        return {}
    return {"hf.repo": cache.removeprefix("models--").replace("--", "/"), "hf.revision": revision}


def _linked(folder: Path) -> Iterator[Linked]:
    """The files of a snapshot: each is a file, or a link that ends in the folder of blobs. Raises InvalidModel."""
    blobs = os.path.realpath(folder.parent.parent / "blobs")
    for top, folders, names in os.walk(folder):
        for name in folders:
            if os.path.islink(os.path.join(top, name)):
                raise InvalidModel(f"{name[:200]!r} is a symbolic link to a folder", hint="download it again")
        for name in sorted(names):
            file = os.path.join(top, name)
            place = os.path.realpath(file)
            if os.path.islink(file) and os.path.dirname(place) != blobs:
                raise InvalidModel(f"{name[:200]!r} is a link that leads out of the cache", hint="download it again")
            path = os.path.relpath(file, folder).replace(os.sep, "/")
            if path not in FOREIGN:
                refuse_pointer(path, Path(place))
                yield Linked(path, path, place)


def _config(file: Path) -> dict[str, str]:
    """Which model of transformers it is, where its configuration says so."""
    try:
        said: Any = json.loads(_text(file, _MAX_CONFIG))
    except (ValueError, RecursionError):
        return {}
    kinds = said.get("architectures") if isinstance(said, dict) else None
    found = {}
    if isinstance(kinds, list) and kinds and all(isinstance(kind, str) for kind in kinds):
        found["hf.architectures"] = ", ".join(kinds)
    if isinstance(said, dict) and isinstance(said.get("model_type"), str):
        found["hf.model_type"] = said["model_type"]
    return found


def _text(file: Path, most: int) -> bytes:
    """The bytes of a small file; none where there is none. Raises InvalidModel for a link, Invalid for a larger one."""
    try:
        descriptor, _ = sources.open_file(None, file)
    except FileMissing:
        return b""
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise Invalid(f"{file.name} has more than {most} bytes")
    return data


def _check_name(name: str) -> None:
    try:
        check_model_name(name)
    except InvalidName as error:
        raise InvalidName(error.message, hint="--model NAME gives it another") from None
