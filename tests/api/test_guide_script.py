"""The script that the guide for people from MLflow shows: unchanged, and with its import lines changed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "demo" / "from_mlflow.py"


@pytest.mark.parametrize("way", ["unchanged", "replaced"])
def test_the_guides_script_runs(way: str, git_repo: Path) -> None:
    command = [sys.executable, "-m", "gitmodels.as_mlflow", str(SCRIPT)]
    if way == "replaced":
        page = (ROOT / "docs" / "guides" / "from-mlflow.md").read_text(encoding="utf-8")
        shown = re.search(r"```diff\n(.*?)```", page, re.DOTALL)
        assert shown is not None
        lines = [line[1:] for line in shown[1].splitlines() if not line.startswith("-")]
        (git_repo / "script.py").write_text("\n".join(lines), encoding="utf-8")
        command = [sys.executable, "script.py"]
    done = subprocess.run(
        command,
        cwd=git_repo,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[0 0 0]\nRESOURCE_DOES_NOT_EXIST Model Version (name=iris, version=9) not found\n"
