"""One change that brings versions of a model from another tool, with the numbers, times and authors that it gave them.

This room asks a State and answers with edits; it knows no tool. Where numbers are given elsewhere, nothing is numbered
here: a number that is taken is a conflict.
"""

from collections.abc import Iterable, Mapping

from gitmodels.errors import Conflict, ModelNotFound
from gitmodels.names import check_alias, check_model_name, check_tag_key, check_tag_value
from gitmodels.registry import layout
from gitmodels.registry.approvals import next_counter
from gitmodels.registry.changes.aliases import target_of
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.records import ACTIVE, NOWHERE, AliasRecord, MetaRecord, ModelRecord, Target, VersionRecord
from gitmodels.registry.state import State
from gitmodels.registry.summary import summarize
from gitmodels.values import field, frozen, replace


@frozen
class Brought:
    """One version: its number, its whole record, its manifest's YAML, the small readable files and its mutable half."""

    number: int
    record: VersionRecord
    manifest: bytes
    meta: MetaRecord
    readable: Mapping[str, bytes] = field(default_factory=dict)


@frozen
class Import:
    """What is to be there afterwards: only what is named changes.

    ``model`` is its record, ``versions`` are new, ``metas`` are halves of versions that are there by their numbers,
    ``aliases`` point at versions that are there or new. ``tool`` says in a word where all this comes from.
    """

    name: str
    tool: str
    model: ModelRecord | None = None
    versions: tuple[Brought, ...] = ()
    metas: Mapping[int, MetaRecord] = field(default_factory=dict)
    aliases: Mapping[str, int] = field(default_factory=dict)


def bring(state: State, wanted: Import, at: At) -> Change[tuple[int, ...]]:
    """Let the registry hold what ``wanted`` says, in one commit; the numbers that are new.

    Raises InvalidName, ModelNotFound where there is neither a model nor a record for one, Conflict for a number that
    is taken, and VersionNotFound for an alias that would point at nothing.
    """
    name = check_model_name(wanted.name)
    edits: dict[str, bytes] = {}
    before = state.find_model(name)
    if wanted.model is not None and wanted.model != before:
        _check_tags(wanted.model.tags)
        edits[layout.model_file(name)] = replace(wanted.model, first=_first(state, name)).to_yaml()
    elif before is None:
        raise ModelNotFound(f"Registered Model with name={name} not found", name=name)
    _check_free(state, name, wanted.versions)
    for version in wanted.versions:
        edits |= _written(name, version)
    for number, meta in wanted.metas.items():
        _check_tags(meta.tags)
        if meta != state.version(name, number).meta:
            edits[layout.meta_file(name, number)] = meta.to_yaml()
    new = {version.number: version.record for version in wanted.versions}
    moved = {alias: record for alias, record in _aliases(state, wanted, new, at) if record is not None}
    edits |= {layout.alias_file(name, alias): record.to_yaml() for alias, record in moved.items()}
    return Change(
        result=tuple(new),
        edits=edits,
        kind="import",
        subject=_subject(name, wanted, len(new)),
        model=name,
        args={
            "name": name,
            "from": wanted.tool,
            "versions": {str(number): record.model_id for number, record in sorted(new.items())},
            "aliases": {alias: record.target.version for alias, record in sorted(moved.items())},
        },
        aliases=tuple((name, alias) for alias in moved),
    )


def _check_free(state: State, name: str, versions: Iterable[Brought]) -> None:
    first, taken = _first(state, name), set(state.all_numbers(name))
    for version in versions:
        if version.number in taken or version.number < first:
            raise Conflict(
                f"{name} v{version.number} is another version here",
                hint=f"git models mv {name} NAME makes room: a number is never given twice",
            )


def _first(state: State, name: str) -> int:
    """The lowest number that is the model's own: those below are of a deleted one of its name."""
    record = state.model_record(name)
    if record is None:
        return 1
    return record.first if record.status == ACTIVE else state.next_number(name)


def _check_tags(tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        check_tag_key(key)
        check_tag_value(value)


def _written(name: str, version: Brought) -> dict[str, bytes]:
    _check_tags(version.meta.tags)
    folder = layout.version_folder(name, version.number)
    edits = {
        f"{folder}/version.yaml": version.record.to_yaml(),
        f"{folder}/manifest.yaml": version.manifest,
        layout.meta_file(name, version.number): version.meta.to_yaml(),
    }
    return edits | {f"{folder}/{file}": version.readable[file] for file in layout.READABLE if file in version.readable}


def _aliases(
    state: State, wanted: Import, new: Mapping[int, VersionRecord], at: At
) -> Iterable[tuple[str, AliasRecord | None]]:
    name = wanted.name
    for alias, number in wanted.aliases.items():
        check_alias(alias)
        record = new.get(number) or state.version(name, number).record
        there = state.alias(name, alias)
        known = target_of(state, name, alias) if there is not None and state.find_model(name) is not None else NOWHERE
        target = Target(number, record.manifest)
        if there is None or known != target:
            counter = next_counter(state, name, alias, there)
            rest = there.rest if there is not None else {}
            yield alias, AliasRecord(name, alias, target, known, at.op, summarize(record), None, counter, rest)


def _subject(name: str, wanted: Import, new: int) -> str:
    told = [f"{new} version{'s' if new != 1 else ''}"] if new else []
    told += [", ".join(wanted.aliases)] if wanted.aliases and len(wanted.aliases) <= 3 else []
    return f"import {name} from {wanted.tool}" + (f": {', '.join(told)}" if told else "")
