"""Changes to versions: register, describe, tag, stage, delete, copy.

This room asks a State and answers with edits. What stands under ``versions/<n>/`` is written once, when the version
is registered; everything that may change stands in ``meta/<n>.yaml``.
"""

import contextlib
from collections.abc import Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.names import check_model_name, check_tag_key, check_tag_value
from gitmodels.registry import layout
from gitmodels.registry.changes import models
from gitmodels.registry.changes.aliases import cleared
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.changes.retagging import retagging
from gitmodels.registry.records import DELETED, MetaRecord, VersionRecord
from gitmodels.registry.state import DAMAGE, State, Version
from gitmodels.uris import STAGES
from gitmodels.values import field, frozen, replace


@frozen
class NewVersion:
    """What is registered: the record without its time and op, the manifest's YAML and the small readable files."""

    record: VersionRecord
    manifest: bytes
    readable: Mapping[str, bytes] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str | None = None


def register(state: State, name: str, new: NewVersion, at: At, *, create: bool = True) -> Change[int]:
    """Give ``new`` the next number under ``name``; the model is created when ``create`` and it is missing.

    Raises InvalidName, ModelNotFound.
    """
    name = check_model_name(name)
    if at.again and (done := _already(state, name, at.op)) is not None:
        return Change(done)
    edits: dict[str, bytes] = {}
    if state.find_model(name) is None and create:
        edits |= models.created(state, models.new_record(state, name, at))
    elif state.find_model(name) is None:
        state.model(name)
    number = state.next_number(name)
    record = replace(new.record, op=at.op, created=at.when, author=at.author, email=at.email)
    meta = MetaRecord(
        description=new.description or None,
        tags={check_tag_key(key): check_tag_value(value) for key, value in new.tags.items()},
    )
    folder = layout.version_folder(name, number)
    edits[f"{folder}/version.yaml"] = record.to_yaml()
    edits[f"{folder}/manifest.yaml"] = new.manifest
    for file, data in new.readable.items():
        if file not in layout.READABLE:
            raise Invalid(f"{file} is not one of the small readable files of a version")
        edits[f"{folder}/{file}"] = data
    edits[layout.meta_file(name, number)] = meta.to_yaml()
    args = {"name": name, "model_id": record.model_id, "tags": meta.tags, "description": new.description}
    return Change(number, edits, "register", f"register {name} v{number}", name, args=args)


def update(state: State, name: str, number: int, at: At, description: str | None) -> Change[None]:
    """Describe the version anew; None clears. Raises VersionNotFound."""
    version = state.version(name, number)
    before = version.meta
    # From here on `updated` no longer tells when it was staged.
    staged = version.model_updated if before.stage != STAGES[0] else before.staged
    meta = replace(before, description=description, updated=at.when, staged=staged)
    return _meta(version, meta, "describe", f"describe {name} v{number}", {"description": description})


def set_tag(state: State, name: str, number: int, key: str, value: str) -> Change[None]:
    """Set one tag of the version. Raises VersionNotFound, InvalidName."""
    return retag(state, name, number, {key: check_tag_value(value)})


def delete_tag(state: State, name: str, number: int, key: str) -> Change[None]:
    """Remove one tag of the version; nothing happens where it is absent. Raises VersionNotFound."""
    return retag(state, name, number, {key: None})


def retag(state: State, name: str, number: int, values: Mapping[str, str | None]) -> Change[None]:
    """Set several tags of the version in one commit; None removes one. Raises VersionNotFound, InvalidName."""
    version = state.version(name, number)
    told = retagging(values)
    meta = replace(version.meta, tags=told.applied(version.meta.tags))
    return _meta(version, meta, "tag", f"{told.verb} {name} v{number} {told.keys}", told.args)


def stage(state: State, name: str, number: int, to: str, at: At, *, archive: bool = False) -> Change[str]:
    """Move the version to a stage; with ``archive``, versions that were there go to Archived in the same commit.

    Raises ModelNotFound, VersionNotFound, or Invalid for an unknown stage or for archiving elsewhere than in Staging
    and Production.
    """
    canonical = {known.lower(): known for known in STAGES}.get(str(to).lower())
    if canonical is None:
        raise Invalid(
            f"Invalid Model Version stage: {to}. Value must be one of {', '.join(STAGES)}.", hint=f"such as {STAGES[2]}"
        )
    if archive and canonical not in ("Staging", "Production"):
        raise Invalid(
            "Model version transition cannot archive existing model versions because "
            f"'{to}' is not an Active stage. Valid stages are ['Staging', 'Production']",
            "INTERNAL_ERROR",
        )
    state.model(name)
    edits: dict[str, bytes] = {}
    others = [v for v in state.versions(name) if v.number != number and v.meta.stage == canonical] if archive else []
    for other in others:
        meta = replace(other.meta, stage="Archived", updated=at.when, staged=None)
        edits[layout.meta_file(name, other.number)] = meta.to_yaml()
    noted = at.when if canonical == STAGES[0] else None
    meta = replace(state.version(name, number).meta, stage=canonical, updated=at.when, staged=noted)
    edits[layout.meta_file(name, number)] = meta.to_yaml()
    args = {"name": name, "version": number, "stage": canonical, "archive_existing_versions": archive}
    return Change(canonical, edits, "stage", f"stage {name} v{number} {canonical}", name, args=args)


def delete(state: State, name: str, number: int, at: At, reason: str | None = None) -> Change[None]:
    """Mark the version as deleted and clear the aliases that point at it. Its folder stays; so does its number."""
    version = state.version(name, number)
    meta = replace(version.meta, status=DELETED, reason=reason, updated=at.when)
    edits = {layout.meta_file(name, number): meta.to_yaml()}
    hit = [alias for alias, target in state.aliases(name).items() if target == number]
    for alias in hit:
        edits[layout.alias_file(name, alias)] = cleared(state, name, alias, at, reason).to_yaml()
    return Change(
        result=None,
        edits=edits,
        kind="delete",
        subject=f"delete {name} v{number}",
        model=name,
        reason=reason,
        args={"name": name, "version": number, "reason": reason},
        aliases=tuple((name, alias) for alias in hit),
    )


def copy(state: State, source: Version, name: str, at: At) -> Change[int]:
    """Register the content of ``source`` under ``name``; its tags and description come along."""
    readable = {
        file: data for file in layout.READABLE if (data := state.readable(source.name, source.number, file)) is not None
    }
    record = replace(source.record, source=f"models:/{source.name}/{source.number}")
    new = NewVersion(
        record,
        state.manifest(source.name, source.number),
        readable,
        tags=source.meta.tags,
        description=source.meta.description,
    )
    change = register(state, name, new, at)
    if not change.edits:
        return change
    args = {"source": f"{source.name}/{source.number}", "name": name}
    subject = f"copy {source.name} v{source.number} to {name} v{change.result}"
    return replace(change, kind="copy", subject=subject, args=args)


def _already(state: State, name: str, op: str) -> int | None:
    """The number that this very operation got before, when its first answer was lost on the way."""
    for number in reversed(state.all_numbers(name)[-64:]):
        with contextlib.suppress(*DAMAGE):
            record = state.version_record(name, number)
            if record is not None and record.op == op:
                return number
    return None


def _meta(version: Version, meta: MetaRecord, kind: str, subject: str, args: dict[str, Any]) -> Change[None]:
    if meta == version.meta:
        return Change(None)
    edits = {layout.meta_file(version.name, version.number): meta.to_yaml()}
    told = {"name": version.name, "version": version.number} | args
    return Change(None, edits, kind, subject, version.name, args=told)
