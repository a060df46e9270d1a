"""Every module says what it is for; nothing speaks of one machine."""

import ast
import re
import subprocess
from pathlib import Path
from typing import Any

# Folders of one person's or one machine's; tests may make such paths up as data.
MACHINE_PATH = re.compile(r"(?<![\w./:])/(?:home|root|Users|mnt)/[\w.-]+")


def test_every_module_opens_with_what_it_is_for(sources: list[Any]) -> None:
    silent = [source.path for source in sources if len((ast.get_docstring(source.tree) or "").split()) < 4]
    assert silent == []


def test_every_public_function_and_class_is_described(sources: list[Any]) -> None:
    silent = []
    for source in sources:
        for node in source.tree.body:
            is_described = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
            if is_described and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{source.path}: {node.name}")
    assert silent == []


def test_no_file_names_a_path_of_one_machine(root: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    if listed.returncode != 0:
        names = [str(file.relative_to(root)) for file in (root / "gitmodels").rglob("*.py")]
    else:
        names = listed.stdout.decode().split("\0")[:-1]
    found = []
    for name in names:
        file = root / name
        if not file.is_file() or b"\0" in (data := file.read_bytes()):
            continue
        text = data.decode("utf-8", "replace")
        if len(root.parts) > 2 and str(root) in text:
            found.append(f"{name}: {root}")
        if not name.startswith("tests/"):
            found += [f"{name}: {match[0]}" for match in MACHINE_PATH.finditer(text)]
    assert found == []
