"""What a folder of the user's holds now, and how that differs from a manifest; unchanged files are not read.

This room reads the folder and what is known of it; it stores nothing and refuses nothing: a name or a kind of file
that could not be added is a difference like any other.
"""

import os
import stat
import time
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from gitmodels import digest as digests
from gitmodels.digest import Digest
from gitmodels.errors import FileMissing, Invalid, InvalidModel
from gitmodels.names import MAX_PATH_DEPTH
from gitmodels.objects import sources
from gitmodels.objects.manifest import MAX_FILES, Manifest
from gitmodels.objects.sources import State, state_of
from gitmodels.objects.statcache import Known, Row
from gitmodels.values import frozen


class Changes(NamedTuple):
    """The paths of the files that a folder has more than a manifest, has otherwise, and lacks; each sorted."""

    added: tuple[str, ...]
    modified: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return any(self)


@frozen
class Survey:
    """The files of a folder by path with size and BLAKE3, what else lies in it, and the manifest it was last.

    ``others`` are links, pipes and devices. ``known_as`` is the digest of the manifest that the folder was added as
    or checked out from; None when neither is remembered.
    """

    files: dict[str, tuple[int, Digest]]
    others: frozenset[str] = frozenset()
    known_as: Digest | None = None

    @cached_property
    def digest(self) -> Digest | None:
        """The manifest digest of the folder as it is now; None when no manifest can name what lies in it.

        Equal to ``known_as`` means: nothing changed, and no manifest has to be read to say so.
        """
        if self.others or not self.files:
            return None
        # Text sorts by code points, and UTF-8 by the same.
        lines = [f"{self.files[path][1]}  {path}\n" for path in sorted(self.files)]
        return digests.of_bytes("".join(lines).encode())

    def against(self, manifest: Manifest) -> Changes:
        """How the folder differs from ``manifest``."""
        wanted = {entry.path: (entry.size, entry.blake3) for entry in manifest.entries}
        present = self.files.keys() | self.others
        modified = (path for path in present & wanted.keys() if self.files.get(path) != wanted[path])
        return Changes(
            tuple(sorted(present - wanted.keys())), tuple(sorted(modified)), tuple(sorted(wanted.keys() - present))
        )


def survey(directory: str | os.PathLike[str], known: Known) -> tuple[Survey, dict[str, Row]]:
    """The survey of a folder, and the rows to remember: those still right, and those of files that were read now.

    Raises FileMissing, InvalidModel for what is no folder or holds too much, Invalid for a file that cannot be read.
    """
    files: dict[str, tuple[int, Digest]] = {}
    others: set[str] = set()
    rows: dict[str, Row] = {}
    with sources.opened_root(directory) as root:
        for folder, name, status in _walk(root):
            path = f"{folder}/{name}" if folder else name
            row = known.rows.get(path)
            if row is None or not row.is_of(state_of(status)):
                if not stat.S_ISREG(status.st_mode):
                    others.add(path)
                    continue
                since = time.time_ns()
                try:
                    row = _read(root, folder, name)
                except (FileMissing, InvalidModel):
                    continue  # gone, or no regular file any more: as if it had been so before
                if row.may_be_kept(since):
                    rows[path] = row
            else:
                rows[path] = row
            files[path] = (row.size, Digest(row.blake3.hex()))
    return Survey(files, frozenset(others), known.manifest), rows


def _walk(root: int) -> Iterator[tuple[str, str, os.stat_result]]:
    """Folder, name and status of everything under ``root`` that is no folder; folders are followed, links are not."""
    waiting = [""]
    count = 0
    while waiting:
        folder = waiting.pop()
        if folder.count("/") >= MAX_PATH_DEPTH:
            raise InvalidModel(f"folders are nested deeper than {MAX_PATH_DEPTH}: {folder[:80]!r}…")
        with sources.opened_folder(root, folder) as descriptor, os.scandir(descriptor) as items:
            for item in items:
                name = item.name if item.name.isascii() else sources.name_text(item.name, folder)
                try:
                    status = item.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(sources.joined(folder, name))
                    continue
                count += 1
                if count > MAX_FILES:
                    raise InvalidModel(f"the folder holds more than {MAX_FILES} files, as no model does")
                yield folder, name, status


def _read(root: int, folder: str, name: str) -> Row:
    """The row of a file, read now. Raises Invalid when it cannot be read."""
    with sources.opened_folder(root, folder) as inside:
        descriptor, before = sources.open_file(inside, name)
    with open(descriptor, "rb", buffering=0) as stream:
        try:
            found = digests.of_stream(stream)
        except OSError as error:
            raise Invalid(f"cannot read {sources.joined(folder, name)}: {error.strerror}") from error
        after = sources.state(descriptor)
    # A file that changed while it was read has no state its bytes belong to.
    state = before if before == after else State(after.device, after.inode, after.size, 0, 0)
    return Row(*state, bytes.fromhex(found))
