"""What Python source files import, read from their text: nothing is imported, nothing runs.

This room parses source; it knows no distributions. It serves code that a model takes along as files, and local
modules that a model refers to by name.
"""

import ast
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from gitmodels.mlmodel.recorder import resolve

MAX_SOURCE = 2 << 20
MAX_FILES = 2_000


def imports_of(text: str, package: str = "") -> frozenset[str]:
    r"""Every module that ``text`` imports anywhere but under ``if TYPE_CHECKING``; ``set()`` when it is not Python.

    >>> sorted(imports_of("def f():\n    from . import b\n    import numpy", "pkg"))
    ['numpy', 'pkg', 'pkg.b']
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve(node.module or "", node.level, package)
            if module:
                found.add(module)
                found.update(f"{module}.{alias.name}" for alias in node.names if alias.name != "*")
        waiting.extend(ast.iter_child_nodes(node))
    return frozenset(found)


def imports_under(paths: Iterable[Path]) -> frozenset[str]:
    """What the Python files at or below ``paths`` import; at most 2,000 files of 2 MiB, the rest is passed over."""
    found: set[str] = set()
    for count, (path, package) in enumerate(_files(paths)):
        if count >= MAX_FILES:
            break
        found |= imports_of(_text(path), package)
    return frozenset(found)


def file_of(module: str) -> Path | None:
    """The file that ``module`` came from, or would come from in a folder of the user's own; None when it has none.

    What is not imported yet is looked for in the folders of ``sys.path`` that are neither Python's nor installed.
    """
    if module not in sys.modules:
        return _in_own_folders(module)
    spec = getattr(sys.modules[module], "__spec__", None)
    origin = getattr(spec, "origin", None) or getattr(sys.modules[module], "__file__", None)
    if not isinstance(origin, str) or origin in ("built-in", "frozen"):
        return None
    return Path(origin)


def is_own(path: Path) -> bool:
    """Whether a file is the user's own: neither of Python itself nor of an installed distribution."""
    return not {"site-packages", "dist-packages"}.intersection(path.parts) and not path.is_relative_to(_standard())


def _in_own_folders(module: str) -> Path | None:
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for entry in sys.path:
        folder = Path(entry or ".")
        for path in (folder.joinpath(*parts, "__init__.py"), folder.joinpath(*parts[:-1], f"{parts[-1]}.py")):
            if path.is_file() and is_own(path.absolute()):
                return path.absolute()
    return None


@cache
def _standard() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def imports_of_module(module: str) -> frozenset[str]:
    """What the source of an imported module imports; ``set()`` when it has no readable source."""
    path = file_of(module)
    if path is None or path.suffix != ".py":
        return frozenset()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return imports_of(_text(path), package)


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        if path.is_file():
            yield path, ""
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(name for name in folders if name.isidentifier() and name != "__pycache__")
            inner = Path(folder).relative_to(path).parts
            package = ".".join((path.name, *inner))
            yield from ((Path(folder, name), package) for name in sorted(files) if name.endswith(".py"))


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as stream:
            return stream.read(MAX_SOURCE).decode("utf-8", "replace")
    except OSError:
        return ""
