"""The tables of the index: an SQLite database in memory, with rows going in and out.

This room knows SQL and rows; it knows no registry and no files. A database in memory is nobody else's: no lock can
be held on it, nothing of it is read before it was checked, and a killed process leaves nothing half done.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

from gitmodels.filters import ilike, like
from gitmodels.registry.search_index.rows import MODEL_COLUMNS, VERSION_COLUMNS, ModelRow, VersionRow

# Another layout of the tables or another meaning of a row is another format: what is kept in files is made anew.
FORMAT = 2

_SCHEMA = """
CREATE TABLE models(
    id INTEGER PRIMARY KEY, encoded TEXT NOT NULL UNIQUE, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, description TEXT, tags TEXT NOT NULL, aliases TEXT NOT NULL);
CREATE TABLE model_tags(key TEXT, value TEXT, model INTEGER, PRIMARY KEY (key, value, model)) WITHOUT ROWID;
CREATE TABLE aliases(alias TEXT, name TEXT, number INTEGER, PRIMARY KEY (alias, name)) WITHOUT ROWID;
CREATE TABLE versions(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, number INTEGER NOT NULL, deleted INTEGER NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, moved INTEGER NOT NULL, stage TEXT NOT NULL, description TEXT,
    source TEXT NOT NULL,
    run_id TEXT, run_name TEXT, run_link TEXT, author TEXT NOT NULL, size INTEGER NOT NULL,
    code_execution TEXT NOT NULL, model_id TEXT NOT NULL, flavors TEXT NOT NULL, inputs TEXT NOT NULL,
    outputs TEXT NOT NULL, tags TEXT NOT NULL, params TEXT, metrics TEXT, measured TEXT);
CREATE TABLE words(kind INTEGER, key TEXT, value TEXT, version INTEGER,
    PRIMARY KEY (kind, key, value, version)) WITHOUT ROWID;
