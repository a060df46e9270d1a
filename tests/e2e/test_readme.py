"""What the README shows is what happens: its blocks are run one after the other, as a reader would run them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tour_runs_as_it_stands(tmp_path: Path) -> None:
    blocks = BLOCK.findall(README.read_text().partition("## Sixty seconds")[2])
    assert [language for language, _ in blocks].count("python") == 2
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    # One shell for all, because `cd` in the first block holds for the others.
    script = "set -euo pipefail\n" + "\n".join(
        body if language == "bash" else f"python3 - <<'PYTHON'\n{body}PYTHON\n" for language, body in blocks
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    shown = done.stdout
    assert "v2" in shown
    assert "champion" in shown
    assert "flavors:" in shown
    assert "+target: cancer@champion -> 2" in shown
    assert re.search(r"^\[?[01 ]+\]?$", shown, re.MULTILINE), "the prediction is printed"
    assert re.search(r"^2$", shown, re.MULTILINE), "the native object is the one of version 1"
    assert "cancer@champion v2 → v1" in shown
    assert "the object store is whole" in done.stderr


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (README.parent / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README.read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_page_the_readme_names_exists() -> None:
    for page in re.findall(r"\]\(([\w./-]+\.md)\)", README.read_text()):
        assert (README.parent / page).is_file(), page
