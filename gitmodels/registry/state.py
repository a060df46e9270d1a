"""A read-only view of the registry as one commit has it. Every question about what is registered is asked here.

This room reads records from a tree; it knows nothing of commits, refs or writing. Records are parsed once per blob
and kept, because a blob never changes.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from gitmodels.errors import (
    AliasNotFound,
    Corrupt,
    FormatTooNew,
    GitModelsError,
    Invalid,
    InvalidName,
    InvalidRecord,
    ModelNotFound,
    VersionNotFound,
)
from gitmodels.fields import Fields
from gitmodels.names import decode, encode, shard
from gitmodels.patterns import pattern
from gitmodels.registry import layout
from gitmodels.registry.records import ACTIVE, DELETED, MOVED, AliasRecord, MetaRecord, ModelRecord, VersionRecord
from gitmodels.registry.version import Version as Version
from gitmodels.uris import ModelRef

Record = TypeVar("Record", ModelRecord, VersionRecord, MetaRecord, AliasRecord)
Value = TypeVar("Value")

# What makes one record unreadable. An object that this clone lacks by right is not among it: it is no damage.
DAMAGE = (Invalid, Corrupt)
# Past fifteen digits no number of ours ever gets; other digits than ASCII's and leading zeros are no number of ours.
_NUMBER = pattern(r"[1-9][0-9]{0,14}")
_KEPT = 100_000


class Tree(Protocol):
    """What State asks of a commit's tree."""

    def read(self, path: str) -> bytes | None:
        """The bytes of the file at ``path``, None where there is none."""
        ...

    def names(self, path: str) -> list[str]:
        """The names in the folder at ``path``, empty where there is none."""
        ...

    def entries(self, path: str) -> Mapping[str, tuple[bytes, str]]:
        """Git mode and id of everything in the folder at ``path``, by name; empty where there is none."""
        ...

    def oid(self, path: str) -> str | None:
        """The git id of what stands at ``path``."""
        ...

    def walk(self, path: str) -> Iterator[tuple[str, str]]:
        """Path and git id of every file below the folder at ``path``."""
        ...


