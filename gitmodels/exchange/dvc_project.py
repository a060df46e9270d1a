"""A DVC project at one commit: what it keeps, what it calls artifacts, and the files behind any path of it.

A path may be kept by DVC, as a whole or inside a folder of DVC's, by Git LFS, or by git itself; whoever asks for its
files need not know which. This room reads; it registers nothing.
"""

import hashlib
import os
import posixpath
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from gitmodels.errors import Corrupt, FileMissing, Invalid
from gitmodels.exchange import dvc_files, lfs
from gitmodels.exchange.dvc_cache import HINT, Cache, cache_of
from gitmodels.exchange.dvc_files import LOCK, MAX_LISTING, MAX_YAML, PROJECT, SUFFIX, Artifact, Out, Part
from gitmodels.exchange.gathering import Claim, Kept, Piece
from gitmodels.exchange.revision import File, Revision
from gitmodels.objects import sources
from gitmodels.values import frozen

_FOLDER = ".dvc"


@frozen
class Project:
    """The DVC project in the folder ``root`` of the repository; a repository without DVC is one without outs."""

    found: Revision
    root: str

    @classmethod
    def around(cls, found: Revision, folder: str) -> "Project":
        """The project that ``folder`` lies in: the nearest folder above with a ``.dvc`` in it, else all of it."""
        while folder and not found.tree.is_tree(f"{folder}/{_FOLDER}"):
            folder = posixpath.dirname(folder)
        return cls(found, folder)

    @cached_property
    def cache(self) -> Cache:
        """Where its bytes are."""
        return cache_of(self.found, self.root)

    @cached_property
    def outs(self) -> dict[str, Out]:
        """What DVC keeps, by path. Raises Invalid, InvalidYaml."""
        found: dict[str, Out] = {}
        for file in self._said(lambda name: name.endswith(SUFFIX) or name == LOCK):
            data = self.found.text(file.path, MAX_YAML) or b""
            for out in self._outs(file.path, data):
                known = found.setdefault(out.path, out)
                if (known.md5, known.parts) != (out.md5, out.parts):
                    raise Invalid(f"{out.path[:200]!r} is said to be two things, in {known.said_in} and {out.said_in}")
        return found

    @cached_property
    def artifacts(self) -> tuple[Artifact, ...]:
        """What its ``dvc.yaml`` files call artifacts. Raises Invalid, InvalidYaml."""
        files = self._said(lambda name: name == PROJECT)
        return tuple(
            artifact
            for file in files
            for artifact in dvc_files.artifacts_of(self.found.text(file.path, MAX_YAML) or b"", file.path)
        )

    def files_at(self, path: str) -> tuple[Piece, ...]:
        """The files of the file or folder at ``path`` of the repository, under their paths in it.

        Raises FileMissing where there is nothing, and for a listing that is not here; Corrupt, Invalid, InvalidName.
        """
        whole = self.outs.get(path)
        own = [file for file in self.found.files if file.path == path or is_below(file.path, path)]
        if whole is not None and not any(file.path == path for file in own):
            return self._kept(whole, "" if whole.is_folder else posixpath.basename(path))
        pieces = [lfs.piece(self.found, file, _inner(file.path, path)) for file in own if not self._is_said(file, path)]
        taken = {file.path for file in own}
        for out in self.outs.values():
            if is_below(out.path, path) and out.path not in taken:
                pieces += self._kept(out, _inner(out.path, path))
            elif out.is_folder and is_below(path, out.path) and not own:
                pieces += self._some(out, path)
        if not pieces:
            raise FileMissing(f"there is no {path[:200]!r} at {self.found.commit[:10]}", hint="--path names another")
        return tuple(pieces)

    def _said(self, is_wanted: Callable[[str], bool]) -> Iterator[File]:
        others = [other for other in self._others if other != self.root]
        for file in self.found.below(self.root):
            name = posixpath.basename(file.path)
            if f"/{_FOLDER}/" in f"/{file.path}" or any(is_below(file.path, other) for other in others):
                continue
            if is_wanted(name):
                yield file

    @cached_property
    def _others(self) -> list[str]:
        """The folders of projects below this one."""
        marks = {file.path.partition(f"/{_FOLDER}/")[0] for file in self.found.files if f"/{_FOLDER}/" in file.path}
        return sorted(mark for mark in marks if not self.root or is_below(mark, self.root))

    def _outs(self, at: str, data: bytes) -> list[Out]:
        if not at.endswith(LOCK):
            return dvc_files.outs_of_file(data, at)
        project = posixpath.join(posixpath.dirname(at), PROJECT)
        said = self.found.text(project, MAX_YAML)
        return dvc_files.outs_of_lock(data, at, dvc_files.folders_of_stages(said, project) if said else {})

    def _is_said(self, file: File, path: str) -> bool:
        """Whether a file of git only says what DVC keeps in the same folder: no part of what it is about."""
        name = posixpath.basename(file.path)
        return file.path != path and (name.endswith(SUFFIX) or name in (LOCK, PROJECT) or name.startswith(".git"))

    def _some(self, out: Out, path: str) -> list[Piece]:
        inner = path[len(out.path) + 1 :]
        chosen = [part for part in self._parts(out) if part.path == inner or is_below(part.path, inner)]
        return [self._piece(out, part, _inner(part.path, inner)) for part in chosen]

    def _kept(self, out: Out, path: str) -> tuple[Piece, ...]:
        """The files of what DVC keeps, below ``path`` of the model."""
        if not out.is_folder:
            if not out.md5:
                raise Invalid(
                    f"{out.said_in} says no md5 of {out.path[:200]!r}", hint="dvc commit, or register the file"
                )
            return (self._piece(out, Part("", out.md5, out.size), path),)
        return tuple(self._piece(out, part, posixpath.join(path, part.path)) for part in self._parts(out))

    def _piece(self, out: Out, part: Part, path: str) -> Piece:
        shown = posixpath.join(out.path, part.path) if part.path else out.path
        places = self.cache.places(part.md5, out.algorithm)
        if not places:
            raise FileMissing(f"the bytes of {shown[:200]!r} (md5 {part.md5}) are not here", hint=HINT)
        return Kept(path, shown, places, Claim(out.algorithm, part.md5, part.size), HINT)

    def _parts(self, out: Out) -> Sequence[Part]:
        """The files of a folder: written down at once, or in its listing, which is proven first."""
        if out.parts is not None:
            return out.parts
        place = next((each for each in self.cache.places(f"{out.md5}.dir", out.algorithm) if _is_there(each)), None)
        if place is None:
            raise FileMissing(f"the listing of {out.path[:200]!r} (md5 {out.md5}.dir) is not here", hint=HINT)
        data = _read(place, out.path)
        parts = dvc_files.listing(data, out.path)
        # A listing may say more of its files than the one that it is named after.
        if out.md5 not in (_md5(data), _md5(dvc_files.plain_listing(parts))):
            raise Corrupt(f"the listing of {out.path[:200]!r} (md5 {out.md5}.dir) holds other bytes", hint=HINT)
        return parts


def is_below(path: str, folder: str) -> bool:
    """Whether ``path`` lies in ``folder``, however deep; everything lies in the folder ""."""
    return path != folder and (not folder or path.startswith(f"{folder}/"))


def _inner(path: str, folder: str) -> str:
    return posixpath.basename(path) if path == folder else path[len(folder) + 1 :] if folder else path


def _is_there(place: str) -> bool:
    return sources.state_at(None, place) is not None


def _read(place: str, shown: str) -> bytes:
    descriptor, state = sources.open_file(None, place)
    with os.fdopen(descriptor, "rb") as stream:
        if state.size > MAX_LISTING:
            raise Invalid(f"the listing of {shown[:200]!r} has {state.size} bytes, the limit is {MAX_LISTING}")
        return stream.read(MAX_LISTING)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
