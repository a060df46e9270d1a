"""Code that is about to be pushed: whether what it pins is published, so that others can load it.

This room looks at a commit and at what is known of the remote; it asks nobody.
"""

from gitmodels.errors import GitModelsError
from gitmodels.git.tree import TreeView
from gitmodels.registry import pins
from gitmodels.registry.state import State
from gitmodels.repo import Repo


def unpublished(repo: Repo, commit: str) -> list[str]:
    """What ``models.lock`` in a commit of code pins of this registry, and the remote-tracking branch lacks.

    Nothing where no registry is followed: then nobody knows what is published.
    """
    data = TreeView(repo.git.objects, commit=commit).read(pins.FILE)
    published = repo.registry.published() if data is not None else None
    if data is None or published is None:
        return []
    found = []
    for pin in pins.read(data).values():
        if pin.registry is None and not _is_there(published, pin):
            found.append(f"{pin.name} v{pin.version}")
    return found


def _is_there(state: State, pin: pins.Pin) -> bool:
    try:
        record = state.version_record(state.follow(pin.name), pin.version)
    except GitModelsError:
        return False
    return record is not None and record.manifest == pin.manifest
