"""A branch written commit by commit: files in, one small pack and one compare-and-swap of the ref out.

This room knows edits (path → bytes) and commits. It does not know what the files mean, removes no path, and never
touches HEAD, the index or a work tree.
"""

import contextlib
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from gitmodels.errors import GitModelsError, RefChanged
from gitmodels.git import raw
from gitmodels.git.edits import Edits
from gitmodels.git.raw import Identity
from gitmodels.git.ref_files import RefFiles
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView, load_root, load_tree, remember_blob, remember_root, remember_tree

if TYPE_CHECKING:
    from gitmodels.git.objects import ObjectReader
    from gitmodels.git.packs import PackFolder
    from gitmodels.git.refs import Refs
    from gitmodels.git.tree_edit import NewObject


class Branch:
    r"""The branch ``ref`` of ``repo``.

    >>> import subprocess, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> _ = subprocess.run(["git", "init", "-q", folder], check=True)
    >>> branch = Branch(GitRepository.open(folder), "refs/heads/gitmodels")
    >>> who = Identity("Ann", "ann@example.org")
    >>> tip = branch.commit({"a/b.yaml": b"x: 1\n"}, "Add b", expected=None, author=who, when_ms=0)
    >>> branch.tip() == tip, branch.view().read("a/b.yaml")
    (True, b'x: 1\n')
    """

    def __init__(self, repo: GitRepository, ref: str) -> None:
        self.repo = repo
        self.ref = ref
        self.found = RefFiles(repo.common_dir)

    @cached_property
    def refs(self) -> "Refs":
        """The refs of the repository, to be moved; who only reads asks ``found``."""
        from gitmodels.git.refs import Refs

        return Refs(self.repo)

    @cached_property
    def packs(self) -> "PackFolder":
        """Where the objects of commits are written."""
        from gitmodels.git.packs import PackFolder

        return PackFolder(self.repo.common_dir, self.repo.object_format)

    def tip(self) -> str | None:
        """The id of the newest commit, or None when the branch does not exist."""
        return self.found.read(self.ref)

    def view(self, commit: str | None = None) -> TreeView:
        """The tree of ``commit``, by default of the tip; the view of nothing when the branch does not exist."""
        return TreeView(self.repo.objects, commit=commit if commit is not None else self.tip())

    def commit(
        self,
        edits: Edits,
        message: str,
        *,
        expected: str | None,
        author: Identity,
        when_ms: int,
        beside: Sequence["NewObject"] = (),
    ) -> str:
        """Put ``edits`` on top of ``expected`` (None: begin the branch) and move the branch there; returns the id.

        ``when_ms`` is milliseconds since the epoch. ``beside`` are objects that are wanted next: in the same pack they
        cost no sync of their own. Durable when it returns. Raises RefChanged when the tip is not
        ``expected`` (ask again on the new state), Locked when another program keeps the ref locked, Conflict or
        InvalidName for edits that cannot be; then the branch is unchanged.
        """
        with self.repo.queue():
            found = self.tip()
            if found != expected:
                raise RefChanged(
                    f"{self.ref} moved: expected {(expected or 'no ref')[:10]}, found {(found or 'no ref')[:10]}",
                    hint="read it again and try again",
                    ref=self.ref,
                    current=found,
                    expected=expected,
                )
            built = self.build(edits, message, parent=expected, author=author, when_ms=when_ms)
            known = {item.oid for item in built}
            built = [*(item for item in beside if item.oid not in known), *built]
            return self.publish(built, expected=expected, log=(author, when_ms // 1000, f"commit: {_subject(message)}"))

    def commit_root(self, edits: Edits, message: str, *, author: Identity, when_ms: int) -> str:
        """Begin the branch with ``edits``. Equal arguments give the same commit id in every repository."""
        return self.commit(edits, message, expected=None, author=author, when_ms=when_ms)

    def build(
        self,
        edits: Edits,
        message: str,
        *,
        parent: str | None,
        author: Identity,
        when_ms: int,
        objects: "ObjectReader | None" = None,
    ) -> list["NewObject"]:
        """The objects of a commit of ``edits`` on ``parent``, the commit last; nothing is written.

        ``objects`` is where the parent is read from, by default the repository.
        """
        from gitmodels.git import tree_edit

        reader = objects or self.repo.objects
        base = load_root(reader, parent) if parent is not None else None
        tree = tree_edit.apply(lambda oid: load_tree(reader, oid), self.repo.object_format, base, edits)
        stamp = author.stamp(when_ms // 1000)
        data = raw.serialize_commit(tree.oid, [parent] if parent is not None else [], stamp, stamp, message)
        return [*tree.objects, tree_edit.NewObject(self.repo.object_format.id_of("commit", data), "commit", data)]

    def publish(
        self, objects: list["NewObject"], *, expected: str | None, log: tuple[Identity, int, str] | None = None
    ) -> str:
        """Write ``objects`` durably and move the branch from ``expected`` to the last of them, a commit."""
        from gitmodels.git import durable

        new = objects[-1].oid
        with self.repo.queue(), durable.storage_errors(f"write to {self.ref}"):
            pack = None
            try:
                with self.refs.moving(self.ref, new, expected, log=log):
                    pack = self.packs.write(objects)
            finally:
                if pack is not None:
                    pack.release()
            _remember(objects)
            self._tidy()
        return new

    def _tidy(self) -> None:
        from gitmodels.git import pack_merge

        # The commit stands: nothing that fails from here on may make it look as if it did not.
        with contextlib.suppress(OSError, GitModelsError):
            if self.packs.count() >= pack_merge.MERGE_AT:
                self.packs.sweep()
                self.refs.sweep()
                pack_merge.merge(self.packs)


def _remember(objects: list["NewObject"]) -> None:
    # What was just written is read next: no look into the new pack is needed for it.
    for item in objects:
        if item.tree is not None:
            remember_tree(item.oid, item.tree)
        elif item.kind == "blob":
            remember_blob(item.oid, item.data)
        else:
            remember_root(item.oid, raw.parse_commit(item.data).tree)


def _subject(message: str) -> str:
    return message.strip().split("\n", 1)[0][:200]
