"""The search index of one repository, at whatever commit it is asked for.

It is kept in memory, follows the branch by tree differences and is kept in files between processes. The branch is the
truth: what was kept and cannot be read, is damaged, of another format or of a commit that is not here, is made anew
from the records; what cannot be written is not kept. This room knows no filters.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gitmodels.errors import GitModelsError
from gitmodels.registry.search_index.files import Files, Kept
from gitmodels.registry.search_index.following import Difference, differences
from gitmodels.registry.search_index.rows import ModelRow, VersionRow, rows_of
from gitmodels.registry.search_index.tables import FORMAT, Tables
from gitmodels.registry.search_index.uncollected import uncollected
from gitmodels.registry.state import State

if TYPE_CHECKING:
    from gitmodels.registry.registry import Registry

Answer = TypeVar("Answer")

# So many changed rows are kept beside a snapshot before there is another one: reading them costs each process a little.
_MANY = 512
# From so many models on it pays to load libgit2.
_LARGE = 200


class SearchIndex:
    """The index of ``registry``'s repository, for all threads of the process; hold ``lock`` while tables are used."""

    def __init__(self, registry: "Registry") -> None:
        self.registry = registry
        self.lock = threading.RLock()
        self._files = Files(Path(registry.git.own_dir, "search"), FORMAT)
        self._tables: Tables | None = None
        self._commit: str | None = None
        self._snapshot: str | None = None
        self._models: dict[str, ModelRow | None] = {}
        self._versions: dict[tuple[str, int], VersionRow | None] = {}

    def at(self, state: State) -> Tables:
        """The tables as ``state`` has them. Raises GitModelsError when records cannot be reached at all."""
        if self._tables is None:
            self._load()
        if self._tables is None or state.commit is None:
            return self.rebuild(state)
        if self._commit != state.commit:
            try:
                self._follow(state)
            except (GitModelsError, sqlite3.Error, OSError, ValueError, TypeError, KeyError):
                return self.rebuild(state)
            self._keep()
        return self._tables

    def ask(self, state: State, question: Callable[[Tables], Answer]) -> Answer:
        """What ``question`` finds in the tables as ``state`` has them. Raises GitModelsError as ``at`` does."""
        with self.lock:
            try:
                return question(self.at(state))
            except sqlite3.Error:
                # Whatever it was, the tables are no loss.
                return question(self.rebuild(state))

    def rebuild(self, state: State) -> Tables:
        """The tables of ``state``, made from its records alone."""
        self._forget()
        tables = Tables()
        names = sorted(state.encoded_names()) if state.commit is not None else []
        source = self._in_bulk(state) if len(names) >= _LARGE else state
        with uncollected():
            tables.fill(found for encoded in names if (found := rows_of(source, encoded)) is not None)
        self._tables, self._commit = tables, state.commit
        self._keep()
        return tables

    def _in_bulk(self, state: State) -> State:
        """The same state, read as is best for all of it; ``state`` where the repository is not one for that."""
        try:
            return self.registry.state_of(state.commit, self.registry.git.objects.in_bulk())
        except GitModelsError:
            return state

    def _forget(self) -> None:
        self._tables = self._commit = self._snapshot = None
        self._models, self._versions = {}, {}

    def _load(self) -> None:
        """Take what was kept, if it is whole."""
        try:
            kept = self._files.load()
            if kept is not None:
                self._take(kept)
        except (sqlite3.Error, OSError, ValueError, TypeError, KeyError, AttributeError, MemoryError, RecursionError):
            self._forget()

    def _take(self, kept: Kept) -> None:
        tables = Tables(kept.image)
        models = {encoded: row and ModelRow(*row) for encoded, row in kept.models}
        versions = {(name, number): row and VersionRow(*row) for name, number, row in kept.versions}
        with tables.database as database:
            database.execute("BEGIN")
            for encoded, model in models.items():
                tables.put_model(encoded, model)
            for (name, number), version in versions.items():
                tables.put_version(name, number, version)
            database.execute("COMMIT")
        self._tables, self._commit, self._snapshot = tables, kept.commit, kept.snapshot
        self._models, self._versions = models, versions

    def _follow(self, state: State) -> None:
        before = self.registry.state_of(self._commit)
        found = list(differences(before, state))
        assert self._tables is not None
        with self._tables.database as database:
            database.execute("BEGIN")
            self._apply(self._tables, found)
            database.execute("COMMIT")
        self._commit = state.commit

    def _apply(self, tables: Tables, found: Iterable[Difference]) -> None:
        for one in found:
            old = tables.model(one.encoded)
            rows = dict(one.versions)
            if one.whole and old is not None:
                rows |= {number: None for number in tables.numbers(old.name) if number not in rows}
            name = one.row.name if one.row is not None else old.name if old is not None else None
            if one.row != old:
                tables.put_model(one.encoded, one.row)
                self._models[one.encoded] = one.row
            for number, row in rows.items():
                assert name is not None
                tables.put_version(name, number, row)
                self._versions[name, number] = row

    def _keep(self) -> None:
        """Write what is in memory to the files; where that cannot be done, the next process does the work anew."""
        if self._tables is None or self._commit is None or self.registry.git.is_fleeting:
            return
        with contextlib.suppress(OSError, sqlite3.Error):
            many = len(self._versions) + len(self._models) > _MANY
            if self._snapshot is None or many or not self._files.has(self._snapshot):
                self._snapshot = self._files.save_snapshot(self._tables.image())
                self._models, self._versions = {}, {}
                self._save()
                self._files.tidy(self._snapshot)
            else:
                self._save()

    def _save(self) -> None:
        assert self._commit is not None
        assert self._snapshot is not None
        versions = [(name, number, row) for (name, number), row in self._versions.items()]
        self._files.save(self._commit, self._snapshot, list(self._models.items()), versions)
