"""MLflow's own tables, where its registry is a database: what its client neither tells nor takes.

That is which numbers were deleted, where the files of all versions are, and, for an export, times and users. The
tables are looked at first: a release that calls them otherwise is served through the client alone.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gitmodels.values import frozen

_DELETED = "Deleted_Internal"
_VERSIONS, _MODELS = "model_versions", "registered_models"
_NEEDED = {
    _VERSIONS: {"name", "version", "creation_time", "last_updated_time", "user_id", "source", "storage_location"}
    | {"current_stage", "status_message"},
    _MODELS: {"name", "creation_time", "last_updated_time"},
}
_WORKSPACE = "default"
_MANY = 500


@frozen
class Row:
    """One number that was ever given: whether it was deleted, and where its files are."""

    name: str
    number: int
    deleted: bool
    location: str | None


@frozen
class Tables:
    """The two tables, reflected; ``engine`` is SQLAlchemy's."""

    engine: Any
    versions: Any
    models: Any

    @classmethod
    def of(cls, uri: str) -> "Tables | None":
        """The tables of the database at ``uri``; None where they are not as they are known here."""
        import sqlalchemy

        engine = sqlalchemy.create_engine(uri)
        try:
            metadata = sqlalchemy.MetaData()
            metadata.reflect(engine, only=[_VERSIONS, _MODELS])
            found = {name: metadata.tables[name] for name in _NEEDED}
        except (sqlalchemy.exc.SQLAlchemyError, KeyError):
            engine.dispose()
            return None
        if any(_NEEDED[name] - set(table.c.keys()) for name, table in found.items()):
            engine.dispose()
            return None
        return cls(engine, found[_VERSIONS], found[_MODELS])

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def rows(self) -> list[Row]:
        """Every number that was ever given, deleted ones too."""
        import sqlalchemy

        table = self.versions
        columns = (table.c.name, table.c.version, table.c.current_stage, table.c.storage_location, table.c.source)
        asked = sqlalchemy.select(*columns).where(*self._here(table))
        with self.engine.connect() as connection:
            found = connection.execute(asked).all()
        return [
            Row(name, int(number), stage == _DELETED, place or source) for name, number, stage, place, source in found
        ]

    def put(self, name: str, model: Mapping[str, Any], versions: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
        """Write columns of a model and of its versions, by number, in one transaction."""
        with self.engine.begin() as connection:
            connection.execute(self._update(self.models, name).values(**model))
            for number, values in versions:
                where = self.versions.c.version == number
                connection.execute(self._update(self.versions, name).where(where).values(**values))

    def _update(self, table: Any, name: str) -> Any:
        return table.update().where(table.c.name == name, *self._here(table))

    def _here(self, table: Any) -> list[Any]:
        return [table.c.workspace == _WORKSPACE] if "workspace" in table.c else []
