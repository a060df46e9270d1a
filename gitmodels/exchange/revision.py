"""A repository of somebody else's at one commit: what its tree holds, read from git's objects alone.

This room knows locations, commits and paths. No work tree is read, no hook or filter runs, and no link is followed.
"""

import os
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from gitmodels.errors import FileMissing, Invalid
from gitmodels.git import program
from gitmodels.git.naming import commit_named
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.patterns import pattern
from gitmodels.uris import without_credentials
from gitmodels.values import frozen

_ADDRESS = pattern(r"[A-Za-z][A-Za-z0-9+.-]+://|[^/]+@[^/]+:")
_LISTED = pattern(rb"100[0-7]{3} blob (?P<oid>[0-9a-f]+) +(?P<size>[0-9]+)\t(?P<path>.+)", re.DOTALL)
_MOST_BYTES = 256 << 20


class File(NamedTuple):
    """A file of a commit: its path, the id of its blob, and its size in bytes."""

    path: str
    oid: str
    size: int


@frozen
class Revision:
    """One commit of ``git``; ``folder`` is the part of its tree that was named, "" for all of it."""

    git: GitRepository
    commit: str
    tree: TreeView
    location: str
    folder: str = ""

    @property
    def origin(self) -> str:
        """Where it is, as a record tells it: the location and the commit."""
        return f"{self.location}#{self.commit}"

    @property
    def code(self) -> dict[str, object]:
        """The commit, as a version record tells what was checked out."""
        return {"commit": self.commit, "dirty": False}

    def at(self, commit: str) -> "Revision":
        """Another commit of the same repository."""
        tree = TreeView(self.git.objects, commit=commit)
        return Revision(self.git, commit, tree, self.location, self.folder)

    @cached_property
    def files(self) -> tuple[File, ...]:
        """Every file of the commit; links and submodules are none. Raises Invalid for too many."""
        arguments = [f"--git-dir={self.git.git_dir}", "ls-tree", "-r", "-l", "-z", "--full-tree", self.commit]
        listed = program.output(arguments, _MOST_BYTES)
        if listed is None:
            raise Invalid(f"git cannot list the files of {self.commit[:10]}, or there are too many", hint="git fsck")
        found = (_LISTED.fullmatch(line) for line in listed.split(b"\0")[:-1])
        return tuple(
            File(os.fsdecode(each["path"]), each["oid"].decode(), int(each["size"]))
            for each in found
            if each is not None
        )

    def below(self, folder: str) -> tuple[File, ...]:
        """The files below ``folder`` of the commit."""
        return tuple(each for each in self.files if not folder or each.path.startswith(f"{folder}/"))

    def text(self, path: str, most: int) -> bytes | None:
        """The bytes of the small file at ``path``; None where there is none. Raises Invalid past ``most`` bytes."""
        data = self.tree.read(path)
        if data is not None and len(data) > most:
            raise Invalid(f"{path[:200]!r} has {len(data)} bytes at {self.commit[:10]}, the limit is {most}")
        return data


def opened(location: str) -> Revision:
    """The repository at ``location``, a path, at HEAD or at the revision behind a ``#``.

    Raises Invalid for an address and for a partial clone, FileMissing for a path that is not there, RepositoryNotFound,
    and NotFound for a revision that is not there.
    """
    if _ADDRESS.match(location):
        shown = without_credentials(location)[:200]
        raise Invalid(f"only a repository here is read: {shown!r}", hint="git clone it, and name the clone")
    path, rev = location, ""
    if not os.path.exists(path):
        path, _, rev = location.rpartition("#") if "#" in location else (location, "", "")
    if not os.path.isdir(path):
        raise FileMissing(f"no such folder: {path[:200]!r}", hint="name a repository, and a revision behind a #")
    git = GitRepository.open(path)
    if git.promisor() is not None:
        # git would ask whoever promised the rest, in the way that this repository says.
        raise Invalid(f"{path[:200]!r} is a partial clone", hint="clone it whole: git clone URL")
    commit = commit_named(git, rev or "HEAD")
    folder = _below(path, git.work_tree)
    return Revision(git, commit, TreeView(git.objects, commit=commit), path, folder)


def is_chosen(path: str, patterns: Sequence[str]) -> bool:
    """Whether one of ``patterns`` names ``path``: it, a folder above it, or a pattern of shells; all do where none is.

    >>> is_chosen("models/a.bin", ["models"]), is_chosen("models/a.bin", ["*.bin"]), is_chosen("models/a.bin", ["b"])
    (True, True, False)
    """
    if not patterns:
        return True
    for each in (each.removeprefix("./").rstrip("/") for each in patterns):
        if path == each or path.startswith(f"{each}/") or fnmatchcase(path, each):
            return True
        if "/" not in each and fnmatchcase(path.rpartition("/")[2], each):
            return True
    return False


def common_folder(paths: Sequence[str]) -> str:
    """The folder that all ``paths`` lie in, as far down as it goes.

    >>> common_folder(["a/b/c", "a/b/d/e"]), common_folder(["a", "b"]), common_folder(["a/b"])
    ('a/b', '', 'a')
    """
    folders = [path.split("/")[:-1] for path in paths]
    first, last = min(folders), max(folders)
    same = 0
    while same < len(first) and same < len(last) and first[same] == last[same]:
        same += 1
    return "/".join(first[:same])


def _below(path: str, work_tree: Path | None) -> str:
    if work_tree is None:
        return ""
    inner = os.path.relpath(os.path.realpath(path), os.path.realpath(work_tree))
    return "" if inner == "." or inner.startswith("..") else inner.replace(os.sep, "/")
