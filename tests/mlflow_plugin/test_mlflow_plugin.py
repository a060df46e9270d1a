"""The plugin inside MLflow: its tests run in an environment that holds both, one process for each file of them.

What they assert stands in ``inside/``, in files that this environment, which has no MLflow, does not collect.
"""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = ROOT / ".venv-plugin" / "bin" / "python"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="the environment .venv-plugin is not made: make test")

CHECKS = sorted(file.name for file in (HERE / "inside").glob("check_*.py"))


def run_inside(python: Path, *arguments: str) -> None:
    """Run pytest there; MLflow's own warnings are no errors of ours."""
    options = ["-o", "addopts=--import-mode=importlib --strict-markers", "-o", "filterwarnings=default"]
    command = [str(python), "-m", "pytest", *options, "-p", "no:cacheprovider", "-q", "--tb=short", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"


# Each starts MLflow, some of them servers: on a busy machine that alone takes minutes.
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("check", CHECKS)
def test_it_holds_inside_mlflow(check: str) -> None:
    run_inside(PYTHON, f"tests/mlflow_plugin/inside/{check}")


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("release", ["3.16", "3.15"])
@pytest.mark.parametrize("check", CHECKS)
def test_it_holds_inside_the_releases_before(release: str, check: str) -> None:
    python = ROOT / f".venv-plugin-{release}" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"the environment .venv-plugin-{release} is not made: make test-heavy")
    run_inside(python, f"tests/mlflow_plugin/inside/{check}")


def test_the_examples_in_the_plugin_run() -> None:
    run_inside(PYTHON, "--doctest-modules", "gitmodels/mlflow_plugin")
