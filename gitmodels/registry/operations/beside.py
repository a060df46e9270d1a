"""Files beside the registry asked again, on what others published meanwhile."""

from typing import Any

from gitmodels.errors import Conflict
from gitmodels.registry.changes import beside
from gitmodels.registry.changes.change import Change
from gitmodels.registry.operations.asked import Asked


def put(asked: Asked) -> Change[Any]:
    """The same files, unless the other side has others under these names."""
    args = asked.operation.args
    files, subject, force = args.texts("files"), args.text("subject"), args.flag("force")
    try:
        return beside.put(asked.now, files, subject, force=force)
    except Conflict as error:
        raise asked.disagree("files", f"{error.message} there", ways=("theirs",)) from None
