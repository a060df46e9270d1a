"""The side of a folder that no registry has: a model as it lies on the disk, hashed to be compared, stored nowhere.

This room reads files; it runs nothing and follows no link out of the folder.
"""

import os
from pathlib import Path

from gitmodels import digest
from gitmodels.digest import Digest
from gitmodels.errors import FileMissing, Invalid
from gitmodels.mlmodel.file import MAX_SIZE
from gitmodels.objects.manifest import MAX_FILES
from gitmodels.registry import layout
from gitmodels.review.sides import Side


def of_folder(path: Path) -> Side:
    """The folder ``path`` as a side. Raises FileMissing where there is none, Invalid for one that is no model's."""
    from gitmodels.mlmodel.execution import code_execution

    if not path.is_dir():
        raise FileMissing(f"no folder at {path}", hint="name a model's folder, or a version: fraud/7")
    files = _files(path)
    if not files:
        raise Invalid(f"{path} is empty")
    readable = {name: _read(path / name) for name in layout.READABLE if name in files}
    side = Side(str(path), None, files, readable)
    model = side.mlmodel
    flavors = () if model is None or isinstance(model, Exception) else tuple(sorted(model.flavors))
    return Side(str(path), None, files, readable, code_execution=code_execution(path), flavors=flavors)


def _files(folder: Path) -> dict[str, tuple[int, Digest]]:
    found: dict[str, tuple[int, Digest]] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if path.is_file():
                found[path.relative_to(folder).as_posix()] = (path.stat().st_size, digest.of_file(path))
            if len(found) > MAX_FILES:
                raise Invalid(f"more than {MAX_FILES} files in {folder}")
    return found


def _read(path: Path) -> bytes:
    limit = MAX_SIZE if path.name == "MLmodel" else layout.MAX_READABLE
    with open(path, "rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise Invalid(f"{path.name} has more than {limit} bytes")
    return data
