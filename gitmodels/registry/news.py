"""What one state of the registry has that another lacks: versions, and where aliases point.

This room compares trees and looks only into what differs.
"""

from collections.abc import Iterator

from gitmodels.names import shard
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
    for encoded in changed_folders(before, after):
        record = after.find_encoded(encoded)
        if record is not None:
            yield record.name


def changed_folders(before: State, after: State) -> Iterator[str]:
    """The encoded names of all folders of models that are not the same in both, those that one lacks included."""
    shards, now = before.tree.entries(layout.MODELS), after.tree.entries(layout.MODELS)
    for folder in dict.fromkeys([*now, *shards]):
        if shards.get(folder) == now.get(folder):
            continue
        path = f"{layout.MODELS}/{folder}"
        old, new = before.tree.entries(path), after.tree.entries(path)
        for encoded in dict.fromkeys([*new, *old]):
            if old.get(encoded) != new.get(encoded) and shard(encoded) == folder:
                yield encoded
