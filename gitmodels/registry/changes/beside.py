"""A change to what stands on the branch beside the registry: files of the host, such as those of its CI.

They are not ours: nothing here reads them, and one that says something else is never overwritten unasked.
"""

from collections.abc import Mapping

from gitmodels.errors import AlreadyExists, Invalid
from gitmodels.names import hidden_character
from gitmodels.registry import layout
from gitmodels.registry.changes.change import Change
from gitmodels.registry.state import State

_OURS = (f"{layout.MODELS}/", f"{layout.POLICY_FOLDER}/", "approvals/", layout.REGISTRY_FILE)


def put(state: State, files: Mapping[str, str], subject: str, *, force: bool = False) -> Change[list[str]]:
    """Let each path of ``files`` hold its text; the result are those that changed. Nothing happens when they do.

    Raises AlreadyExists for one that holds something else, unless ``force``; Invalid for a path of the registry.
    """
    changed = []
    for path, text in files.items():
        if path.startswith(_OURS) or path.startswith("/") or ".." in path.split("/") or hidden_character(path):
            raise Invalid(f"{path[:200]!r} is not beside the registry")
        there = state.tree.read(path)
        if there == text.encode():
            continue
        if there is not None and not force:
            raise AlreadyExists(f"{path} stands on the registry's branch and says something else", hint="--force")
        changed.append(path)
    edits = {path: files[path].encode() for path in changed}
    if not edits:
        return Change([])
    args = {"files": dict(files), "subject": subject, "force": force}
    return Change(changed, edits, "beside", subject, args=args)
