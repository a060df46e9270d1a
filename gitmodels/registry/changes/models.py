"""Changes to registered models: create, describe, tag, rename, delete.

This room asks a State and answers with edits; it knows no commit and no repository. Deleting and renaming are states
inside ``model.yaml``: no path goes away, or git's rename detection would carry other people's edits elsewhere.
"""

from collections.abc import Mapping

from gitmodels.errors import AlreadyExists, Conflict
from gitmodels.git.edits import Subtree
from gitmodels.names import check_model_name, check_tag_key, check_tag_value
from gitmodels.registry import layout
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.changes.retagging import retagging
from gitmodels.registry.records import DELETED, MOVED, AliasRecord, ModelRecord
from gitmodels.registry.state import State
from gitmodels.values import replace


def create(
    state: State, name: str, at: At, *, tags: dict[str, str] | None = None, description: str | None = None
) -> Change[str]:
    """Register the name ``name``. Raises InvalidName, AlreadyExists."""
    name = check_model_name(name)
    record = new_record(state, name, at, tags=tags, description=description)
    return Change(
        result=name,
        edits=created(state, record),
        kind="create",
        subject=f"create {name}",
        model=name,
        args={"name": name, "tags": record.tags, "description": description},
    )


def new_record(
    state: State, name: str, at: At, *, tags: dict[str, str] | None = None, description: str | None = None
) -> ModelRecord:
    """The record of a model created now. A name that was deleted before starts after its old numbers."""
    before = state.model_record(name)
    if before is not None and before.status not in (DELETED, MOVED):
        raise AlreadyExists(f"Registered Model (name={name}) already exists.", name=name)
    checked = {check_tag_key(key): check_tag_value(value) for key, value in (tags or {}).items()}
    first = state.next_number(name) if before is not None else 1
    return ModelRecord(name, at.when, at.when, description=description, tags=checked, first=first)


def created(state: State, record: ModelRecord) -> dict[str, bytes]:
    """The files of a model created now: the card of a deleted one of its name does not come back."""
    card = {layout.card_file(record.name): b""} if state.card(record.name) is not None else {}
    return {layout.model_file(record.name): record.to_yaml()} | card


def update(state: State, name: str, at: At, description: str | None) -> Change[str]:
    """Describe the model anew; None clears. Raises ModelNotFound."""
    record = replace(state.model(name), description=description, updated=at.when)
    return Change(
        result=name,
        edits={layout.model_file(name): record.to_yaml()},
        kind="describe",
        subject=f"describe {name}",
        model=name,
        args={"name": name, "description": description},
    )


def set_tag(state: State, name: str, key: str, value: str) -> Change[None]:
    """Set one tag of the model. Raises ModelNotFound, InvalidName."""
    return retag(state, name, {key: check_tag_value(value)})


def delete_tag(state: State, name: str, key: str) -> Change[None]:
    """Remove one tag of the model; nothing happens where it is absent. Raises ModelNotFound."""
    return retag(state, name, {key: None})


def retag(state: State, name: str, values: Mapping[str, str | None]) -> Change[None]:
    """Set several tags of the model in one commit; None removes one. Raises ModelNotFound, InvalidName."""
    before = state.model(name)
    told = retagging(values)
    record = replace(before, tags=told.applied(before.tags))
    if record == before:
        return Change(None)
    edits = {layout.model_file(name): record.to_yaml()}
    return Change(None, edits, "tag", f"{told.verb} {name} {told.keys}", name, args={"name": name} | told.args)


def delete(state: State, name: str, at: At, reason: str | None = None) -> Change[None]:
    """Mark the model as deleted. Its versions and history stay; its numbers are not used again."""
    record = replace(state.model(name), status=DELETED, updated=at.when)
    return Change(
        result=None,
        edits={layout.model_file(name): record.to_yaml()},
        kind="delete",
        subject=f"delete {name}",
        model=name,
        reason=reason,
        args={"name": name, "reason": reason},
        aliases=tuple((name, alias) for alias in state.alias_names(name)),
    )


def rename(state: State, name: str, new_name: str, at: At) -> Change[str]:
    """Copy everything under ``new_name`` and leave a note under the old one.

    Raises ModelNotFound, InvalidName, AlreadyExists, or Conflict when ``new_name`` once had versions of its own.
    """
    new_name = check_model_name(new_name)
    before = state.model(name)
    there = state.model_record(new_name)
    if new_name == name or (there is not None and there.status not in (DELETED, MOVED)):
        raise AlreadyExists(f"Registered Model (name={new_name}) already exists.", name=new_name)
    _refuse_other_versions(state, name, new_name)
    edits: dict[str, bytes | Subtree] = {
        layout.model_file(name): replace(before, status=MOVED, moved=new_name, updated=at.when).to_yaml(),
        layout.model_file(new_name): replace(before, name=new_name, updated=at.when).to_yaml(),
    }
    if (card := state.card(name)) != state.card(new_name):
        edits[layout.card_file(new_name)] = card or b""
    for folder in ("versions", "meta", "evaluations"):
        edits |= _carried(state, f"{layout.model_folder(name)}/{folder}", f"{layout.model_folder(new_name)}/{folder}")
    aliases = state.alias_names(name)
    for alias in aliases:
        edits[layout.alias_file(new_name, alias)] = _renamed_alias(state, name, alias, new_name, at).to_yaml()
    return Change(
        result=new_name,
        edits=edits,
        kind="rename",
        subject=f"rename {name} to {new_name}",
        model=new_name,
        args={"name": name, "new_name": new_name},
        aliases=tuple((model, alias) for alias in aliases for model in (name, new_name)),
    )


def _carried(state: State, old: str, new: str) -> dict[str, bytes | Subtree]:
    """Everything below the folder ``old``, to stand below ``new``: whole folders where nothing stands there yet."""
    oid = state.tree.oid(old)
    if oid is None or oid == state.tree.oid(new):
        return {}
    if state.tree.oid(new) is None:
        return {new: Subtree(oid)}
    edits: dict[str, bytes | Subtree] = {}
    for entry in state.tree.entries(old):
        data = state.tree.read(f"{old}/{entry}")
        edits |= {f"{new}/{entry}": data} if data is not None else _carried(state, f"{old}/{entry}", f"{new}/{entry}")
    return edits


def _refuse_other_versions(state: State, name: str, new_name: str) -> None:
    ours = state.tree.names(layout.versions_folder(name))
    for number in state.all_numbers(new_name):
        theirs = state.tree.oid(layout.version_folder(new_name, number))
        if str(number) not in ours or state.tree.oid(layout.version_folder(name, number)) != theirs:
            raise Conflict(
                f"{new_name} once had versions of its own: their numbers cannot be given to {name}'s",
                hint="choose a name that was never used",
            )


def _renamed_alias(state: State, name: str, alias: str, new_name: str, at: At) -> AliasRecord:
    record = state.alias(name, alias)
    if record is None:
        raise Conflict(f"{name}@{alias} disappeared while it was read")
    return replace(record, model=new_name, op=at.op)
