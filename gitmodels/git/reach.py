"""Every file that any commit within reach has, or once had, under a chosen name; and from where one starts to look.

This room walks commits and compares trees; it knows neither what the files say nor why somebody wants them all. Each
commit is compared with its parents: what is equal costs nothing, so a long history of small changes is cheap.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pygit2

from gitmodels.errors import Corrupt, GitModelsError, ObjectNotFound
from gitmodels.git import raw
from gitmodels.git.refs import Refs
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import load_root, load_tree
from gitmodels.patterns import pattern

_OID = pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LEFT = (pygit2.enums.DeltaStatus.DELETED, pygit2.enums.DeltaStatus.MODIFIED)


class Reach:
    """Gathers files from tips that are added one after another; what was walked is not walked again.

    ``wanted`` says of a file's name whether it is asked for. ``found`` maps the ids of such files to every path where
    they stood.
    """

    def __init__(self, repo: GitRepository, wanted: Callable[[str], bool]) -> None:
        self._repo = repo
        self._wanted = wanted
        self._commits: set[str] = set()
        self._trees: set[tuple[str, str]] = set()
        self.found: dict[str, set[str]] = {}

    def add(self, tips: Iterable[str]) -> None:
        """Walk from ``tips`` (commits) to the first commits, or to the edge of a shallow clone.

        Raises Corrupt for an object that is damaged, or missing though nothing says that it may be.
        """
        waiting = list(dict.fromkeys(tips))
        entered = set(waiting)
        while waiting:
            oid = waiting.pop()
            if oid in self._commits:
                continue
            commit = raw.parse_commit(self._repo.objects.read(oid, "commit"))
            if oid in entered:
                self._whole(commit.tree, "")
            for parent in commit.parents:
                if self._lies_beyond(parent):
                    continue
                older = load_root(self._repo.objects, parent)
                if older != commit.tree:
                    self._left_behind(older, commit.tree)
                waiting.append(parent)
            # Noted last: a walk that was broken off here is taken up here.
            self._commits.add(oid)

    def _lies_beyond(self, parent: str) -> bool:
        return not self._repo.objects.has(parent) and bool(self._repo.incomplete())

    def _whole(self, tree: str, path: str) -> None:
        """Every file of a tree; what other tips have at the same path already is left out."""
        if (tree, path) in self._trees:
            return
        for name, (mode, oid) in load_tree(self._repo.objects, tree).entries.items():
            if raw.is_tree_mode(mode):
                self._whole(oid, f"{path}{name}/")
            elif self._wanted(name) and raw.is_blob_mode(mode):
                self.found.setdefault(oid, set()).add(path + name)
        self._trees.add((tree, path))

    def _left_behind(self, older: str, newer: str) -> None:
        """The files that the older tree has and the newer one lacks or has otherwise."""
        try:
            before, after = self._repo.handle[older].peel(pygit2.Tree), self._repo.handle[newer].peel(pygit2.Tree)
            for delta in before.diff_to_tree(after, flags=pygit2.enums.DiffOption.SKIP_BINARY_CHECK).deltas:
                old = delta.old_file
                if delta.status in _LEFT and self._wanted(old.path.rpartition("/")[2]):
                    self.found.setdefault(str(old.id), set()).add(old.path)
        except (KeyError, ValueError, pygit2.GitError) as error:
            # A clone without trees lacks those of old commits by right; the newest are looked at as a whole.
            if not self._repo.incomplete():
                raise Corrupt(f"the tree {older[:10]} cannot be read: {error}", hint="run git fsck") from None


def all_refs(repo: GitRepository) -> dict[str, str]:
    """Every ref with the commit it leads to, tags peeled; refs to other things are left out.

    Raises Corrupt for a ref that is damaged or leads nowhere: it may have been the only one to name something.
    """
    refs = Refs(repo)
    found = {}
    for name in refs.names():
        oid = refs.read(name)
        if oid is None:
            continue
        if not repo.objects.has(oid) and not repo.incomplete():
            raise Corrupt(f"{name} leads to the object {oid}, which is missing", hint="run git fsck; fetch it again")
        commit = _commit(repo, oid)
        if commit is not None:
            found[name] = commit
    return found


def logged(repo: GitRepository) -> Iterator[tuple[str, str]]:
    """The commits in all reflogs and HEADs, of every work tree, as far as they are still here, each with its log."""
    for folder in (repo.common_dir, *_linked(repo)):
        logs = folder / "logs"
        paths = [Path(top, name) for top, _, names in os.walk(logs) for name in names]
        for path in (folder / "HEAD", *paths):
            name = path.relative_to(logs).as_posix() if path.is_relative_to(logs) else "HEAD"
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                for oid in dict.fromkeys(_OID.findall(path.read_text("ascii", "replace"))):
                    commit = _commit(repo, oid) if oid.strip("0") and repo.objects.has(oid) else None
                    if commit is not None:
                        yield name, commit


def work_trees(repo: GitRepository) -> list[Path]:
    """The folders of all work trees of the repository, the main one first; those that were removed are left out.

    Raises ObjectNotFound for one that is locked, as on a disk that is not mounted: nobody knows what it holds.
    """
    found = []
    config = pygit2.Config(str(repo.common_dir / "config")) if (repo.common_dir / "config").is_file() else None
    bare = config is not None and "core.bare" in config and config.get_bool("core.bare")
    if config is not None and "core.worktree" in config:
        found.append(Path(os.path.normpath(repo.common_dir / str(config["core.worktree"]))))
    elif not bare and repo.common_dir.name == ".git":
        found.append(repo.common_dir.parent)
    if repo.work_tree is not None:
        found.append(repo.work_tree)
    for folder in _linked(repo):
        with contextlib.suppress(OSError):
            place = Path(os.path.normpath(folder / (folder / "gitdir").read_text().strip())).parent
            if place.is_dir():
                found.append(place)
            elif (folder / "locked").exists():
                raise ObjectNotFound(
                    f"the work tree {place} is locked and not here", hint=f"mount it, or git worktree unlock {place}"
                )
    return list(dict.fromkeys(found))


def _linked(repo: GitRepository) -> list[Path]:
    try:
        return sorted(Path(entry.path) for entry in os.scandir(repo.common_dir / "worktrees"))
    except OSError:
        return []


def _commit(repo: GitRepository, oid: str) -> str | None:
    """The commit that ``oid`` is, or that the tag leads to; None when it is neither."""
    try:
        found = repo.handle[oid].peel(pygit2.Commit)
    except (KeyError, ValueError, pygit2.GitError):
        with contextlib.suppress(GitModelsError):
            raw.parse_commit(repo.objects.read(oid, "commit"))
            return oid
        return None
    return str(found.id)
