"""The plugin inside MLflow: its tests run in an environment that holds both, all of them in one process.

What they assert stands in ``inside/``, in files that this environment, which has no MLflow, does not collect. MLflow
takes seconds to start and to make a database: so there is one process, whose report says which test failed.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = ROOT / ".venv-plugin" / "bin" / "python"
pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="the environment .venv-plugin is not made: make test")

INSIDE = "tests/mlflow_plugin/inside"
EXAMPLES = "gitmodels/mlflow_plugin"


def run_inside(python: Path, *arguments: str) -> None:
    """Run pytest there; MLflow's own warnings are no errors of ours. Tests that are skipped are told of by name."""
    options = ["-o", "addopts=--import-mode=importlib --strict-markers", "-o", "filterwarnings=default"]
    options += ["-o", "python_files=check_*.py", "-p", "no:cacheprovider", "-q", "-rs", "--tb=short"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment["TEST_PYTHON"] = sys.executable
    command = [str(python), "-m", "pytest", *options, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout[-4000:])
    assert done.returncode == 0, f"{done.stdout[-12000:]}\n{done.stderr[-4000:]}"


# It starts MLflow and a server of it: on a busy machine that alone takes minutes.
@pytest.mark.timeout(1800)
def test_it_holds_inside_mlflow() -> None:
    run_inside(PYTHON, "-m", "not heavy", "--doctest-modules", INSIDE, EXAMPLES)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_what_takes_long_holds_inside_mlflow() -> None:
    run_inside(PYTHON, "-m", "heavy", INSIDE)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("release", ["3.16", "3.15"])
def test_it_holds_inside_the_releases_before(release: str) -> None:
    python = ROOT / f".venv-plugin-{release}" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"the environment .venv-plugin-{release} is not made: make test-heavy")
    run_inside(python, "-m", "heavy or not heavy", "--doctest-modules", INSIDE, EXAMPLES)
