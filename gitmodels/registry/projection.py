"""The alias refs that mirror the branch: derived, disposable, the same in every clone.

This room goes from YAML to refs and never back. An alias ref points at the version commit (see version_commits) of
the version that the alias names, so stock git works on it: ``git show <ref>:MLmodel``, ``git log``, ``git diff``,
``git bisect``. Which tip was mirrored last is remembered: where another one is found, what lies between is mirrored.
"""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from gitmodels.errors import GitModelsError
from gitmodels.git.durable import make_folders, storage_errors
from gitmodels.git.edits import Edits
from gitmodels.git.packs import PackFolder
from gitmodels.git.refs import Refs
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.names import shard
from gitmodels.registry import layout
from gitmodels.registry.records import AliasRecord
from gitmodels.registry.state import DAMAGE, State
from gitmodels.registry.version_commits import Derived, VersionCommits

Alias = tuple[str, str]
Prepared = Mapping[Alias, Derived]

_NOTHING: Prepared = {}


class Projection:
    """Keeps the alias refs of ``git`` in step with the branch. The caller holds the writers' queue where it writes."""

    def __init__(self, git: GitRepository) -> None:
        self.git = git
        self.refs = Refs(git)
        self.commits = VersionCommits(git)
        self._packs = PackFolder(git.common_dir, git.object_format)
        self._tip_file = Path(git.common_dir, "gitmodels", "projected")

    def prepare(self, before: State, edits: Edits, touched: Collection[Alias]) -> Prepared:
        """The version commits that the ``touched`` aliases need after ``edits``: they travel in the pack of the edits.

        Only of models whose versions ``edits`` leave alone; ``follow`` finds and writes the rest.
        """
        prepared: dict[Alias, Derived] = {}
        for name, alias in touched:
            path = layout.alias_file(name, alias)
            data = edits.get(path)
            if not isinstance(data, bytes) or set(edits) - {path}:
                continue
            number = AliasRecord.from_yaml(data, path).target.version
            if number is not None and before.is_version(name, number):
                prepared[name, alias] = self.commits.derive(before, name, number)
        return prepared

    def follow(self, before: State, after: State, touched: Iterable[Alias], prepared: Prepared = _NOTHING) -> None:
        """Move the refs of the ``touched`` aliases, and of whatever changed since the tip that was mirrored last.

        ``prepared`` are the version commits that were written with the edits.
        """
        known = self._mirrored()
        if known is None or known != before.commit:
            self.catch_up(after, touched)
            return
        self._mirror(after, _refs_of(touched), prepared)

    def catch_up(self, after: State, touched: Iterable[Alias] = ()) -> None:
        """Move the refs of all that changed since the tip that was mirrored last, and of the ``touched`` aliases."""
        known = self._mirrored()
        moved = set(touched)
        try:
            if known is None:
                raise LookupError
            if known != after.commit:
                moved |= set(between(State(TreeView(self.git.objects, commit=known), known), after))
        except (GitModelsError, LookupError):
            self.rebuild(after)
            return
        self._mirror(after, _refs_of(moved))

    def behind(self, state: State) -> dict[str, str]:
        """Alias refs that are not as ``state`` has them, with what is wrong: missing, stale or foreign.

        Compared with a derivation from nothing; nothing is written.
        """
        commits = VersionCommits(self.git, remembering=False)
        found = self.refs.list(layout.ALIAS_REFS)
        wrong = dict.fromkeys(found, "foreign")
        for ref, (name, alias) in self.wanted(state).items():
            number = _number(state, name, alias)
            derived = commits.derive(state, name, number) if number is not None else None
            if derived is None:
                continue
            wrong.pop(ref, None)
            if found.get(ref) != derived.commit or not self.git.objects.has(derived.commit):
                wrong[ref] = "stale" if ref in found else "missing"
        return dict(sorted(wrong.items()))

    def rebuild(self, state: State) -> int:
        """Bring every ref in step with ``state``; returns how many changed."""
        self.commits.forget()
        wanted: dict[str, Alias | None] = dict.fromkeys(self.refs.list(layout.ALIAS_REFS))
        return self._mirror(state, wanted | self.wanted(state))

    def wanted(self, state: State) -> dict[str, Alias]:
        """The refs that ``state`` asks for, each with its alias."""
        names = state.model_names() if state.commit is not None else ()
        pairs = ((name, alias) for name in names for alias in state.aliases(name))
        return {layout.alias_ref(name, alias): (name, alias) for name, alias in pairs}

    def _mirror(self, state: State, refs: Mapping[str, Alias | None], prepared: Prepared = _NOTHING) -> int:
        """Point each of ``refs`` where its alias points in ``state``, and remember the tip when all of it was done."""
        derived = {
            ref: (prepared.get(pair) or self._derive(state, *pair)) if pair is not None else None
            for ref, pair in refs.items()
        }
        with self._written(derived, refs):
            # What goes away first: a ref may stand where the folder of another has to be.
            ordered = sorted(derived, key=lambda ref: (derived[ref] is not None, ref))
            errors: list[GitModelsError] = []
            changed = 0
            for ref in ordered:
                aim = derived[ref]
                try:
                    changed += self.refs.replace(ref, aim.commit if aim is not None else None)
                except GitModelsError as error:
                    errors.append(error)
        if errors:
            raise errors[0]
        self._remember(state)
        return changed

    @contextlib.contextmanager
    def _written(self, derived: Mapping[str, Derived | None], refs: Mapping[str, Alias | None]) -> Iterator[None]:
        """Put the commits that are not there yet into one pack, guarded until the refs point at them."""
        lines = [(pair[0], aim) for ref, aim in derived.items() if (pair := refs[ref]) is not None and aim is not None]
        # Of two lines of one model the longer is remembered last: each replaces what follows it.
        lines.sort(key=lambda line: line[1].known + len(line[1].fresh))
        fresh = {item.oid: item for _, aim in lines for item in aim.fresh}
        missing = [fresh[oid] for oid in self.git.objects.missing(fresh)]
        with storage_errors("write version commits"):
            pack = self._packs.write(missing) if missing else None
        try:
            for name, aim in lines:
                self.commits.remember(name, aim)
            yield
        finally:
            if pack is not None:
                pack.release()

    def write(self, state: State) -> None:
        """Put the version commits of every alias of ``state`` into the repository; no ref moves."""
        refs: dict[str, Alias | None] = dict(self.wanted(state))
        derived = {ref: self._derive(state, *pair) if pair is not None else None for ref, pair in refs.items()}
        with self.git.queue(), self._written(derived, refs):
            pass

    def aim(self, state: State, name: str, alias: str) -> str | None:
        """The version commit that the ref of an alias has to show in ``state``, None when there must be no ref."""
        derived = self._derive(state, name, alias)
        return derived.commit if derived is not None else None

    def _derive(self, state: State, name: str, alias: str) -> Derived | None:
        number = _number(state, name, alias)
        return self.commits.derive(state, name, number) if number is not None else None

    def _mirrored(self) -> str | None:
        try:
            text = self._tip_file.read_text("ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        whole = len(text) == 2 * self.git.object_format.size + 1 and text.endswith("\n")
        return text.strip() if whole else None

    def _remember(self, state: State) -> None:
        make_folders(self._tip_file.parent)
        # In place, in one write of a fixed size: torn it is no tip, and then everything is mirrored anew.
        fd = os.open(self._tip_file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            os.pwrite(fd, f"{state.commit or ''}\n".encode(), 0)
        finally:
            os.close(fd)


def _number(state: State, name: str, alias: str) -> int | None:
    """The number of the version that the ref of ``alias`` has to show, None when there must be no ref."""
    try:
        number = state.pointed(name, alias) if state.find_model(name) is not None else None
    except DAMAGE:
        return None
    return number if number is not None and state.is_version(name, number) else None


def _refs_of(aliases: Iterable[Alias]) -> dict[str, Alias | None]:
    return {layout.alias_ref(name, alias): (name, alias) for name, alias in aliases}


def between(before: State, after: State) -> Iterator[Alias]:
    """The aliases of every model whose folder is not the same in both states."""
    for folder in {*before.tree.names(layout.MODELS), *after.tree.names(layout.MODELS)}:
        path = f"{layout.MODELS}/{folder}"
        if before.tree.oid(path) == after.tree.oid(path):
            continue
        old, new = before.tree.entries(path), after.tree.entries(path)
        for encoded in {*old, *new}:
            if old.get(encoded) != new.get(encoded) and shard(encoded) == folder:
                yield from _aliases(before, after, encoded)


def _aliases(before: State, after: State, encoded: str) -> Iterator[Alias]:
    record = after.find_encoded(encoded) or before.find_encoded(encoded)
    if record is not None:
        for alias in {*before.alias_names(record.name), *after.alias_names(record.name)}:
            yield record.name, alias
