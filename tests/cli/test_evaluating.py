"""``git models evaluate``: what a version is measured at, where that shows, and what is refused in one line."""

from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels import digest
from gitmodels.api import context

Models = Any


@pytest.fixture
def repo(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``fraud``, a classifier with a signature; ``price``, a regressor; ``bare``, without one; ``data.csv`` for all."""
    import pandas as pd
    from sklearn.linear_model import LinearRegression, LogisticRegression

    monkeypatch.setattr(context, "_opened", {})
    table = pd.DataFrame({"amount": [1.0, 2.5, 40.0, 60.0] * 5, "age": [20.0, 30.0, 40.0, 50.0] * 5})
    labels = ["good", "good", "bad", "bad"] * 5
    classifier = LogisticRegression().fit(table, labels)
    regressor = LinearRegression().fit(table, [0.0, 1.0, 2.0, 3.0] * 5)
    log = gitmodels.sklearn.log_model
    log(classifier, name="m", input_example=table.head(1), registered_model_name="fraud")
    log(regressor, name="r", input_example=table.head(1), registered_model_name="price")
    log(regressor, name="b", registered_model_name="bare")
    table.assign(label=labels).to_csv(here / "data.csv", index=False)
    table.assign(price=[0.5, 1.5, 2.5, 3.5] * 5).to_parquet(here / "prices.parquet")
    return here


def test_a_classifier_is_measured_on_a_file(repo: Path, models: Models) -> None:
    done = models("evaluate", "fraud/1", "data.csv", "-m", "the third quarter")
    assert done.out.startswith("fraud/1  accuracy_score 1 · ")
    [one] = models("show", "fraud/1", "--json").json["evaluations"]
    assert set(one["metrics"]) == {
        *("accuracy_score", "precision_score", "recall_score", "f1_score", "log_loss", "roc_auc")
    }
    assert (one["description"], one["run_id"]) == ("the third quarter", None)
    raw = (repo / "data.csv").read_bytes()
    assert one["dataset"]["blake3"] == digest.of_bytes(raw)
    assert (one["dataset"]["name"], one["dataset"]["rows"], one["dataset"]["target"]) == ("data.csv", 20, "label")


def test_the_fingerprint_is_the_one_that_runs_have(repo: Path, models: Models) -> None:
    import pandas as pd

    models("evaluate", "fraud/1", "data.csv")
    known = gitmodels.data.from_pandas(pd.read_csv(repo / "data.csv")).digest
    assert models("show", "fraud/1", "--json").json["evaluations"][0]["dataset"]["digest"] == known


def test_a_regressor_is_measured_on_parquet(repo: Path, models: Models) -> None:
    models("evaluate", "price/1", "prices.parquet")
    [one] = models("show", "price/1", "--json").json["evaluations"]
    assert set(one["metrics"]) == {"root_mean_squared_error", "mean_absolute_error", "r2_score"}
    assert one["metrics"]["mean_absolute_error"] == pytest.approx(0.5, abs=0.2)


def test_given_numbers_are_noted_with_their_data(fraud: Path, models: Models) -> None:
    given = ("--metric", "auc=0.93", "--metric", "f1=nan", "--dataset", "holdout", "--digest", "9f3c0a11")
    assert models("evaluate", "fraud@champion", *given).out == "fraud/1  auc 0.93 · f1 nan\n"
    [one] = models("show", "fraud/1", "--json").json["evaluations"]
    assert one["metrics"] == {"auc": 0.93, "f1": "NaN"}
    assert one["dataset"] == {"name": "holdout", "digest": "9f3c0a11"}
    assert "evaluated  auc 0.93 · f1 nan on holdout 9f3c0a11 (" in models("show", "fraud/1").out


def test_numbers_given_for_a_file_carry_its_fingerprints_and_run_nothing(repo: Path, models: Models) -> None:
    models("evaluate", "bare/1", "data.csv", "--metric", "mine=1")
    [one] = models("show", "bare/1", "--json").json["evaluations"]
    assert (one["metrics"], one["dataset"]["rows"]) == ({"mine": 1.0}, 20)


def test_an_evaluation_is_one_commit_and_the_log_tells_it(fraud: Path, models: Models, git: Any) -> None:
    before = int(git("rev-list", "--count", "gitmodels", cwd=fraud))
    models("evaluate", "fraud/2", "--metric", "auc=0.93", "-m", "looks fine")
    assert int(git("rev-list", "--count", "gitmodels", cwd=fraud)) == before + 1
    newest = models("log", "fraud", "-n", "1", "--json").json[0]
    assert (newest["kind"], newest["version"], newest["reason"]) == ("evaluate", 2, "looks fine")
    assert "evaluate" in models("log", "fraud").out.splitlines()[0]


def test_versions_are_compared_by_all_their_metrics(fraud: Path, models: Models) -> None:
    models("evaluate", "fraud/1", "--metric", "auc=0.9", "--dataset", "q3")
    models("evaluate", "fraud/2", "--metric", "auc=0.95", "--dataset", "q3")
    models("evaluate", "fraud/2", "--metric", "auc=0.8", "--metric", "f1=0.7", "--dataset", "q4")
    rows = [line.split("  ") for line in models("ls", "fraud", "--metrics").out.splitlines()]
    rows = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert rows == [
        ["VERSION", "ALIASES", "AUC (q3)", "AUC (q4)", "F1 (q4)"],
        ["v2", "–", "0.95", "0.8", "0.7"],
        ["v1", "champion", "0.9", "–", "–"],
    ]
    newest = models("ls", "fraud", "--json").json[0]
    assert [one["metrics"] for one in newest["evaluations"]] == [{"auc": 0.95}, {"auc": 0.8, "f1": 0.7}]


def test_of_many_evaluations_the_newest_are_shown(fraud: Path, models: Models) -> None:
    for number in range(12):
        models("evaluate", "fraud/1", "--metric", f"n={number}")
    text = models("show", "fraud/1").out
    assert text.count("evaluated") == 10
    assert "n 11" in text
    assert "evaluated  n 1 (" not in text
    assert "and 2 older ones" in text


def test_versions_are_found_by_what_they_were_evaluated_at(fraud: Path, models: Models) -> None:
    models("evaluate", "fraud/1", "--metric", "auc=0.95")
    models("evaluate", "fraud/1", "--metric", "auc=0.8")
    models("evaluate", "fraud/2", "--metric", "auc=0.9")
    found = models("search", "metrics.auc > 0.85", "--json").json
    assert [one["version"] for one in found] == [2]
    ordered = models("search", "name = 'fraud'", "--order-by", "metrics.auc ASC", "--json").json
    assert [one["version"] for one in ordered] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["fraud/1"], 4, "neither data nor metrics"),
        (["fraud/9", "--metric", "a=1"], 3, "not found"),
        (["fraud/1", "--metric", "a"], 2, "NAME=NUMBER"),
        (["fraud/1", "--metric", "a=high"], 2, "NAME=NUMBER"),
        (["fraud/1", "--metric", "a=1", "--digest", "9f"], 4, "without its name"),
        (["fraud/1", "gone.csv"], 3, "no such file"),
        (["fraud/1", "data.txt"], 4, "say --type csv"),
        (["fraud/1", "data.csv", "--target", "gone"], 4, "no column 'gone'"),
        (["bare/1", "data.csv"], 4, "--target COLUMN"),
        (["price/1", "data.csv"], 4, "a regressor"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_line(
    repo: Path, models: Models, git: Any, arguments: list[str], code: int, words: str
) -> None:
    tip = git("rev-parse", "gitmodels", cwd=repo)
    done = models("evaluate", *arguments, code=code)
    assert words in done.err
    assert git("rev-parse", "gitmodels", cwd=repo) == tip


def test_rows_without_truth_are_refused_and_counted(repo: Path, models: Models) -> None:
    (repo / "gaps.csv").write_text("amount,age,label\n1,2,good\n3,4,\n")
    assert "empty in 1 of 2 rows" in models("evaluate", "fraud/1", "gaps.csv", code=4).err
    (repo / "none.csv").write_text("amount,age,label\n")
    assert "no rows" in models("evaluate", "fraud/1", "none.csv", code=4).err
