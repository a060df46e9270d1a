"""The changes to what everybody shares beside models: the remotes of objects that ``gitmodels.yaml`` names.

This room asks a State and answers with the file; whether an address leads anywhere it does not know.
"""

from gitmodels.errors import AlreadyExists, InvalidName, RemoteNotFound
from gitmodels.registry import layout
from gitmodels.registry.changes.change import Change
from gitmodels.registry.configuration import Configuration, is_name
from gitmodels.registry.state import State
from gitmodels.values import replace


def add_remote(state: State, name: str, address: str, *, default: bool = False) -> Change[None]:
    """Let ``name`` mean ``address`` for everybody; the first remote, or a ``default`` one, is used when none is named.

    Nothing happens when it does. Raises AlreadyExists when it means another address, InvalidName.
    """
    if not is_name(name):
        raise InvalidName(f"a remote is not called {name[:80]!r}", hint="letters, digits, '.', '_' and '-'")
    known = Configuration.of(state)
    if known.remotes.get(name, address) != address:
        raise AlreadyExists(
            f"the remote {name} is {known.remotes[name]}", hint=f"git models remote rm {name}, or take another name"
        )
    first = default or not known.remotes
    new = replace(known, remotes={**known.remotes, name: address}, remote=name if first else known.remote)
    return _change(known, new, f"add the remote {name}", {"remote": name, "address": address, "default": first})


def remove_remote(state: State, name: str) -> Change[None]:
    """Let ``name`` mean nothing; what lies at its address stays. Raises RemoteNotFound."""
    known = Configuration.of(state)
    if name not in known.remotes:
        raise RemoteNotFound(f"no remote is called {name}", hint="git models remote ls")
    left = {other: address for other, address in known.remotes.items() if other != name}
    new = replace(known, remotes=left, remote=None if known.remote == name else known.remote)
    return _change(known, new, f"remove the remote {name}", {"remote": name, "address": None})


def _change(known: Configuration, new: Configuration, subject: str, args: dict[str, object]) -> Change[None]:
    if new == known:
        return Change(None)
    return Change(None, {layout.REGISTRY_FILE: new.to_yaml()}, "configure", subject, args=args)
