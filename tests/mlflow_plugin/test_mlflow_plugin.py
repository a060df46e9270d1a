"""The plugin inside MLflow: its tests run in an environment that holds both, all of them in one process.

What they assert stands in ``inside/``, in files that this environment, which has no MLflow, does not collect. MLflow
takes seconds to start and to make a database: so there is one process, whose report says which test failed.
"""

import pytest

from tests.inside_mlflow import PYTHON, ROOT, run_inside

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason="the environment .venv-plugin is not made: make test")

INSIDE = "tests/mlflow_plugin/inside"
EXAMPLES = "gitmodels/mlflow_plugin"


# It starts MLflow and a server of it: on a busy machine that alone takes minutes.
@pytest.mark.timeout(1800)
def test_it_holds_inside_mlflow() -> None:
    run_inside("-m", "not heavy", "--doctest-modules", INSIDE, EXAMPLES)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_what_takes_long_holds_inside_mlflow() -> None:
    run_inside("-m", "heavy", INSIDE)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("release", ["3.16", "3.15"])
def test_it_holds_inside_the_releases_before(release: str) -> None:
    python = ROOT / f".venv-plugin-{release}" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"the environment .venv-plugin-{release} is not made: make test-heavy")
    run_inside("-m", "heavy or not heavy", "--doctest-modules", INSIDE, EXAMPLES, python=python)
