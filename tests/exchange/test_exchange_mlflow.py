"""MLflow's stores brought in and handed out again, by the MLflow that pip installs, in an environment that holds both.

What is asserted stands in ``inside/``, which this environment, having no MLflow, does not collect.
"""

import pytest

from tests.inside_mlflow import PYTHON, run_inside

needs_mlflow = pytest.mark.skipif(not PYTHON.exists(), reason="the environment .venv-plugin is not made: make test")


# Each starts MLflow: on a busy machine that alone takes a minute.
@needs_mlflow
@pytest.mark.timeout(1800)
def test_it_holds_inside_mlflow() -> None:
    run_inside("tests/exchange/inside/check_mlflow.py", "-m", "not heavy")


@needs_mlflow
@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_a_thousand_models_come_and_go_as_they_were() -> None:
    run_inside("tests/exchange/inside/check_mlflow.py", "-m", "heavy", "-s")
