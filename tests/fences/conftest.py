"""The project's own files, read once, for the fences that judge them."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Source:
    """One Python file of the package: its path from the root, its lines and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """``objects`` for ``gitmodels/objects/store.py``, ``names`` for ``gitmodels/names.py``."""
        return Path(self.path).parts[1].removesuffix(".py")


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    """Every Python file of the package."""
    found = []
    for file in sorted((ROOT / "gitmodels").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        found.append(Source(str(file.relative_to(ROOT)), text, ast.parse(text)))
    return found
