"""Looking up ``name@pinned``: the ``models.lock`` beside the code that runs, and the exact version it says.

The file stands at the top of a work tree and is found from any folder below it, also where no git is, as in an image
that holds the code alone. This room reads it; the text of the file is known below, and writing it has a room of its
own.
"""

import os
from pathlib import Path

from gitmodels.errors import FileMissing, Invalid, ModelNotFound
from gitmodels.registry import pins
from gitmodels.registry.pins import Pin
from gitmodels.uris import ModelRef
from gitmodels.values import replace


def find(folder: str | os.PathLike[str] = ".", work_tree: Path | None = None) -> Path | None:
    """The ``models.lock`` that holds for ``folder``: the nearest, up to the top of the work tree; None without one.

    ``work_tree`` is what ``GIT_WORK_TREE`` says.
    """
    here = Path(os.path.abspath(folder))
    if work_tree is not None:
        path = Path(os.path.abspath(work_tree), pins.FILE)
        return path if path.is_file() else None
    for parent in (here, *here.parents):
        path = parent / pins.FILE
        if path.is_file():
            return path
        if os.path.lexists(parent / ".git"):
            return None
    return None


def read(path: Path) -> dict[str, Pin]:
    """The pins in the file at ``path``. Raises Invalid for one that cannot be read, Conflict for an unmerged one."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(pins.MAX_SIZE + 1)
    except OSError as error:
        raise Invalid(f"cannot read {path}: {error.strerror}") from None
    return pins.read(data, pins.FILE)


def pin_of(name: str, work_tree: Path | None = None) -> Pin:
    """What is pinned as ``name`` where the program runs. Raises FileMissing, ModelNotFound, Invalid, Conflict."""
    path = find(work_tree=work_tree)
    if path is None:
        raise FileMissing(
            f"{name}@pinned: there is no {pins.FILE} here or above",
            hint=f"git models pin {name}@<alias> writes one; run where the code is",
        )
    pin = read(path).get(name)
    if pin is None:
        way = f"git models pin {name}@<alias>, or git checkout a commit that has it"
        raise ModelNotFound(f"{name} is not pinned in {path}", hint=way)
    return pin


def resolved(ref: ModelRef, work_tree: Path | None = None) -> ModelRef:
    """``ref`` with what is pinned in the place of ``@pinned``: the version, and the content it must have."""
    if not ref.pinned:
        return ref
    pin = pin_of(ref.name, work_tree)
    return replace(ref, pinned=False, version=pin.version, manifest=pin.manifest)


def here(ref: ModelRef, work_tree: Path | None = None) -> ModelRef:
    """As ``resolved``, for what works on one repository only. Raises Invalid for a pin of another registry."""
    if ref.pinned and (registry := pin_of(ref.name, work_tree).registry) is not None:
        raise Invalid(
            f"{ref} is pinned from another registry, {registry}",
            hint=f"git models clone it, and work there; gitmodels.pyfunc.load_model('models:/{ref}') loads it",
        )
    return resolved(ref, work_tree)
