"""What the README and the other tours show is what happens: their blocks are run as a reader would run them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SCRIPT = ROOT / "docs" / "scripts" / "readme.py"
TOURS = re.findall(r'"([\w/.-]+\.md)"', SCRIPT.read_text(encoding="utf-8").partition("\nTOURS = ")[2].split("\n")[0])


@pytest.mark.parametrize("page", TOURS)
def test_a_tour_prints_what_it_shows(page: str) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--check", page],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_every_page_that_shows_output_is_a_tour() -> None:
    pages = [README, *(ROOT / "docs").rglob("*.md")]
    assert len(TOURS) >= 3
    shown = {str(page.relative_to(ROOT)) for page in pages if "```\n\n```text\n" in page.read_text(encoding="utf-8")}
    assert shown == set(TOURS)


def test_the_readme_shows_output_and_is_short() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count("```text\n") >= 4
    assert "```text\n```" not in text, "a block whose output was never written"
    assert len(text.splitlines()) <= 195


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_page_the_readme_names_exists() -> None:
    for page in re.findall(r"\]\(([\w./-]+\.md)\)", README.read_text(encoding="utf-8")):
        assert (ROOT / page).is_file(), page