class State:
    """The registry at ``commit``; an empty one where ``commit`` is None.

    What lists leaves a damaged record out and notes it in ``skipped`` (path → error), so that one bad file takes
    nothing else with it; what is asked for by name raises. The values of records are shared: never change one.
    """

    def __init__(self, tree: Tree, commit: str | None) -> None:
        self.tree = tree
        self.commit = commit
        self.skipped: dict[str, GitModelsError] = {}

    def check_format(self, *, writing: bool) -> None:
        """Raise FormatTooNew when a newer gitmodels wrote this registry and ``writing`` is asked (reading is not)."""
        if self.commit is None:
            return
        found = self.format()
        if found > layout.FORMAT and writing:
            raise FormatTooNew(
                f"this registry has format {found}; this gitmodels writes format {layout.FORMAT}",
                hint="update gitmodels: pip install -U gitmodels",
            )

    def format(self) -> int:
        """The number in ``gitmodels.yaml``."""
        data = self.tree.read(layout.REGISTRY_FILE)
        if data is None:
            raise InvalidRecord(
                f"the registry branch has no {layout.REGISTRY_FILE}: it is not a registry",
                hint="another branch of that name? set git config gitmodels.branch to a free name",
            )
        return Fields.parse(data, layout.REGISTRY_FILE).count("format")

    def model_names(self) -> Iterator[str]:
        """The names of all registered models, in the order of their encoded names; damaged ones are skipped."""
        for encoded in sorted(self.encoded_names()):
            path = f"{layout.MODELS}/{shard(encoded)}/{encoded}/model.yaml"
            record = self._unless_damaged(path, functools.partial(self.find_encoded, encoded))
            if record is not None and record.status == ACTIVE:
                yield record.name

    def encoded_names(self) -> Iterator[str]:
        """The names of all folders of models that stand where a model of that name stands."""
        for folder in self.tree.names(layout.MODELS):
            names = self._unless_damaged(f"{layout.MODELS}/{folder}", functools.partial(self._in_shard, folder))
            yield from (name for name in names or () if shard(name) == folder)

    def find_encoded(self, encoded: str) -> ModelRecord | None:
        """``model.yaml`` of the folder ``encoded``, whatever its status. Raises InvalidRecord for another's name."""
        path = f"{layout.MODELS}/{shard(encoded)}/{encoded}/model.yaml"
        record = self._record(path, ModelRecord)
        if record is not None and encode(record.name) != encoded:
            raise InvalidRecord(f"{path}: says it is {record.name!r}")
        return record

    def find_model(self, name: str) -> ModelRecord | None:
        """The registered model ``name``, or None when there is none (never, deleted, or moved away)."""
        record = self.model_record(name)
        return record if record is not None and record.status == ACTIVE else None

    def model_record(self, name: str) -> ModelRecord | None:
        """``model.yaml`` of ``name`` whatever its status."""
        record = self._record(layout.model_file(name), ModelRecord)
        if record is not None and record.name != name:
            raise InvalidRecord(f"{layout.model_file(name)}: says it is {record.name!r}")
        return record

    def model(self, name: str) -> ModelRecord:
        """The registered model ``name``. Raises ModelNotFound."""
        record = self.find_model(name)
        if record is None:
            raise ModelNotFound(f"Registered Model with name={name} not found", name=name)
        return record

    def follow(self, name: str) -> str:
        """``name``, or the name it was moved to."""
        seen = {name}
        while (record := self.model_record(name)) is not None and record.status == MOVED and record.moved:
            name = record.moved
            if name in seen:
                raise InvalidRecord(f"the models {', '.join(sorted(seen))} are moved in a circle")
            seen.add(name)
        return name

    def all_numbers(self, name: str) -> list[int]:
        """Every number ever given under ``name``, ascending, deleted ones included."""
        return sorted(self._given(name))

    def next_number(self, name: str) -> int:
        """The number the next registration gets: numbers are never reused."""
        return 1 + max(self._given(name), default=0)

    def is_version(self, name: str, number: int) -> bool:
        """Whether a folder of that number stands there."""
        return _is_folder(self.tree.entries(layout.versions_folder(name)).get(str(number)))

    def version_trees(self, name: str) -> list[tuple[int, str]]:
        """Number and git tree id of every version folder, ascending: what version commits are made of."""
        folder = self.tree.entries(layout.versions_folder(name))
        return [(n, folder[str(n)][1]) for n in self.all_numbers(name) if _is_folder(folder[str(n)])]

    def numbers(self, name: str) -> list[int]:
        """The numbers that exist now, ascending; damaged ones are skipped. Raises ModelNotFound."""
        return [number for number, _ in self._living(name)]

    def versions(self, name: str) -> list[Version]:
        """The versions that exist now, oldest first; damaged ones are skipped. Raises ModelNotFound."""
        found = []
        for number, meta in self._living(name):
            path = layout.version_file(name, number)
            record = self._unless_damaged(path, functools.partial(self.version_record, name, number))
            if record is not None:
                found.append(Version(name, number, record, meta))
        return found

    def version(self, name: str, number: int) -> Version:
        """One version. Raises VersionNotFound, also when it was deleted."""
        record = self.find_model(name)
        if record is None or number < record.first:
            raise self._no_version(name, number)
        version = self.any_version(name, number)
        if version.meta.status == DELETED:
            raise self._no_version(name, number)
        return version

    def any_version(self, name: str, number: int) -> Version:
        """One version whether or not it was deleted. Raises VersionNotFound."""
        record = self.version_record(name, number)
        if record is None:
            raise self._no_version(name, number)
        return Version(name, number, record, self.meta(name, number))

    def version_record(self, name: str, number: int) -> VersionRecord | None:
        """``version.yaml``, None where there is none."""
        return self._record(layout.version_file(name, number), VersionRecord)

    def meta(self, name: str, number: int) -> MetaRecord:
        """The mutable half of a version; its defaults where no file stands."""
        return self._record(layout.meta_file(name, number), MetaRecord) or MetaRecord()

    def manifest(self, name: str, number: int) -> bytes:
        """``manifest.yaml`` of a version. Raises Corrupt when the version lacks it."""
        data = self.tree.read(layout.manifest_file(name, number))
        if data is None:
            raise Corrupt(f"{name} v{number} has no manifest.yaml", hint="git models doctor")
        return data

    def readable(self, name: str, number: int, file: str) -> bytes | None:
        """A small readable file of a version (MLmodel, requirements.txt …), None where it has none."""
        return self.tree.read(f"{layout.version_folder(name, number)}/{file}")

    def card(self, name: str) -> bytes | None:
        """The card that was written for the model, None where there is none."""
        return self.tree.read(layout.card_file(name)) or None

    def alias(self, name: str, alias: str) -> AliasRecord | None:
        """The lock file of an alias, None where it was never set."""
        path = layout.alias_file(name, alias)
        record = self._record(path, AliasRecord)
        if record is not None and (record.model, record.alias) != (name, alias):
            raise InvalidRecord(f"{path}: tells of {record.model}@{record.alias}")
        return record

    def alias_at(self, path: str) -> AliasRecord | None:
        """The lock file at ``path``, whatever alias it tells of."""
        return self._record(path, AliasRecord)

    def alias_names(self, name: str) -> list[str]:
        """Every alias that has a lock file, set or not."""
        folder = layout.aliases_folder(name)
        found = []
        for entry in self.tree.names(folder):
            if not entry.endswith(".yaml"):
                continue
            alias = self._unless_damaged(f"{folder}/{entry}", functools.partial(self._alias_of, folder, entry))
            if alias is not None:
                found.append(alias)
        return found

    def aliases(self, name: str) -> dict[str, int]:
        """The aliases that are set, with their numbers, in the order of their names; damaged ones are skipped."""
        found: dict[str, int] = {}
        for alias in sorted(self.alias_names(name)):
            path = layout.alias_file(name, alias)
            number = self._unless_damaged(path, functools.partial(self.pointed, name, alias))
            if number is not None:
                found[alias] = number
        return found

    def pointed(self, name: str, alias: str) -> int | None:
        """The number in the lock file of ``alias``, whether or not that version exists; None when it is not set.

        What points at a version of a deleted model of the same name is not set. Raises ModelNotFound.
        """
        first = self.model(name).first
        record = self.alias(name, alias)
        number = record.target.version if record is not None else None
        return number if number is not None and number >= first else None

    def aliased(self, name: str, alias: str) -> int:
        """The version that ``alias`` points at. Raises ModelNotFound, AliasNotFound, or Corrupt for a dangling one."""
        record = self.alias(name, alias)
        number = self.pointed(name, alias)
        if record is None or number is None:
            raise AliasNotFound(f"Registered model alias {alias} not found.", model=name, alias=alias)
        if self.tree.oid(layout.version_file(name, number)) is None:
            raise Corrupt(f"{name}@{alias} points at v{number}, which is not there", hint="git models doctor")
        version = self.any_version(name, number)
        if version.meta.status == DELETED:
            raise Corrupt(
                f"{name}@{alias} points at v{version.number}, which was deleted",
                hint=f"git models alias set {name} {alias} VERSION, or git models rollback {name} {alias}",
            )
        if version.record.manifest != record.target.manifest:
            raise Corrupt(f"{name}@{alias} was approved with other content than v{version.number} has")
        return version.number

    def resolve(self, ref: ModelRef) -> Version:
        """The version a REF names. Raises ModelNotFound, VersionNotFound, AliasNotFound or Corrupt.

        Invalid for ``name@pinned``, which is to be looked up beside the code first; Conflict where a version has other
        content than was pinned.
        """
        if ref.pinned:
            raise Invalid(f"{ref} is what a models.lock says, not the registry", hint="name a version or an alias")
        if ref.manifest is not None:
            from gitmodels.registry.by_content import exactly

            return exactly(self, ref)
        if ref.model_id is not None:
            return self._with_id(ref.model_id)
        name = self.follow(ref.name)
        if ref.alias is not None:
            return self.version(name, self.aliased(name, ref.alias))
        if ref.version is not None:
            return self.version(name, ref.version)
        if ref.stage is not None:
            return self._in_stage(name, ref.stage)
        return self._latest(name)

    def _latest(self, name: str) -> Version:
        for number in self._newest_first(name):
            if self.meta(name, number).status != DELETED:
                return self.version(name, number)
        raise VersionNotFound(f"{name} has no version yet", name=name)

    def _in_stage(self, name: str, stage: str) -> Version:
        for number in self._newest_first(name):
            meta = self.meta(name, number)
            if meta.stage == stage and meta.status != DELETED:
                return self.version(name, number)
        raise VersionNotFound(f"No versions of model with name '{name}' and stage '{stage}' found", name=name)

    def _with_id(self, model_id: str) -> Version:
        for name in self.model_names():
            for version in reversed(self.versions(name)):
                if version.record.model_id == model_id:
                    return version
        raise VersionNotFound(f"no registered version has the model id {model_id}", model_id=model_id)

    def _no_version(self, name: str, number: int) -> VersionNotFound:
        return VersionNotFound(f"Model Version (name={name}, version={number}) not found", name=name, version=number)

    def _newest_first(self, name: str) -> list[int]:
        # Asked one by one and not skipped: a damaged newest version must not silently make an older one the newest.
        first = self.model(name).first
        return [number for number in reversed(self.all_numbers(name)) if number >= first]

    def _living(self, name: str) -> Iterator[tuple[int, MetaRecord]]:
        for number in reversed(self._newest_first(name)):
            path = layout.meta_file(name, number)
            meta = self._unless_damaged(path, functools.partial(self.meta, name, number))
            if meta is not None and meta.status != DELETED:
                yield number, meta

    def _given(self, name: str) -> list[int]:
        names = self.tree.names(layout.versions_folder(name))
        return [number for number in map(_number, names) if number]

    def _in_shard(self, folder: str) -> list[str]:
        return self.tree.names(f"{layout.MODELS}/{folder}")

    def _alias_of(self, folder: str, entry: str) -> str:
        try:
            return decode(entry.removesuffix(".yaml"))
        except InvalidName:
            # A shortened name stands in its record only.
            record = self._record(f"{folder}/{entry}", AliasRecord)
            if record is None or f"{encode(record.alias)}.yaml" != entry:
                raise InvalidRecord(f"{folder}/{entry}: not the file of an alias") from None
            return record.alias

    def _unless_damaged(self, path: str, read: Callable[[], Value]) -> Value | None:
        try:
            return read()
        except DAMAGE as error:
            self.skipped[path] = error
            return None

    def _record(self, path: str, kind: type[Record]) -> Record | None:
        oid = self.tree.oid(path)
        if oid is None:
            return None
        known: Record | None = _parsed.get((kind, oid))
        if known is None:
            data = self.tree.read(path)
            if data is None:
                return None
            known = kind.from_yaml(data, path)
            _remember((kind, oid), known)
        return known


def _is_folder(entry: tuple[bytes, str] | None) -> bool:
    return entry is not None and entry[0].lstrip(b"0") == b"40000"


_parsed: dict[tuple[type[Any], str], Any] = {}


def _remember(key: tuple[type[Any], str], record: Any) -> None:
    if len(_parsed) >= _KEPT:
        _parsed.clear()
    _parsed[key] = record


@functools.lru_cache(_KEPT)
def _number(name: str) -> int:
    """The version whose folder has this name; 0 for what is none. Kept, because each operation asks for all of them."""
    return int(name) if _NUMBER.fullmatch(name) else 0