CREATE TABLE measures(key TEXT, version INTEGER, value REAL, PRIMARY KEY (key, version)) WITHOUT ROWID;
"""
# Made after a first filling: one sort is cheaper than a search for each row.
_INDEXES = """
CREATE UNIQUE INDEX by_number ON versions(name, number);
CREATE INDEX by_time ON versions(updated DESC, name, number DESC);
CREATE INDEX by_run ON versions(run_id);
CREATE INDEX by_move ON versions(name, moved);
"""

_PUT_MODEL = f"INSERT INTO models(id, {', '.join(MODEL_COLUMNS)}) VALUES (?{', ?' * len(MODEL_COLUMNS)})"  # noqa: S608 - names of columns
_PUT_VERSION = f"INSERT INTO versions(id, {', '.join(VERSION_COLUMNS)}) VALUES (?{', ?' * len(VERSION_COLUMNS)})"  # noqa: S608 - names of columns
_MODEL = f"SELECT id, {', '.join(MODEL_COLUMNS)} FROM models"  # noqa: S608 - names of columns
_VERSION = f"SELECT id, {', '.join(VERSION_COLUMNS)} FROM versions"  # noqa: S608 - names of columns


class Tables:
    """The tables in one database; a fresh one, or the one in ``image``, whose bytes were checked.

    Raises sqlite3.Error for an image that is no such database.
    """

    def __init__(self, image: bytes | None = None) -> None:
        # Whoever asks holds a lock of his own; threads may come and go.
        self.database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        if image is not None:
            self.database.deserialize(image)
            self.count()
        self.database.execute("PRAGMA temp_store = MEMORY")
        self.database.create_function("gm_like", 2, _or_missing(like), deterministic=True)
        self.database.create_function("gm_ilike", 2, _or_missing(ilike), deterministic=True)

    def image(self) -> bytes:
        """The database as bytes, as ``Tables`` takes them."""
        return self.database.serialize()

    def fill(self, found: Iterable[tuple[ModelRow, list[VersionRow]]]) -> None:
        """Put the rows of all models into fresh tables."""
        self.database.executescript(_SCHEMA)
        with self.database as database:
            database.execute("BEGIN")
            words: list[tuple[int, str, str, int]] = []
            measures: list[tuple[str, int, float | None]] = []
            version = 0
            for model, (row, versions) in enumerate(found, 1):
                self._add_model(model, row)
                for one in versions:
                    version += 1
                    database.execute(_PUT_VERSION, (version, *one))
                    words += [(*word, version) for word in one.words()]
                    measures += [(key, version, value) for key, value in one.measures()]
            # In the order of their key they are appended, each beside the one before.
            words.sort()
            measures.sort(key=lambda measure: measure[:2])
            database.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", words)
            database.executemany("INSERT INTO measures VALUES (?, ?, ?)", measures)
            database.execute("COMMIT")
        self.database.executescript(_INDEXES)

    def count(self) -> int:
        """How many versions there are."""
        return int(self.database.execute("SELECT count(*) FROM versions").fetchone()[0])

    def numbers(self, name: str) -> list[int]:
        """The numbers of a model's versions that have rows."""
        return [number for (number,) in self.database.execute("SELECT number FROM versions WHERE name = ?", (name,))]

    def model(self, encoded: str) -> ModelRow | None:
        """The row of a model."""
        found = self.database.execute(f"{_MODEL} WHERE encoded = ?", (encoded,)).fetchone()
        return ModelRow._make(found[1:]) if found else None

    def put_model(self, encoded: str, row: ModelRow | None) -> None:
        """Let ``row`` stand for a model in place of what stood there; None takes it away."""
        found = self.database.execute(f"{_MODEL} WHERE encoded = ?", (encoded,)).fetchone()
        if found:
            model, old = found[0], ModelRow._make(found[1:])
            self._many("DELETE FROM model_tags WHERE key = ? AND value = ? AND model = ?", _tags(model, old))
            self._many(
                "DELETE FROM aliases WHERE alias = ? AND name = ?", ((a, old.name) for a, _ in old.alias_pairs())
            )
            self.database.execute("DELETE FROM models WHERE id = ?", (model,))
        if row is not None:
            self._add_model(found[0] if found else None, row)

    def put_version(self, name: str, number: int, row: VersionRow | None) -> None:
        """Let ``row`` stand for a version in place of what stood there; None takes it away."""
        found = self.database.execute(f"{_VERSION} WHERE name = ? AND number = ?", (name, number)).fetchone()
        version = found[0] if found else None
        if found:
            old = VersionRow._make(found[1:])
            words = ((*word, version) for word in old.words())
            self._many("DELETE FROM words WHERE kind = ? AND key = ? AND value = ? AND version = ?", words)
            self._many("DELETE FROM measures WHERE key = ? AND version = ?", ((k, version) for k, _ in old.measures()))
            self.database.execute("DELETE FROM versions WHERE id = ?", (version,))
        if row is not None:
            version = self.database.execute(_PUT_VERSION, (version, *row)).lastrowid
            self._many("INSERT INTO words VALUES (?, ?, ?, ?)", ((*word, version) for word in row.words()))
            self._many("INSERT INTO measures VALUES (?, ?, ?)", ((k, version, v) for k, v in row.measures()))

    def _add_model(self, model: int | None, row: ModelRow) -> None:
        model = self.database.execute(_PUT_MODEL, (model, *row)).lastrowid
        self._many("INSERT INTO model_tags VALUES (?, ?, ?)", _tags(model, row))
        self._many("INSERT INTO aliases VALUES (?, ?, ?)", ((alias, row.name, n) for alias, n in row.alias_pairs()))

    def _many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self.database.executemany(statement, rows)


def _tags(model: int | None, row: ModelRow) -> Iterator[tuple[str, str, int | None]]:
    return ((key, value, model) for key, value in row.tag_pairs())


def _or_missing(judge: Any) -> Any:
    return lambda found, pattern: found is not None and judge(found, pattern)
