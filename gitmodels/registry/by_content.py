"""Which versions have a content: the way from a model's id to the names it is registered under.

This room looks at version records as bytes first, so that a large registry costs a read for each and not a parse.
"""

import contextlib
from collections.abc import Collection, Iterator

from gitmodels.errors import Conflict, VersionNotFound
from gitmodels.registry import layout
from gitmodels.registry.state import DAMAGE, State, Version
from gitmodels.uris import ModelRef


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


def exactly(state: State, ref: ModelRef) -> Version:
    """The version that ``ref`` names by number and content, also when it was deleted: who named it exactly, meant it.

    Raises VersionNotFound; Conflict, saying where the content is now, when the version of that number has another one.
    """
    name = state.follow(ref.name)
    version = state.any_version(name, ref.version or 0)
    if version.record.manifest == ref.manifest:
        return version
    known = state.versions(name) if state.find_model(name) is not None else ()
    now = next((each for each in known if each.record.manifest == ref.manifest), None)
    raise Conflict(
        f"{name} v{version.number} has other content than models.lock says",
        hint=f"what was pinned is v{now.number} now: git models pin {name}/{now.number}"
        if now is not None
        else "what was pinned is not in this registry: fetch the one it came from, or pin again",
    )
