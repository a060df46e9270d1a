"""What Python source files import, read from their text: nothing is imported, nothing runs.

This room parses source; it knows no distributions. It serves code that a model takes along as files, and local
modules that a model refers to by name.
"""

import ast
import os
import sys
from collections.abc import Iterable, Iterator
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
    """The file that the imported ``module`` came from; None when it is not imported or has none."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    origin = getattr(spec, "origin", None) or getattr(sys.modules.get(module), "__file__", None)
    if not isinstance(origin, str) or origin in ("built-in", "frozen"):
        return None
    return Path(origin)


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
