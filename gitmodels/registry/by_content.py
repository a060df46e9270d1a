"""Which versions have a content: the way from a model's id to the names it is registered under.

This room looks at version records as bytes first, so that a large registry costs a read for each and not a parse.
"""

import contextlib
from collections.abc import Collection, Iterator

from gitmodels.errors import VersionNotFound
from gitmodels.registry import layout
from gitmodels.registry.state import DAMAGE, State, Version


def versions(state: State, model_ids: Collection[str]) -> Iterator[Version]:
    """The versions that exist now and have one of these contents, name by name, the oldest first.

    Damaged records are left out.
    """
    wanted = [model_id.encode() for model_id in model_ids]
    for name in state.model_names() if wanted else ():
        for number in state.all_numbers(name):
            with contextlib.suppress(VersionNotFound, *DAMAGE):
                data = state.tree.read(layout.version_file(name, number)) or b""
                if any(one in data for one in wanted):
                    version = state.version(name, number)
                    if version.record.model_id in model_ids:
                        yield version
