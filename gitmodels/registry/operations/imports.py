"""An import asked again: the same files, because numbers, times and contents were given elsewhere and stay.

Where the other side imported the same, nothing is left to do; where it did something else to the model, it has to be
decided who is right.
"""

from collections.abc import Iterator
from typing import Any

from gitmodels.registry import layout
from gitmodels.registry.changes.change import Change
from gitmodels.registry.operations.asked import Asked
from gitmodels.registry.records import ACTIVE
from gitmodels.registry.state import State


def bring(asked: Asked) -> Change[Any]:
    """Every file that the import wrote, unless the other side has another one there."""
    args = asked.operation.args
    name = args.text("name")
    folder = layout.model_folder(name)
    there = asked.now.model_record(name)
    if there is not None and there.status != ACTIVE and asked.own.model_record(name) != there:
        raise asked.disagree(name, f"{name} is not there any more", ways=("theirs",))
    edits: dict[str, bytes] = {}
    aliases = args.mapping("aliases")
    settled = {layout.alias_file(name, alias) for alias in aliases if _stands(asked, name, alias)}
    for path, oid in _files(asked.own, folder):
        known, found = asked.before.tree.oid(path), asked.now.tree.oid(path)
        if oid in (known, found) or path in settled:
            continue
        if found != known:
            words = f"{path.removeprefix(f'{folder}/')} of {name} was written{asked.course.tell(path)}"
            raise asked.disagree(name, words, ways=("theirs",))
        edits[path] = asked.own.tree.read(path) or b""
    asked.course.settled |= {f"{name}@{alias}" for alias in aliases}
    told = {"name": name, "from": args.text("from"), "versions": args.mapping("versions"), "aliases": aliases}
    moved = tuple((name, alias) for alias in aliases if layout.alias_file(name, alias) in edits)
    return Change(None, edits, "import", asked.operation.subject, name, args=told, aliases=moved)


def _stands(asked: Asked, name: str, alias: str) -> bool:
    """Whether the alias points there where it points here, whoever set it."""
    there, own = asked.now.alias(name, alias), asked.own.alias(name, alias)
    return there is not None and own is not None and there.target == own.target


def _files(state: State, folder: str) -> Iterator[tuple[str, str]]:
    """Every file below ``folder``, by path and git id."""
    for entry, (mode, oid) in state.tree.entries(folder).items():
        path = f"{folder}/{entry}"
        if mode.lstrip(b"0") == b"40000":
            yield from _files(state, path)
        else:
            yield path, oid
