"""The alias refs that mirror the branch: derived, disposable, the same in every clone.

This room goes from YAML to refs and never back. An alias ref points at the *version commit*: a commit whose tree is
exactly ``versions/<n>/``, whose parent is the version commit of the number before, and whose author and date come
from ``version.yaml``; message, committer, zone and encoding are fixed. So stock git works on it (``git show
<ref>:MLmodel``, ``git log``, ``git diff``, ``git bisect``), and every clone derives the same ids.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from gitmodels.git.derived import write_derived_commit
from gitmodels.git.durable import make_folders
from gitmodels.git.refs import Refs
from gitmodels.git.repository import GitRepository
from gitmodels.names import encode, shard
from gitmodels.registry import layout
from gitmodels.registry.state import State

MESSAGE = "gitmodels version\n"
COMMITTER = ("gitmodels", "gitmodels@localhost")


class Projection:
    """Keeps the alias refs of ``git`` in step with the branch."""

    def __init__(self, git: GitRepository) -> None:
        self.git = git
        self.refs = Refs(git)
        self._tip_file = Path(git.common_dir, "gitmodels", "projected")
        self._chains = Path(git.common_dir, "gitmodels", "chains")

    def follow(self, before: State, after: State, touched: Iterable[tuple[str, str]]) -> None:
        """Move the refs of the ``touched`` (model, alias) pairs; all refs, when the last tip is not ``before``."""
        if not touched and before.commit is not None and self._projected() == before.commit:
            self._remember(after)
        elif before.commit is not None and self._projected() == before.commit:
            for name, alias in touched:
                self._point(layout.alias_ref(name, alias), self._wanted(after, name, alias))
            self._remember(after)
        else:
            self.rebuild(after)

    def behind(self, state: State) -> list[str]:
        """The alias refs that are missing, stale or not ours to have, compared with a derivation from nothing."""
        self.forget()
        return sorted(self._differences(state))

    def forget(self) -> None:
        """Drop what was remembered of earlier derivations; only time is at stake."""
        shutil.rmtree(self._chains, ignore_errors=True)

    def rebuild(self, state: State) -> int:
        """Bring every ref in step with ``state``; returns how many changed."""
        changed = self._differences(state)
        for ref in sorted(changed):
            self._point(ref, changed[ref])
        self._remember(state)
        return len(changed)

    def _differences(self, state: State) -> dict[str, str | None]:
        wanted = self._all_wanted(state)
        found = self.refs.list(layout.ALIAS_REFS)
        refs = wanted.keys() | found.keys()
        return {ref: wanted.get(ref) for ref in refs if wanted.get(ref) != found.get(ref)}

    def version_commit(self, state: State, name: str, number: int) -> str:
        """The id of the version commit, derived now if it was not before."""
        chain = _Chain(self._chains / shard(encode(name)) / encode(name), self.git.object_format.size)
        numbers = [n for n in state.all_numbers(name) if n <= number]
        start, parent = self._known(chain, state, name, numbers)
        for at in range(start, len(numbers)):
            tree = state.tree.oid(layout.version_folder(name, numbers[at]))
            record = state.any_version(name, numbers[at]).record
            parent = write_derived_commit(
                self.git,
                tree=str(tree),
                parents=[parent] if parent else [],
                author=(record.author, record.email),
                committer=COMMITTER,
                when_s=record.created // 1000,
                message=MESSAGE,
            )
            chain.put(at, str(tree), parent)
        chain.close()
        return str(parent)

    def _known(self, chain: "_Chain", state: State, name: str, numbers: list[int]) -> tuple[int, str | None]:
        """How far the stored chain still holds, and the commit it ends in."""
        for at in range(len(numbers) - 1, -1, -1):
            tree = state.tree.oid(layout.version_folder(name, numbers[at]))
            found = chain.get(at)
            if found is not None and found[0] == tree and self.git.objects.has(found[1]):
                return at + 1, found[1]
        return 0, None

    def _all_wanted(self, state: State) -> dict[str, str]:
        wanted = {}
        for name in state.model_names() if state.commit else ():
            for alias in state.aliases(name):
                commit = self._wanted(state, name, alias)
                if commit is not None:
                    wanted[layout.alias_ref(name, alias)] = commit
        return wanted

    def _wanted(self, state: State, name: str, alias: str) -> str | None:
        number = state.aliases(name).get(alias) if state.find_model(name) is not None else None
        if number is None or state.tree.oid(layout.version_folder(name, number)) is None:
            return None
        return self.version_commit(state, name, number)

    def _point(self, ref: str, commit: str | None) -> None:
        if commit is None:
            self.refs.delete(ref)
        else:
            self.refs.update(ref, commit, durable_folder=False)

    def _projected(self) -> str | None:
        try:
            return self._tip_file.read_text().strip()
        except FileNotFoundError:
            return None

    def _remember(self, state: State) -> None:
        make_folders(self._tip_file.parent)
        temporary = self._tip_file.with_name(f"projected.{os.getpid()}")
        temporary.write_text(f"{state.commit or ''}\n")
        temporary.replace(self._tip_file)


class _Chain:
    """The version commits of one model derived so far: rows of (tree, commit) by position, a cache and no truth."""

    def __init__(self, path: Path, width: int) -> None:
        self.path = path
        self.width = width
        self.fresh: list[tuple[int, bytes]] = []
        try:
            self.fd: int | None = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            self.fd = None

    def get(self, at: int) -> tuple[str, str] | None:
        if self.fd is None:
            return None
        row = os.pread(self.fd, 2 * self.width, at * 2 * self.width)
        if len(row) != 2 * self.width or not any(row):
            return None
        return row[: self.width].hex(), row[self.width :].hex()

    def put(self, at: int, tree: str, commit: str) -> None:
        self.fresh.append((at, bytes.fromhex(tree) + bytes.fromhex(commit)))

    def close(self) -> None:
        if self.fresh and self.fd is None:
            make_folders(self.path.parent)
            self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        if self.fd is not None:
            for at, row in self.fresh:
                os.pwrite(self.fd, row, at * 2 * self.width)
            os.close(self.fd)
