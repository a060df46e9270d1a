"""Which source files of the user's own project a model needs, from the modules it imports: ``infer_code_paths``.

This room knows module names and files below one folder; what a model imports was recorded before. Only the files that
are needed travel, never a whole folder: beside them may lie what nobody wants to give away.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

from gitmodels.mlmodel.sources import file_of


def copy(modules: Iterable[str], root: Path, target: Path) -> frozenset[str]:
    """Copy the files of ``modules`` that lie below ``root`` into ``target``, as packages; the modules found there.

    The packages around a module come along, as far as their ``__init__.py``. ``target`` appears when there is anything.
    """
    found = {module: path for module in modules if (path := _below(module, root)) is not None}
    for module in sorted(found):
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            name = ".".join(parts[:length])
            if (path := found.get(name) or _below(name, root)) is not None:
                _copy(path, name, target)
    return frozenset(found)


def _below(module: str, root: Path) -> Path | None:
    path = file_of(module)
    if path is None or path.suffix != ".py" or not path.resolve().is_relative_to(root.resolve()):
        return None
    return path


def _copy(path: Path, module: str, target: Path) -> None:
    place = target.joinpath(*module.split("."))
    place = place / path.name if path.name == "__init__.py" else place.with_name(f"{place.name}.py")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, place)
