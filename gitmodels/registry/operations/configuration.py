"""Changes to what everybody shares asked again: remotes of objects that were added and removed."""

from typing import Any

from gitmodels.errors import Conflict
from gitmodels.registry.changes import configure
from gitmodels.registry.changes.change import Change
from gitmodels.registry.configuration import Configuration
from gitmodels.registry.operations.asked import Asked


def remote(asked: Asked) -> Change[Any]:
    """A remote added or removed, unless the other side gave its name to another place."""
    args = asked.operation.args
    name, address = args.text("remote"), args.optional("address")
    there = Configuration.of(asked.now).remotes.get(name)
    if address is None:
        if there is None:
            return Change(None)
        if there != Configuration.of(asked.before).remotes.get(name):
            raise asked.disagree(f"remote:{name}", f"the remote {name} is {there} there", ways=("theirs",))
        return configure.remove_remote(asked.now, name)
    try:
        return configure.add_remote(asked.now, name, address, default=args.flag("default"))
    except Conflict as error:
        raise asked.disagree(f"remote:{name}", f"{error.message} there", ways=("theirs",)) from None
