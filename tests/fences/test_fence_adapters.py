"""Below the adapters nothing is printed and the environment is not read."""

import ast
from pathlib import Path
from typing import Any

ADAPTERS = ("cli", "serving", "mlflow_plugin", "as_mlflow")
READERS = ("gitmodels/api/context.py",)  # hands os.environ to Settings
# path -> why it looks at the environment all the same
EXCEPTIONS = {"gitmodels/git/program.py": "hands it on to git, less what speaks of another repository"}

_ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
_STREAMS = {"stdout", "stderr", "stdin", "__stdout__", "__stderr__"}


def _offences(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input"):
            found.append(f"line {node.lineno}: {node.func.id}()")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if (node.value.id, node.attr in _ENVIRONMENT) == ("os", True):
                found.append(f"line {node.lineno}: os.{node.attr}")
            elif (node.value.id, node.attr in _STREAMS) == ("sys", True):
                found.append(f"line {node.lineno}: sys.{node.attr}")
            elif (node.value.id, node.attr) == ("sys", "exit"):
                found.append(f"line {node.lineno}: sys.exit")
        elif isinstance(node, ast.ImportFrom) and node.module in ("os", "sys"):
            names = {alias.name for alias in node.names} & (_ENVIRONMENT | _STREAMS | {"exit"})
            found.extend(f"line {node.lineno}: from {node.module} import {name}" for name in names)
    return found


def test_rooms_neither_print_nor_read_the_environment(sources: list[Any]) -> None:
    found = {
        source.path: offences
        for source in sources
        if source.room not in (*ADAPTERS, "__main__") and source.path not in (*READERS, *EXCEPTIONS)
        if (offences := _offences(source.tree))
    }
    assert found == {}


def test_the_fence_sees_what_it_should() -> None:
    program = (
        "import os, sys\nprint(1)\nos.environ['A']\nos.getenv('A')\nsys.stdout.write('')\nfrom os import environ\n"
    )
    assert len(_offences(ast.parse(program))) == 5


def test_exceptions_are_still_needed(root: Path) -> None:
    for path in EXCEPTIONS:
        assert _offences(ast.parse((root / path).read_text(encoding="utf-8"))), path
