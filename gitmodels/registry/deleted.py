"""Which versions are marked as deleted, and which are not: for whoever counts bytes, or asks when a model changed.

This room reads states. A version counts as deleted when it is marked so, or when its model is; what cannot be read
counts as not deleted, and a model that was moved away keeps its versions.
"""

import contextlib
from collections.abc import Iterator

from gitmodels.errors import GitModelsError
from gitmodels.registry import layout
from gitmodels.registry.records import DELETED
from gitmodels.registry.state import DAMAGE, State, Version


def folders(state: State) -> Iterator[tuple[str, str, bool]]:
    """For every version that was ever given a number: its folder, ``name/number``, and whether it is deleted."""
    for encoded in sorted(state.encoded_names()):
        try:
            record = state.find_encoded(encoded)
        except GitModelsError:
            continue
        if record is None:
            continue
        metas = set(state.tree.names(layout.metas_folder(record.name)))
        for number in state.all_numbers(record.name):
            deleted = record.status == DELETED or number < record.first
            # Most versions have nothing said of them, so no file is asked for.
            if not deleted and f"{number}.yaml" in metas:
                deleted = _is_marked(state, record.name, number)
            yield layout.version_folder(record.name, number), f"{record.name}/{number}", deleted


def versions(state: State, name: str) -> list[Version]:
    """The deleted versions of a registered model; damaged ones are left out. Raises ModelNotFound."""
    first = state.model(name).first
    marked = [number for number in state.all_numbers(name) if number >= first and _is_marked(state, name, number)]
    found = []
    for number in marked:
        with contextlib.suppress(*DAMAGE):
            found.append(state.any_version(name, number))
    return found


def _is_marked(state: State, name: str, number: int) -> bool:
    try:
        return state.meta(name, number).status == DELETED
    except GitModelsError:
        return False
