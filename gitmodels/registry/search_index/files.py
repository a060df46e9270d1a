"""The index between processes: a snapshot of its tables, and what changed since, in two files that prove themselves.

``current`` names the snapshot and holds the rows that changed since, and the commit that both together stand for;
snapshots are called by the digest of their bytes. Files are written aside and renamed, so that whoever reads sees one
state or the next, and takes no lock. What is damaged in any way is no index. This room knows files and bytes.
"""

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gitmodels import digest
from gitmodels.git.durable import make_folders, unlink_quietly, write_new
from gitmodels.processes import is_abandoned, new_name
from gitmodels.values import frozen

_CURRENT = "current"
_SUFFIX = ".snapshot"
_LARGEST_CURRENT = 256 << 20
_LARGEST_SNAPSHOT = 8 << 30
# How long a snapshot that nobody names stays: somebody may have read its name just now, or be about to write it.
_GRACE_S = 60.0


@frozen
class Kept:
    """An index as it was kept: the bytes of its snapshot, and the rows that stand in place of others since.

    A row of ``models`` is (encoded name, columns or None), one of ``versions`` (name, number, columns or None).
    """

    commit: str
    snapshot: str
    image: bytes
    models: Sequence[Any]
    versions: Sequence[Any]


class Files:
    """The files of one index, in ``folder``; ``form`` is the number of its layout."""

    def __init__(self, folder: Path, form: int) -> None:
        self.folder = folder
        self.form = form

    def load(self) -> Kept | None:
        """What was kept, None where nothing whole is. Raises OSError for files that cannot be read."""
        current = self._read(_CURRENT, _LARGEST_CURRENT)
        proof, _, text = (current or b"").partition(b"\n")
        if current is None or proof.decode("ascii", "replace") != digest.of_bytes(text):
            return None
        told = json.loads(text)
        if told["format"] != self.form:
            return None
        image = self._read(f"{told['snapshot']}{_SUFFIX}", _LARGEST_SNAPSHOT)
        if image is None or digest.of_bytes(image) != told["snapshot"]:
            return None
        return Kept(told["commit"], told["snapshot"], image, told["models"], told["versions"])

    def has(self, snapshot: str) -> bool:
        """Whether a snapshot is still there: another process may have made a newer one."""
        return os.path.exists(self.folder / f"{snapshot}{_SUFFIX}")

    def save_snapshot(self, image: bytes) -> str:
        """Keep ``image`` and return its name. Raises OSError."""
        name = str(digest.of_bytes(image))
        make_folders(self.folder)
        self._write(f"{name}{_SUFFIX}", image)
        return name

    def save(self, commit: str, snapshot: str, models: Sequence[Any], versions: Sequence[Any]) -> None:
        """Let ``snapshot`` with the changed rows stand for ``commit`` from now on. Raises OSError."""
        told = {"format": self.form, "commit": commit, "snapshot": snapshot, "models": models, "versions": versions}
        text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        self._write(_CURRENT, f"{digest.of_bytes(text)}\n".encode() + text)

    def tidy(self, snapshot: str) -> None:
        """Remove the snapshots that nobody needs, and what killed processes left. Raises OSError."""
        now = time.time()
        with os.scandir(self.folder) as entries:
            for entry in entries:
                modified = entry.stat(follow_symlinks=False).st_mtime
                old = entry.name.endswith(_SUFFIX) and entry.name != f"{snapshot}{_SUFFIX}"
                if (old and not 0 <= now - modified <= _GRACE_S) or is_abandoned(entry.name, modified):
                    unlink_quietly(entry.path)

    def _write(self, name: str, data: bytes) -> None:
        aside = self.folder / new_name("search")
        write_new(str(aside), data, durable=False)
        try:
            os.replace(aside, self.folder / name)
        except BaseException:
            unlink_quietly(aside)
            raise

    def _read(self, name: str, limit: int) -> bytes | None:
        try:
            with open(self.folder / name, "rb") as stream:
                return stream.read() if os.fstat(stream.fileno()).st_size <= limit else None
        except FileNotFoundError:
            return None
