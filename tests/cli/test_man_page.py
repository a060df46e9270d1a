"""`git models --help` is answered by git itself, with our man page."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "git-models.1"


def environment(**extra: str) -> dict[str, str]:
    """This process's, with the console scripts of its Python in front."""
    scripts = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join([scripts, os.environ["PATH"]]), **extra}


@pytest.mark.skipif(shutil.which("man") is None, reason="man-db is not installed (Debian: apt install man-db)")
def test_git_models_help_shows_the_man_page(tmp_path: Path) -> None:
    section = tmp_path / "man" / "man1"
    section.mkdir(parents=True)
    shutil.copy(PAGE, section)
    paging = environment(MANPATH=str(tmp_path / "man"), MANPAGER="cat", GIT_PAGER="cat")
    done = subprocess.run(
        ["git", "models", "--help"], env=paging, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "version machine-learning models" in " ".join(done.stdout.split())


def test_git_finds_the_command_by_its_name(tmp_path: Path) -> None:
    done = subprocess.run(
        ["git", "models", "-h"], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: git models [OPTIONS] COMMAND")
