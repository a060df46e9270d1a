"""Which versions hold a file: the question of whoever finds it missing or damaged.

This room looks through manifests as text, so that it answers even where one of them cannot be read. It knows no
object store.
"""

from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError
from gitmodels.registry.registry import Registry

MOST = 3


def holders(registry: Registry, file: Digest, most: int = MOST) -> list[str]:
    """The versions whose manifest names ``file``, as ``name/number``, deleted ones too; at most one above ``most``.

    Never raises: it is asked while another error is told, and what it cannot read it leaves out.
    """
    found: list[str] = []
    try:
        state = registry.state()
        for name in state.model_names() if state.commit is not None else ():
            for number in state.all_numbers(name):
                try:
                    held = file.encode() in state.manifest(name, number)
                except GitModelsError:
                    continue
                if held:
                    found.append(f"{name}/{number}")
                if len(found) > most:
                    return found
    except GitModelsError:
        return found
    return found
