from pathlib import Path

from gitmodels.mlmodel.sources import file_of, imports_of, imports_of_module, imports_under


def test_imports_are_found_wherever_they_stand() -> None:
    text = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import only_for_types
else:
    import other
try:
    import fast as f
except ImportError:
    f = None
class A:
    def g(self):
        from .near import x
        from deep.er import *
"""
    found = imports_of(text, "pkg.sub")
    assert {"other", "fast", "pkg.sub.near", "pkg.sub.near.x", "deep.er"} <= found
    assert "only_for_types" not in found


def test_what_is_not_python_has_no_imports() -> None:
    assert imports_of("import (") == frozenset()
    assert imports_of("import a\0") == frozenset()


def test_folders_are_walked_as_packages(tmp_path: Path) -> None:
    package = tmp_path / "mine"
    (package / "inner").mkdir(parents=True)
    (package / "__pycache__").mkdir()
    (package / "__init__.py").write_text("from . import a")
    (package / "inner" / "b.py").write_text("from ..x import y\nimport numpy")
    (package / "__pycache__" / "c.py").write_text("import wrong")
    (tmp_path / "one.py").write_text("import scipy")
    found = imports_under([package, tmp_path / "one.py", tmp_path / "absent"])
    assert found == {"mine", "mine.a", "mine.x", "mine.x.y", "numpy", "scipy"}


def test_an_imported_module_is_read_from_its_file() -> None:
    assert file_of("sys") is None
    assert file_of("never.imported") is None
    assert "os" in imports_of_module("shutil")
    assert imports_of_module("sys") == frozenset()
