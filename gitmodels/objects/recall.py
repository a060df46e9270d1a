"""One folder taken in with the help of what is known of it: unchanged files are not read, the rest is remembered.

This room joins the stat cache's rows and an intake for the length of one operation.
"""

import os
import time
from collections.abc import Iterable, Mapping

from gitmodels.digest import Digest
from gitmodels.objects import sources
from gitmodels.objects.intake import Intake, Taken
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.sources import Folder, State
from gitmodels.objects.statcache import NOTHING, Known, Row


class Recall:
    """Takes in files by their path in the folder. With ``known`` empty every file is read."""

    def __init__(self, known: Known, intake: Intake) -> None:
        self._known = known
        self._intake = intake
        self._rows: dict[str, Row] = {}
        # When the packs are as they were, so are the objects in them, and none has to be looked up.
        self._is_whole = intake.are_untouched(known.packs, known.stored_ns)

    def take(self, path: str, folder: int | None, name: str | os.PathLike[str]) -> Taken:
        """The file ``name`` of an open folder, stored: as it is known, or read now. Raises as ``Intake.file``."""
        row = self._known.rows.get(path)
        if row is not None:
            state = sources.state_at(folder, name)
            if state is not None and row.is_of(state) and self._is_stored(row):
                self._rows[path] = row._replace(stored=1)
                return taken_of(row)
        read = self._intake.file(folder, name, path)
        row = row_of(read.taken, read.state)
        if row.may_be_kept(read.since_ns):
            self._rows[path] = row
        return read.taken

    def take_all(self, root: int, folders: Iterable[Folder]) -> Manifest:
        """Every file of ``folders`` below the open folder ``root``, stored. Raises as ``take``, and as a manifest."""
        entries = []
        for folder in folders:
            with sources.opened_folder(root, folder.path) as descriptor:
                for name in folder.files:
                    path = sources.joined(folder.path, name)
                    entries.append(Entry(path, *self.take(path, descriptor, name)))
        return Manifest(tuple(entries))

    def learned(self, manifest: Digest | None) -> Known | None:
        """What is known once all was published; None when that is what was known before.

        ``manifest`` is what the folder is from now on; None leaves what it was.
        """
        named = manifest or self._known.manifest
        if self._is_whole and self._rows == self._known.rows and named == self._known.manifest:
            return None
        before = self._known.packs if self._is_whole else frozenset()
        return Known(self._rows, before | self._intake.relied_on, time.time_ns(), named)

    def _is_stored(self, row: Row) -> bool:
        return (self._is_whole and row.stored == 1) or self._intake.keeps(taken_of(row), self._known.stored_ns)


def row_of(taken: Taken, state: State, stored: int = 1) -> Row:
    """The row of a file that was taken in, in the state it was read in."""
    chunks = NOTHING if taken.chunks is None else bytes.fromhex(taken.chunks)
    return tuple.__new__(Row, (*state, bytes.fromhex(taken.blake3), chunks, stored))


def taken_of(row: Row) -> Taken:
    """What a file of this row was taken in as."""
    chunks = None if row.chunks == NOTHING else Digest(row.chunks.hex())
    return Taken(row.size, Digest(row.blake3.hex()), chunks)


def recalled(manifest: Manifest, states: Mapping[str, State], since_ns: int) -> Known:
    """What is known of a folder with the files of ``manifest`` in these states, written to before ``since_ns`` only."""
    rows = {}
    for entry in manifest.entries:
        # Where its chunks lie is looked up when it is added.
        row = row_of(Taken(entry.size, entry.blake3, entry.chunks), states[entry.path], stored=0)
        if row.may_be_kept(since_ns):
            rows[entry.path] = row
    return Known(rows, stored_ns=since_ns, manifest=manifest.digest)
