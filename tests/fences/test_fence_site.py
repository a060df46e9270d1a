"""The documentation site builds without a warning: every page has its place, every link an end."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("sphinx")
pytest.importorskip("myst_parser")
pytest.importorskip("furo")


def test_the_site_builds_without_a_warning(root: Path, tmp_path: Path) -> None:
    options = ["--quiet", "--fail-on-warning", "--keep-going", "--doctree-dir", str(tmp_path / "doctrees")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(root / "docs"), str(tmp_path / "site")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for page in ("index", "tutorial", "cli", "python", "guides/index", "format/registry"):
        assert (tmp_path / "site" / f"{page}.html").is_file(), page
    front = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'(?:src|href)="(https?://[^"]*\.(?:js|css|woff2?))', front) == [], (
        "a page that fetches something"
    )
