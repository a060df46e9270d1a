"""One registered model with all its versions: what is asked for a model by its name.

This room reads a State and remembers what it read: of versions and aliases only those are read again whose files have
another git id, so after one commit that is one of them. It knows no filters and no MLflow.
"""

import threading
from collections.abc import Mapping
from functools import cached_property

from gitmodels.errors import VersionNotFound
from gitmodels.registry import layout
from gitmodels.registry.records import DELETED, ModelRecord
from gitmodels.registry.state import DAMAGE, State, Version
from gitmodels.values import frozen

# So many models are remembered: who asks for more of them than that reads them again.
_KEPT = 1000
# What a version is made of: the git ids of its folder and of what is said of it.
_Key = tuple[object, object]


class Contents:
    """The versions of a model, oldest first. ``gone`` are deleted ones: they still tell when the model changed."""

    def __init__(self, state: State, record: ModelRecord, before: "Contents | None" = None) -> None:
        folders = state.tree.entries(layout.versions_folder(record.name))
        metas = state.tree.entries(layout.metas_folder(record.name))
        known = before.read if before is not None else {}
        self.read: dict[int, tuple[_Key, Version | None]] = {}
        for number in state.all_numbers(record.name):
            if number < record.first:
                continue
            key = (folders[str(number)], metas.get(f"{number}.yaml"))
            kept = known.get(number)
            self.read[number] = kept if kept is not None and kept[0] == key else (key, _read(state, record, number))
        found = [version for _, version in self.read.values() if version is not None]
        self.versions = [version for version in found if version.meta.status != DELETED]
        self.gone = [version for version in found if version.meta.status == DELETED]

    @cached_property
    def latest(self) -> list[Version]:
        """The newest version of each stage, in the order in which the stages were first reached by number."""
        return list({version.meta.stage: version for version in self.versions}.values())

    @cached_property
    def updated(self) -> int:
        """When one of the versions last changed together with the model, ms; 0 where there is none."""
        return max((version.model_updated for version in self.versions + self.gone), default=0)


@frozen
class Shelf:
    """A registered model as it is: its record, its aliases and its versions."""

    record: ModelRecord
    aliases: Mapping[str, int]
    contents: Contents

    @property
    def updated(self) -> int:
        """When the model or one of its versions last changed, ms."""
        return max(self.record.updated, self.contents.updated)

    def aliases_of(self, number: int) -> list[str]:
        """The aliases that point at version ``number``."""
        return [alias for alias, target in self.aliases.items() if target == number]


class Shelves:
    """The models of a registry that were asked for by name, for all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[tuple[object, ...], Contents]] = {}

    def one(self, state: State, name: str) -> Shelf:
        """The model ``name``. Raises ModelNotFound."""
        record = state.model(name)
        folders = (layout.versions_folder(name), layout.metas_folder(name))
        key = (record.first, *(state.tree.oid(folder) for folder in folders))
        with self._lock:
            kept = self._known.get(name)
        if kept is None or kept[0] != key:
            kept = (key, Contents(state, record, kept[1] if kept is not None else None))
            with self._lock:
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[name] = kept
        return Shelf(record, state.aliases(name), kept[1])


def _read(state: State, record: ModelRecord, number: int) -> Version | None:
    """A version, deleted or not; None for one that is damaged or has no record, which lists leave out."""
    try:
        return state.any_version(record.name, number)
    except (*DAMAGE, VersionNotFound):
        return None
