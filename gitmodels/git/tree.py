"""The tree of one commit as a read-only view by path, out of bounded caches that the process shares.

This room knows paths, folders and bytes. It needs no HEAD, index or work tree, and follows no symbolic links.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from gitmodels.errors import Corrupt
from gitmodels.git import raw
from gitmodels.git.objects import ObjectReader

Value = TypeVar("Value")

_TREE_BUDGET = 64 << 20
_BLOB_BUDGET = 32 << 20
_LARGEST_BLOB = 64 << 10
_DEEPEST = 64
# What an entry of a parsed tree costs in memory: a str, a tuple, a hex id, its place in the dict, its row when edited.
_ENTRY_COST = 450


class Generations(Generic[Value]):
    """A cache with a budget in bytes that forgets what was not asked for lately.

    Two dicts: what is asked for moves to the young one; when that is half the budget it becomes the old one and the
    former old one is dropped. As good as least-recently-used here, and a hit costs one dict look-up, no lock.
    """

    def __init__(self, budget: int) -> None:
        self._half = budget // 2
        self._young: dict[str, tuple[Value, int]] = {}
        self._old: dict[str, tuple[Value, int]] = {}
        self._size = 0

    def get(self, key: str) -> Value | None:
        """The value kept under ``key``, or None."""
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self.put(key, *found)
        return found[0]

    def put(self, key: str, value: Value, cost: int) -> None:
        """Keep ``value``, which takes ``cost`` bytes."""
        # Threads may race here: at worst a generation changes early, never is a wrong value returned.
        if self._size + cost > self._half:
            self._old, self._young, self._size = self._young, {}, 0
        self._young[key] = (value, cost)
        self._size += cost

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old, self._size = {}, {}, 0


# Keyed by object id, so entries are right for every repository of the process.
_trees: Generations[raw.Tree] = Generations(_TREE_BUDGET)
_blobs: Generations[bytes] = Generations(_BLOB_BUDGET)
_roots: Generations[str] = Generations(4 << 20)


def load_tree(objects: ObjectReader, oid: str) -> raw.Tree:
    """The tree ``oid``, shared by everybody."""
    tree = _trees.get(oid)
    if tree is None:
        tree = raw.parse_tree(objects.read(oid, "tree"), len(oid) // 2)
        remember_tree(oid, tree)
    return tree


def load_blob(objects: ObjectReader, oid: str) -> bytes:
    """The bytes of blob ``oid``."""
    data = _blobs.get(oid)
    if data is None:
        data = objects.read(oid, "blob")
        remember_blob(oid, data)
    return data


def load_root(objects: ObjectReader, commit: str) -> str:
    """The id of the tree of ``commit``."""
    root = _roots.get(commit)
    if root is None:
        root = raw.parse_commit(objects.read(commit, "commit")).tree
        remember_root(commit, root)
    return root


def remember_tree(oid: str, tree: raw.Tree) -> None:
    """Keep a tree that was just read or written."""
    _trees.put(oid, tree, _ENTRY_COST * len(tree.entries) + 200)


def remember_blob(oid: str, data: bytes) -> None:
    """Keep a blob that was just read or written, unless it is large."""
    if len(data) <= _LARGEST_BLOB:
        _blobs.put(oid, data, len(data) + 200)


def remember_root(commit: str, tree: str) -> None:
    """Keep which tree belongs to a commit."""
    _roots.put(commit, tree, 300)


def clear_caches() -> None:
    """Forget everything that was read; only memory and time are at stake."""
    for cache in (_trees, _blobs, _roots):
        cache.clear()


class TreeView:
    """What stands at each path of one commit's tree. Paths are relative with ``/`` between parts; ``""`` is the root.

    ``commit`` and ``tree`` are ids in hex, None for the view of nothing. All methods raise ObjectNotFound when a
    partial clone lacks an object on the way, Corrupt when one is damaged.
    """

    def __init__(self, objects: ObjectReader, *, commit: str | None = None, tree: str | None = None) -> None:
        """The tree of ``commit``, or ``tree`` itself, or nothing when both are None."""
        self.objects = objects
        self.commit = commit
        self.tree = load_root(objects, commit) if commit is not None else tree
        self._near: tuple[str, raw.Tree] | None = None

    def read(self, path: str) -> bytes | None:
        """The bytes of the file at ``path``; None when there is none (or a folder, link or submodule)."""
        entry = self._entry(path)
        if entry is None or not raw.is_blob_mode(entry[0]):
            return None
        return load_blob(self.objects, entry[1])

    def names(self, path: str = "") -> list[str]:
        """The names in the folder ``path``, in git's order; empty when there is no such folder."""
        return list(self.entries(path))

    def entries(self, path: str = "") -> Mapping[str, raw.Entry]:
        """Mode and id of everything in the folder ``path``, by name; empty when there is no such folder."""
        oid = self.tree if not path else self._tree_oid(path)
        return load_tree(self.objects, oid).entries if oid is not None else {}

    def oid(self, path: str) -> str | None:
        """The object id of what stands at ``path``, or None."""
        if not path:
            return self.tree
        entry = self._entry(path)
        return entry[1] if entry is not None else None

    def is_tree(self, path: str) -> bool:
        """Whether ``path`` is a folder."""
        return self.tree is not None if not path else self._tree_oid(path) is not None

    def walk(self, path: str = "") -> Iterator[tuple[str, str]]:
        """Path and id of every file below the folder ``path``, folder by folder.

        Raises Corrupt for folders nested deeper than any registry nests them.
        """
        if path.count("/") > _DEEPEST:
            raise Corrupt(f"folders nested deeper than {_DEEPEST} in a git tree")
        prefix = f"{path}/" if path else ""
        for name, (mode, oid) in self.entries(path).items():
            if raw.is_tree_mode(mode):
                yield from self.walk(prefix + name)
            elif raw.is_blob_mode(mode):
                yield prefix + name, oid

    def missing(self, paths: Iterable[str]) -> list[str]:
        """The ids of those files at ``paths`` whose bytes this clone lacks: what to prefetch in one go."""
        entries = [self._entry(path) for path in paths]
        return self.objects.missing(entry[1] for entry in entries if entry is not None and raw.is_blob_mode(entry[0]))

    def _tree_oid(self, path: str) -> str | None:
        entry = self._entry(path)
        return entry[1] if entry is not None and raw.is_tree_mode(entry[0]) else None

    def _entry(self, path: str) -> raw.Entry | None:
        parent, _, last = path.rpartition("/")
        # Questions come folder by folder: what is asked next mostly stands beside what was asked last.
        near = self._near
        if near is None or near[0] != parent:
            tree = self._folder(parent.split("/") if parent else [])
            if tree is None:
                return None
            near = self._near = (parent, tree)
        return near[1].entries.get(last)

    def _folder(self, parts: list[str]) -> raw.Tree | None:
        oid = self.tree
        if oid is None:
            return None
        for part in parts:
            entry = load_tree(self.objects, oid).entries.get(part)
            if entry is None or not raw.is_tree_mode(entry[0]):
                return None
            oid = entry[1]
        return load_tree(self.objects, oid)
