"""Changes to aliases: set, clear, roll back.

This room asks a State and answers with the new lock file. ``previous`` always names what was there before, whoever
asks, so that a rollback needs nothing but the file itself.
"""

from gitmodels.errors import AliasNotFound, Conflict, VersionNotFound
from gitmodels.names import check_alias
from gitmodels.registry import layout
from gitmodels.registry.approvals import next_counter
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.records import NOWHERE, AliasRecord, Target
from gitmodels.registry.state import State
from gitmodels.registry.summary import summarize
from gitmodels.values import replace

Move = tuple[Target, Target]


def set_alias(
    state: State,
    name: str,
    alias: str,
    number: int,
    at: At,
    *,
    reason: str | None = None,
) -> Change[Move]:
    """Point ``alias`` at version ``number``; the result is (before, after). Nothing happens when it is there already.

    Raises ModelNotFound, VersionNotFound, InvalidName.
    """
    alias = check_alias(alias)
    state.model(name)
    if (done := _already(state, name, alias, at)) is not None:
        return Change(done)
    before = target_of(state, name, alias)
    record = pointed(state, name, alias, number, at, reason)
    if record.target == before:
        return Change((before, before))
    return _move(record, before, "alias", f"alias {name}@{alias} -> v{number}", at)


def delete_alias(state: State, name: str, alias: str, at: At, *, reason: str | None = None) -> Change[Move]:
    """Clear ``alias``; nothing happens where it is not set. Raises ModelNotFound, InvalidName."""
    alias = check_alias(alias)
    state.model(name)
    if (done := _already(state, name, alias, at)) is not None:
        return Change(done)
    before = target_of(state, name, alias)
    if before == NOWHERE:
        return Change((before, before))
    return _move(cleared(state, name, alias, at, reason), before, "alias", f"clear {name}@{alias}", at)


def rollback(
    state: State, name: str, alias: str, at: At, *, reason: str | None = None, to: int | None = None
) -> Change[Move]:
    """Point ``alias`` back at what it pointed at before: a forward commit that needs nothing but local data.

    ``to`` is the version it went back to where that was decided already, on another state. Raises AliasNotFound when
    there is nothing before, Conflict when that version was deleted.
    """
    alias = check_alias(alias)
    state.model(name)
    if (done := _already(state, name, alias, at)) is not None:
        return Change(done)
    current = state.alias(name, alias)
    if to is not None and (current is None or current.previous.version != to):
        return _rolled(pointed(state, name, alias, to, at, reason), target_of(state, name, alias), at)
    if current is None or current.previous.version is None:
        words = f"{name}@{alias} has nothing to roll back to"
        # One that is there needs no other spelling, but another verb.
        way = f"it was at no version before: git models alias set {name} {alias} VERSION" if current else ""
        raise AliasNotFound(words, hint=way, model=name, alias=alias)
    number = current.previous.version
    try:
        record = pointed(state, name, alias, number, at, reason)
    except VersionNotFound:
        raise Conflict(f"{name}@{alias} cannot go back to v{number}: it was deleted") from None
    if record.target != current.previous:
        raise Conflict(f"{name}@{alias} cannot go back to v{number}: its content is not what it was then")
    return _rolled(record, target_of(state, name, alias), at)


def _rolled(record: AliasRecord, before: Target, at: At) -> Change[Move]:
    shown = "none" if before.version is None else f"v{before.version}"
    way = f"{record.model}@{record.alias} {shown} -> v{record.target.version}"
    return _move(record, before, "rollback", f"roll back {way}", at)


def pointed(state: State, name: str, alias: str, number: int, at: At, reason: str | None) -> AliasRecord:
    """The lock file of ``alias`` pointing at version ``number``."""
    version = state.version(name, number)
    before = state.alias(name, alias)
    return AliasRecord(
        model=name,
        alias=alias,
        target=Target(version.number, version.record.manifest),
        previous=target_of(state, name, alias),
        op=at.op,
        summary=summarize(version.record),
        reason=reason,
        counter=next_counter(state, name, alias, before),
        rest=before.rest if before is not None else {},
    )


def cleared(state: State, name: str, alias: str, at: At, reason: str | None) -> AliasRecord:
    """The lock file of ``alias`` pointing nowhere. Raises AliasNotFound where there is none."""
    before = state.alias(name, alias)
    if before is None:
        raise AliasNotFound(f"Registered model alias {alias} not found.", model=name, alias=alias)
    counter = next_counter(state, name, alias, before)
    return replace(before, target=NOWHERE, previous=before.target, op=at.op, summary={}, reason=reason, counter=counter)


def target_of(state: State, name: str, alias: str) -> Target:
    """Where ``alias`` points now. An alias of a deleted model of the same name points nowhere."""
    record = state.alias(name, alias)
    if record is None or record.target.version is None or record.target.version < state.model(name).first:
        return NOWHERE
    return record.target


def _already(state: State, name: str, alias: str, at: At) -> Move | None:
    """What this very operation did, when its first answer was lost on the way."""
    record = state.alias(name, alias) if at.again else None
    return (record.previous, record.target) if record is not None and record.op == at.op else None


def _move(record: AliasRecord, before: Target, kind: str, subject: str, at: At) -> Change[Move]:
    return Change(
        result=(before, record.target),
        edits={layout.alias_file(record.model, record.alias): record.to_yaml()},
        kind=kind,
        subject=subject,
        model=record.model,
        reason=record.reason,
        args={
            "name": record.model,
            "alias": record.alias,
            "version": record.target.version,
            "previous": before.version,
            "reason": record.reason,
            "when": at.when,
        },
        aliases=((record.model, record.alias),),
    )
