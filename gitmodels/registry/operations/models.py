"""Changes to registered models asked again: created, described, renamed, deleted, their cards."""

from typing import Any

from gitmodels.errors import Conflict
from gitmodels.registry import layout
from gitmodels.registry.changes import cards, models
from gitmodels.registry.changes.change import Change
from gitmodels.registry.operations.asked import Asked
from gitmodels.registry.records import MOVED
from gitmodels.registry.state import State
from gitmodels.values import replace


def create(asked: Asked) -> Change[Any]:
    """A name that others took meanwhile is theirs too: what was said of it here is added."""
    operation, args = asked.operation, asked.operation.args
    name, tags, description = args.text("name"), args.texts("tags"), args.optional("description")
    there = asked.now.find_model(name)
    if there is None:
        own = asked.own.model_record(name)
        at = asked.at(own.created if own is not None else None)
        return models.create(asked.now, name, at, tags=tags, description=description)
    record = replace(there, tags=there.tags | tags, description=description or there.description)
    told = {"name": name, "tags": tags, "description": description}
    edits = {layout.model_file(name): record.to_yaml()} if record != there else {}
    return Change(name, edits, "create", operation.subject, name, args=told)


def describe(asked: Asked, name: str) -> Change[Any]:
    """Another description of the model."""
    return models.update(asked.now, name, asked.at(_updated(asked)), asked.operation.args.optional("description"))


def rename(asked: Asked) -> Change[Any]:
    """Another name. Nothing happens where the other side gave it the same one."""
    name, new_name = asked.operation.args.text("name"), asked.operation.args.text("new_name")
    there = asked.now.model_record(asked.course.names.get(name, name))
    if there is not None and there.status == MOVED and there.moved == new_name:
        asked.settle(name, new_name, called=new_name)
        return Change(new_name)
    model = asked.model(name)
    try:
        own = asked.own.model_record(new_name)
        return models.rename(asked.now, model, new_name, asked.at(own.updated if own is not None else None))
    except Conflict as error:
        raise asked.disagree(name, f"{new_name}: {error.message}", ways=("theirs",)) from None


def delete(asked: Asked, name: str) -> Change[Any]:
    """The model as a whole, unless the other side went on working with it."""
    if asked.is_deleted(name):
        return Change(None)
    model = asked.model(name)
    if not _is_known(asked, name, model) and not asked.is_mine(name):
        raise asked.disagree(name, f"{name} got new versions or aliases there")
    reason = asked.operation.args.optional("reason")
    return models.delete(asked.now, model, asked.at(_updated(asked)), reason)


def card(asked: Asked) -> Change[Any]:
    """The card, unless the other side wrote another one."""
    name = asked.operation.args.text("name")
    model, about = asked.model(name), f"{name}:README.md"
    known, there, own = asked.before.card(name), asked.now.card(model), asked.own.card(name)
    if there not in (known, own) and about not in asked.course.settled and not asked.is_mine(about):
        told = asked.course.tell(layout.card_file(model))
        raise asked.disagree(about, f"the card of {name} was written{told}")
    asked.course.settled.add(about)
    return cards.write(asked.now, model, (own or b"").decode("utf-8", "replace"))


def _updated(asked: Asked) -> int | None:
    record = asked.own.model_record(asked.operation.args.text("name"))
    return record.updated if record is not None else None


def _is_known(asked: Asked, name: str, model: str) -> bool:
    """Whether every version and every move of an alias that is there now was known here."""
    return _facts(asked.now, model) <= _facts(asked.before, name)


def _facts(state: State, name: str) -> set[str]:
    found = {tree for _, tree in state.version_trees(name)}
    for alias in state.alias_names(name):
        record = state.alias(name, alias)
        if record is not None:
            found.add(record.op)
    return found
