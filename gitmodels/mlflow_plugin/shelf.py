"""One registered model with all its versions, and all models of a registry: what searches look at.

This room reads a State and remembers what it read: a model whose folder has the same git id is not read again, so after
one commit one model is. It knows no filters and no MLflow.
"""

import threading
from functools import cached_property

from gitmodels.names import encode, shard
from gitmodels.registry import deleted, layout
from gitmodels.registry.records import ACTIVE, ModelRecord
from gitmodels.registry.state import DAMAGE, State, Version

PROMPT = "mlflow.prompt.is_prompt"


class Shelf:
    """A registered model as it is: its record, its aliases and its versions, oldest first.

    ``gone`` are deleted versions: their tags and times still count where MLflow's store counts them.
    """

    def __init__(self, state: State, record: ModelRecord) -> None:
        self.record = record
        self.aliases = state.aliases(record.name)
        self.versions = state.versions(record.name)
        self.gone = deleted.versions(state, record.name)

    @cached_property
    def latest(self) -> list[Version]:
        """The newest version of each stage, in the order in which the stages were first reached by number."""
        return list({version.meta.stage: version for version in self.versions}.values())

    @cached_property
    def updated(self) -> int:
        """When the model or one of its versions last changed, ms."""
        return max([self.record.updated, *(version.model_updated for version in self.versions + self.gone)])

    @cached_property
    def is_prompt(self) -> bool:
        """Whether MLflow keeps a prompt here."""
        return self.record.tags.get(PROMPT) == "true"

    @cached_property
    def has_prompts(self) -> bool:
        """Whether one of the versions, deleted or not, is marked as a prompt: none of them is a model's then."""
        return any(version.meta.tags.get(PROMPT) == "true" for version in (*self.versions, *self.gone))

    def aliases_of(self, number: int) -> list[str]:
        """The aliases that point at version ``number``."""
        return [alias for alias, target in self.aliases.items() if target == number]


class Shelves:
    """The models of a registry, by encoded name; what did not change since the last look is not read again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._commit: str | None = None
        self._shards: dict[str, tuple[str | None, dict[str, Shelf]]] = {}
        self._known: dict[str, tuple[str | None, Shelf | None]] = {}

    def one(self, state: State, name: str) -> Shelf:
        """The model ``name``. Raises ModelNotFound."""
        record = state.model(name)
        encoded = encode(name)
        oid = state.tree.oid(f"{layout.MODELS}/{shard(encoded)}/{encoded}")
        with self._lock:
            kept = self._known.get(encoded)
        if kept is not None and kept[0] == oid and kept[1] is not None:
            return kept[1]
        found = Shelf(state, record)
        with self._lock:
            self._known[encoded] = (oid, found)
        return found

    def all(self, state: State) -> list[Shelf]:
        """Every model there is, by name; damaged ones are left out."""
        with self._lock:
            if state.commit != self._commit or state.commit is None:
                folders = state.tree.entries(layout.MODELS)
                self._shards = {folder: self._shard(state, folder, entry[1]) for folder, entry in folders.items()}
                self._commit = state.commit
            found = [shelf for _, shelves in self._shards.values() for shelf in shelves.values()]
        return sorted(found, key=lambda shelf: shelf.record.name)

    def _shard(self, state: State, folder: str, oid: str) -> tuple[str | None, dict[str, Shelf]]:
        kept = self._shards.get(folder)
        if kept is not None and kept[0] == oid:
            return kept
        shelves: dict[str, Shelf] = {}
        for encoded, (_, model_oid) in state.tree.entries(f"{layout.MODELS}/{folder}").items():
            if shard(encoded) != folder:
                continue
            known = self._known.get(encoded)
            if known is None or known[0] != model_oid:
                known = self._known[encoded] = (model_oid, _read(state, encoded))
            if known[1] is not None:
                shelves[encoded] = known[1]
        return oid, shelves


def _read(state: State, encoded: str) -> Shelf | None:
    try:
        record = state.find_encoded(encoded)
        return Shelf(state, record) if record is not None and record.status == ACTIVE else None
    except DAMAGE:
        return None
