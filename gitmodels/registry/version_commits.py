"""Version commits: what stock git sees of a version, the same in every clone.

The tree of a version commit is exactly ``versions/<n>/``; its parent is the version commit of the next lower number;
author and date come from ``version.yaml``; message, committer, zone and encoding are fixed. This room derives their
ids and bytes. It writes no git object and moves no ref; what it remembers on disk is only there to save time.
"""

import bisect
import contextlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gitmodels.git import durable, raw
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import Generations
from gitmodels.git.tree_edit import NewObject
from gitmodels.names import encode, shard
from gitmodels.registry import layout
from gitmodels.registry.state import DAMAGE, State
from gitmodels.values import frozen

MESSAGE = "gitmodels version\n"
COMMITTER = Identity("gitmodels", "gitmodels@localhost")
ZONE = "+0000"

_LINES_BUDGET = 8 << 20
_LINE_COST = 300


@frozen
class Derived:
    """A version commit, and those up to it that may not be in the repository yet, oldest first.

    ``known`` is how many commits of the line stand before the first of ``fresh``.
    """

    commit: str
    known: int
    fresh: tuple[NewObject, ...]


class VersionCommits:
    """Derives the version commits of the registry of ``git``; when not ``remembering``, from nothing but its tree."""

    def __init__(self, git: GitRepository, *, remembering: bool = True) -> None:
        self.git = git
        self._remembering = remembering
        self._chains = Path(git.common_dir, "gitmodels", "chains")
        self._lines: Generations[_Line] = Generations(_LINES_BUDGET)

    def derive(self, state: State, name: str, number: int) -> Derived:
        """The version commit of ``number``, which must have a folder."""
        line = self._line(state, name)
        place = bisect.bisect_left(line.versions, (number, ""))
        if place < len(line.commits) and self.git.objects.has(line.commits[place]):
            return Derived(line.commits[place], place + 1, ())
        # Where git gc dropped what no ref reached, the whole line is written anew.
        lost = place < len(line.commits) or not line.commits or not self.git.objects.has(line.commits[-1])
        known = 0 if lost else len(line.commits)
        parent = line.commits[known - 1] if known else None
        fresh = []
        for found, tree in line.versions[known : place + 1]:
            data = _commit(state, name, found, tree, parent)
            parent = self.git.object_format.id_of("commit", data)
            fresh.append(NewObject(parent, "commit", data))
        return Derived(str(parent), known, tuple(fresh))

    def remember(self, name: str, derived: Derived) -> None:
        """Note that the commits of ``derived`` are in the repository now. The caller holds the writers' queue."""
        if not derived.fresh:
            return
        trees = [raw.parse_commit(item.data).tree for item in derived.fresh]
        rows = [bytes.fromhex(tree + item.oid) for tree, item in zip(trees, derived.fresh, strict=True)]
        path = self._path(name)
        durable.make_folders(path.parent)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            # Rows behind these stand on other parents: they must go before anybody takes them for theirs.
            os.ftruncate(fd, derived.known * self._width)
            os.pwrite(fd, b"".join(rows), derived.known * self._width)
        finally:
            os.close(fd)
        self._lines.clear()

    def forget(self) -> None:
        """Drop everything that was remembered; only time is at stake."""
        self._lines.clear()
        shutil.rmtree(self._chains, ignore_errors=True)

    @property
    def _width(self) -> int:
        return 2 * self.git.object_format.size

    def _path(self, name: str) -> Path:
        encoded = encode(name)
        return self._chains / shard(encoded) / encoded

    def _line(self, state: State, name: str) -> "_Line":
        folder = state.tree.oid(layout.versions_folder(name))
        line = self._lines.get(str(folder)) if self._remembering else None
        if line is None or not line.commits:
            versions = state.version_trees(name)
            line = _Line(versions, self._rows(self._path(name), versions))
            # Equal folders have equal lines, whatever the model is called.
            self._lines.put(str(folder), line, _LINE_COST * (len(versions) + 1))
        return line

    def _rows(self, path: Path, versions: Sequence[tuple[int, str]]) -> list[str]:
        """The commits of the remembered rows (tree, commit) that still hold for ``versions``, from the first on."""
        rows = b""
        with contextlib.suppress(FileNotFoundError):
            rows = path.read_bytes() if self._remembering else b""
        size = self.git.object_format.size
        found = []
        for (_, tree), start in zip(versions, range(0, len(rows), self._width), strict=False):
            row = rows[start : start + self._width]
            if len(row) < self._width or row[:size] != bytes.fromhex(tree):
                break
            found.append(row[size:].hex())
        return found


@dataclass(slots=True)
class _Line:
    """The versions of a model as (number, tree), and the commits of the first of them that are known."""

    versions: list[tuple[int, str]]
    commits: list[str]


def _commit(state: State, name: str, number: int, tree: str, parent: str | None) -> bytes:
    author, when_s = COMMITTER, 0
    # A record that cannot be read still has a tree: its commit stands without an author's name, and so do those after.
    with contextlib.suppress(*DAMAGE):
        record = state.version_record(name, number)
        if record is not None:
            author, when_s = Identity.clean(record.author, record.email), record.created // 1000
    return raw.serialize_commit(
        tree, [parent] if parent else [], author.stamp(when_s, ZONE), COMMITTER.stamp(when_s, ZONE), MESSAGE
    )
