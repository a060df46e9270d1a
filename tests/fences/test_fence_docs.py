"""The pages say what the code says: every command, every public name, every link."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gitmodels.api.modules import MODULES, public_names
from gitmodels.cli.commands import ALIASES, COMMANDS


@pytest.mark.parametrize("script", ["reference.py", "stubs.py", "mlflow_guide.py", "figures.py", "flavors.py"])
def test_written_files_are_current(script: str, root: Path) -> None:
    done = subprocess.run(
        [sys.executable, f"docs/scripts/{script}", "--check"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_command_stands_in_the_page_and_the_man_page(root: Path) -> None:
    page = (root / "docs" / "cli.md").read_text(encoding="utf-8")
    man = (root / "docs" / "git-models.1").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"### git models {name}\n" in page
        assert f"\n.B {name.replace('-', chr(92) + '-')}\n" in man
    for alias in ALIASES:
        assert f"`git models {alias}`" in page


def test_every_public_name_stands_in_the_page(root: Path) -> None:
    page = (root / "docs" / "python.md").read_text(encoding="utf-8")
    for name in public_names():
        assert name == "__version__" or f"`{name}" in page or f"gitmodels.{name}" in page
    for module in MODULES:
        assert f"## {module}\n" in page


def test_links_between_pages_lead_somewhere(root: Path) -> None:
    broken = []
    for page in [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "hooks").glob("*.md")]:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(root)}: {target}")
    assert broken == []


@pytest.mark.parametrize("page", ["architecture.md", "glossary.md", "format.md", "cli.md", "python.md"])
def test_the_pages_everybody_is_sent_to_exist(page: str, root: Path) -> None:
    assert (root / "docs" / page).is_file()
