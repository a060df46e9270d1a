"""Which runs and experiments a filter keeps, and in which order."""

import pytest

from gitmodels.errors import Invalid
from gitmodels.runs.records import Code, DatasetUse, Experiment, Metric, Run
from gitmodels.runs.search import search_experiments, search_runs, tags_of

RUNS = [
    Run(
        "a" * 32,
        "first",
        1000,
        status="FINISHED",
        ended=1500,
        user="ana",
        params={"depth": "4", "kind": "Tree"},
        tags={"team": "risk"},
        metrics=(Metric("auc", 0.5, 3), Metric("val/loss", float("nan"))),
        code=Code("c" * 40),
        datasets=(DatasetUse("churn", "d1", "train"), DatasetUse("holdout", "d2", "eval")),
    ),
    Run("b" * 32, "second", 2000, status="FAILED", params={"depth": "10"}, metrics=(Metric("auc", 0.9),)),
    Run("c" * 32, "third", 2000, metrics=(Metric("auc", 0.1, 0), Metric("auc", 0.7, 1, dataset_name="x"))),
]


def found(text: str | None = None, *order_by: str) -> str:
    return "".join(run.id[0] for run in search_runs(RUNS, text, order_by))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (None, "bca"),
        ("metrics.auc > 0.5", "bc"),
        ("metrics.auc = 0.7", "c"),
        ("metrics.`val/loss` > 0", ""),
        ("metrics.nothing != 1", ""),
        ("params.depth = '4'", "a"),
        ("param.kind LIKE 'T%'", "a"),
        ("parameters.kind ILIKE 't%' and tags.team != 'ops'", "a"),
        ("params.depth IS NULL", "c"),
        ("params.depth IS NOT NULL AND metrics.auc < 0.6", "a"),
        ("tags.`mlflow.runName` = 'second'", "b"),
        ("tags.mlflow.user = 'ana'", "a"),
        ("tags.mlflow.source.git.commit LIKE 'cc%'", "a"),
        ("status = 'FAILED'", "b"),
        ("attributes.run_name ILIKE '%IR%'", "ca"),
        ("start_time >= 2000", "bc"),
        ("Created < 2000", "a"),
        ("end_time > 0", "a"),
        (f"run_id IN ('{'a' * 32}', '{'b' * 32}')", "ba"),
        (f"artifact_uri = 'runs:/{'a' * 32}'", "a"),
        ("datasets.name = 'holdout'", "a"),
        ("dataset.context IN ('eval') AND dataset.digest LIKE 'd%'", "a"),
        ("datasets.name != 'churn'", "a"),
    ],
)
def test_filters(text: str | None, ids: str) -> None:
    assert found(text) == ids


@pytest.mark.parametrize(
    "text", ["auc > 1", "status IN ('FAILED')", "datasets.rows = 'x'", "experiment_id = '0'", "start_time > 'x'"]
)
def test_refusals(text: str) -> None:
    with pytest.raises(Invalid):
        found(text)


@pytest.mark.parametrize(
    ("orders", "ids"),
    [
        (["metrics.auc DESC"], "bca"),
        (["metrics.auc"], "acb"),
        (["params.depth"], "bac"),
        (["params.depth DESC"], "abc"),
        (["start_time ASC", "run_name DESC"], "acb"),
        (["metrics.`val/loss` DESC", "attributes.run_name"], "abc"),
        (["tags.mlflow.runName DESC"], "cba"),
    ],
)
def test_orders(orders: list[str], ids: str) -> None:
    assert found(None, *orders) == ids


def test_tags_of_a_run_hold_what_mlflow_sets() -> None:
    assert tags_of(RUNS[0]) == {
        "team": "risk",
        "mlflow.user": "ana",
        "mlflow.runName": "first",
        "mlflow.source.git.commit": "c" * 40,
    }


def test_experiments() -> None:
    rows = [Experiment("Default"), Experiment("churn", created=5, updated=9, tags={"team": "risk"})]

    def names(text: str | None = None, *order_by: str) -> list[str]:
        return [row.name for row in search_experiments(rows, text, order_by)]

    assert names() == ["churn", "Default"]
    assert names("name LIKE 'c%'") == ["churn"]
    assert names("tags.team = 'risk' AND creation_time = 5") == ["churn"]
    assert names("tags.team IS NULL") == ["Default"]
    assert names("experiment_id IN ('0')") == ["Default"]
    assert names("last_update_time < 9", "name DESC") == ["Default"]
    assert names(None, "creation_time ASC") == ["Default", "churn"]
    for wrong in ("status = 'x'", "metrics.a > 1"):
        with pytest.raises(Invalid):
            names(wrong)
