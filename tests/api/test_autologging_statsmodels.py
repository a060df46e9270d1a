"""``autolog`` of statsmodels: what is logged of a fit, whatever class fits."""

from collections.abc import Iterator
from pathlib import Path

import numpy
import pytest

pytest.importorskip("statsmodels")
pytest.importorskip("wrapt")

import pandas
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.base.model import Model

import gitmodels
from gitmodels import entities
from gitmodels.api import autolog_session

RANDOM = numpy.random.default_rng(0)
X = RANDOM.normal(size=(50, 2))
Y = X @ [1.0, 2.0] + RANDOM.normal(size=50)
TABLE = pandas.DataFrame({"sales": Y, "price": X[:, 0], "shop": ["a", "b"] * 25, "unused": X[:, 1]})


@pytest.fixture(autouse=True)
def switched_off(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(git_repo)
    autolog_session._told.clear()
    yield
    gitmodels.autolog(disable=True)
    while gitmodels.active_run():
        gitmodels.end_run()


def _run() -> entities.Run:
    found: list[entities.Run] = gitmodels.search_runs(output_format="list", search_all_experiments=True)
    (run,) = found
    return run


def test_a_fit_of_statsmodels_is_told_as_mlflow_tells_it() -> None:
    gitmodels.statsmodels.autolog()
    results = sm.OLS(Y, sm.add_constant(X)).fit(cov_type="HC1")
    run = _run()
    assert run.data.tags["mlflow.autologging"] == "statsmodels"
    assert (run.data.params["cov_type"], run.data.params["method"]) == ("HC1", "pinv")
    assert run.data.metrics["rsquared"] == pytest.approx(results.rsquared)
    assert {"aic", "bic", "llf", "condition_number", "f_pvalue", "df_model"} <= run.data.metrics.keys()
    summary = gitmodels.artifacts.load_text(f"runs:/{run.info.run_id}/model_summary.txt")
    assert "OLS Regression Results" in summary
    model = gitmodels.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert numpy.allclose(model.predict(sm.add_constant(X)[:3]), results.predict()[:3])
    assert [each.tags[0].value for each in run.inputs.dataset_inputs] == ["train"]
    assert gitmodels.get_logged_model(model.metadata.model_id).metrics


def test_a_formula_asks_for_the_columns_on_its_right_side() -> None:
    gitmodels.statsmodels.autolog()
    smf.ols("sales ~ price + C(shop)", TABLE).fit()
    info = gitmodels.models.get_model_info(f"runs:/{_run().info.run_id}/model")
    assert info.signature.inputs.input_names() == ["price", "shop"]
    assert info.signature.outputs is not None


def test_a_fit_that_fits_by_that_of_its_base_is_one_training() -> None:
    gitmodels.statsmodels.autolog(log_models=False)
    with gitmodels.start_run() as run:
        sm.Logit((Y > 0).astype(float), X).fit(disp=0)
    found = gitmodels.get_run(run.info.run_id)
    assert found.data.params["method"] == "newton"
    assert found.outputs.model_outputs == []


def test_a_time_series_has_a_model_without_signature() -> None:
    gitmodels.statsmodels.autolog()
    sm.tsa.AutoReg(Y, lags=1).fit()
    run = _run()
    assert run.data.params["cov_type"] == "nonrobust"
    assert gitmodels.models.get_model_info(f"runs:/{run.info.run_id}/model").signature is None


def test_a_model_class_defined_later_is_watched_too() -> None:
    gitmodels.statsmodels.autolog(log_models=False)

    class Mean(Model):  # type: ignore[misc]
        def fit(self, power: int = 1) -> "Mean":
            return self

    assert isinstance(Mean(Y).fit(power=2), Mean)
    assert _run().data.params == {"power": "2"}
