"""MLflow's stores brought in and handed out again, by the MLflow that pip installs, in an environment that holds both.

What is asserted stands in ``inside/``, which this environment, having no MLflow, does not collect.
"""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-plugin" / "bin" / "python"
needs_mlflow = pytest.mark.skipif(not PYTHON.exists(), reason="the environment .venv-plugin is not made: make test")


def run_inside(*arguments: str) -> None:
    """Run pytest there; MLflow's own warnings are no errors of ours."""
    options = ["-o", "addopts=--import-mode=importlib --strict-markers", "-o", "filterwarnings=default"]
    command = [str(PYTHON), "-m", "pytest", *options, "-p", "no:cacheprovider", "-q", "--tb=short", "-s", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"


# Each starts MLflow: on a busy machine that alone takes a minute.
@needs_mlflow
@pytest.mark.timeout(1800)
def test_it_holds_inside_mlflow() -> None:
    run_inside("tests/exchange/inside/check_mlflow.py", "-m", "not heavy")


@needs_mlflow
@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_a_thousand_models_come_and_go_as_they_were() -> None:
    run_inside("tests/exchange/inside/check_mlflow.py", "-m", "heavy")
