"""What one state of the registry has that another lacks: versions, and where aliases point.

This room compares trees and looks only into what differs.
"""

from collections.abc import Iterator

from gitmodels.registry import layout
from gitmodels.registry.state import State


def new_versions(before: State, after: State) -> Iterator[tuple[str, int]]:
    """Name and number of every version of ``after`` whose folder ``before`` has nowhere under that model's name.

    What was only renumbered counts, what was only renamed does not when its old name is still there.
    """
    for name in changed_models(before, after):
        known = {tree for _, tree in before.version_trees(name)}
        record = after.model_record(name)
        if record is None:
            continue
        for number, tree in after.version_trees(name):
            if tree not in known:
                yield name, number


def changed_models(before: State, after: State) -> Iterator[str]:
    """The names of all models of ``after``, of any status, whose folder is not the same in ``before``."""
    for shard in after.tree.names(layout.MODELS):
        path = f"{layout.MODELS}/{shard}"
        if before.tree.oid(path) == after.tree.oid(path):
            continue
        old = before.tree.entries(path)
        for encoded, entry in after.tree.entries(path).items():
            record = after.find_encoded(encoded) if old.get(encoded) != entry else None
            if record is not None:
                yield record.name
