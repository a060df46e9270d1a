"""Tests that need MLflow beside ours in one process: pytest runs in an environment that holds both.

Their files are called ``check_….py``, so that the environment of the other tests, which has no MLflow, collects none.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv-plugin" / "bin" / "python"
# Where the files of tests lie, so that those of a pytest in a test have no longer paths than others.
_KEPT = "PYTEST_DEBUG_TEMPROOT"


def run_inside(*arguments: str, python: Path = PYTHON) -> None:
    """Run pytest there; MLflow's own warnings are no errors of ours. Tests that are skipped are told of by name."""
    options = ["-o", "addopts=--import-mode=importlib --strict-markers", "-o", "filterwarnings=default"]
    options += ["-o", "python_files=check_*.py", "-p", "no:cacheprovider", "-q", "-rs", "--tb=short"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_") or key == _KEPT}
    environment["TEST_PYTHON"] = sys.executable
    command = [str(python), "-m", "pytest", *options, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout[-4000:])
    assert done.returncode == 0, f"{done.stdout[-12000:]}\n{done.stderr[-4000:]}"
