"""What a module imports at its top is paid for by everybody who imports it."""

import ast
import sys
from collections.abc import Iterator
from typing import Any

# Third-party packages that cost next to nothing, or that a room cannot be without.
ANYWHERE = {"blake3"}
AT_THE_TOP = {"cli": {"click"}, "git": {"pygit2", "git"}, "testing": {"pytest"}, "mlflow_plugin": {"mlflow"}}
# path -> packages; each of these modules defines a class on top of the package, and is imported only to use it
EXCEPTIONS: dict[str, set[str]] = {
    "gitmodels/flavors/pickling.py": {"cloudpickle"},
    "gitmodels/mlmodel/recorder.py": {"cloudpickle"},
}


def _imports_at_the_top(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.dump(node.test):
            yield from _imports_at_the_top([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _imports_at_the_top([*node.body, *node.orelse, *node.finalbody])


def _packages(node: ast.Import | ast.ImportFrom) -> set[str]:
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "a relative import"
        return {(node.module or "").partition(".")[0]}
    return {alias.name.partition(".")[0] for alias in node.names}


def test_modules_import_heavy_packages_only_inside_functions(sources: list[Any]) -> None:
    found: dict[str, set[str]] = {}
    for source in sources:
        allowed = ANYWHERE | AT_THE_TOP.get(source.room, set()) | EXCEPTIONS.get(source.path, set())
        for node in _imports_at_the_top(source.tree.body):
            foreign = _packages(node) - {"gitmodels"} - sys.stdlib_module_names - allowed
            if foreign:
                found.setdefault(source.path, set()).update(foreign)
    assert found == {}


def test_fields_are_replaced_by_what_knows_frozen_values_too(sources: list[Any]) -> None:
    # A type checker takes a class that is @frozen for a dataclass; replace() of the standard library refuses it.
    # That is why values.py shows a type checker this one.
    of_dataclasses = {"asdict", "astuple", "fields", "is_dataclass", "replace"}
    found = {
        source.path: names
        for source in sources
        if source.path != "gitmodels/values.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if (names := {alias.name for alias in node.names} & of_dataclasses)
    }
    assert found == {}
