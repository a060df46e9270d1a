"""Which versions are marked as deleted, and which are not: paths of version folders, for whoever counts bytes.

This room reads states. A version counts as deleted when it is marked so, or when its model is; what cannot be read
counts as not deleted, and a model that was moved away keeps its versions.
"""

from collections.abc import Iterator

from gitmodels.errors import GitModelsError
from gitmodels.registry import layout
from gitmodels.registry.records import DELETED
from gitmodels.registry.state import State


def folders(state: State) -> Iterator[tuple[str, str, bool]]:
    """For every version that was ever given a number: its folder, ``name/number``, and whether it is deleted."""
    for encoded in sorted(state.encoded_names()):
        try:
            record = state.find_encoded(encoded)
        except GitModelsError:
            continue
        if record is None:
            continue
        metas = set(state.tree.names(f"{layout.model_folder(record.name)}/meta"))
        for number in state.all_numbers(record.name):
            deleted = record.status == DELETED or number < record.first
            # Most versions have nothing said of them, so no file is asked for.
            if not deleted and f"{number}.yaml" in metas:
                deleted = _is_marked(state, record.name, number)
            yield layout.version_folder(record.name, number), f"{record.name}/{number}", deleted


def _is_marked(state: State, name: str, number: int) -> bool:
    try:
        return state.meta(name, number).status == DELETED
    except GitModelsError:
        return False
