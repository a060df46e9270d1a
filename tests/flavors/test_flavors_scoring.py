"""Metrics of predictions: the numbers scikit-learn gives, whatever kinds the labels are of."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gitmodels.errors import Invalid
from gitmodels.flavors import scoring

TRUTH = [0, 1, 1, 0, 1]
ANSWERS = [0, 1, 0, 0, 1]
CHANCES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3], [0.1, 0.9]])


def test_two_classes_are_measured_as_mlflow_does() -> None:
    from sklearn import metrics

    found = scoring.of_classifier(TRUTH, ANSWERS, [0, 1], CHANCES, complete=True)
    assert found == pytest.approx(
        {
            "accuracy_score": 0.8,
            "precision_score": 1.0,
            "recall_score": 2 / 3,
            "f1_score": 0.8,
            "log_loss": metrics.log_loss(TRUTH, CHANCES),
            "roc_auc": metrics.roc_auc_score(TRUTH, CHANCES[:, 1]),
            "precision_recall_auc": metrics.average_precision_score(TRUTH, CHANCES[:, 1]),
            "example_count": 5,
            "true_negatives": 2,
            "false_positives": 0,
            "false_negatives": 1,
            "true_positives": 2,
        }
    )


def test_more_classes_are_weighted() -> None:
    from sklearn import metrics

    truth, answers = [0, 1, 2, 2], [0, 2, 2, 2]
    chances = np.array([[0.8, 0.1, 0.1], [0.1, 0.3, 0.6], [0.1, 0.2, 0.7], [0.2, 0.2, 0.6]])
    found = scoring.of_classifier(truth, answers, [0, 1, 2], chances)
    assert found["f1_score"] == metrics.f1_score(truth, answers, average="weighted")
    assert found["roc_auc"] == metrics.roc_auc_score(truth, chances, multi_class="ovr", average="weighted")


@pytest.mark.parametrize(
    "labels",
    [
        lambda values: pd.Series(values, dtype="category"),
        lambda values: pd.Series(values, dtype="Int64"),
        lambda values: np.array(values, dtype=float),
        lambda values: np.array(values, dtype=object),
        lambda values: np.array(values, dtype=bool),
        lambda values: [str(value) for value in values],
        lambda values: pd.Series([str(value) for value in values], dtype="string"),
    ],
)
def test_labels_of_one_meaning_agree_whatever_they_are_of(labels: Any) -> None:
    plain = scoring.of_classifier(TRUTH, ANSWERS, [0, 1], CHANCES)
    assert scoring.of_classifier(labels(TRUTH), ANSWERS, [0, 1], CHANCES) == plain
    assert scoring.of_classifier(TRUTH, labels(ANSWERS), [0, 1], CHANCES) == plain


def test_a_table_of_one_column_is_that_column_and_other_shapes_are_refused() -> None:
    table = pd.DataFrame({"label": ANSWERS})
    assert scoring.of_classifier(TRUTH, table) == scoring.of_classifier(TRUTH, ANSWERS)
    for answers, words in ((ANSWERS[:2], "2 answers for 5 rows"), (CHANCES, "2 dimensions"), (1, "0 dimensions")):
        with pytest.raises(Invalid, match=words):
            scoring.of_classifier(TRUTH, answers)
    for answers, words in ((ANSWERS[:2], "2 answers for 5 rows"), (CHANCES, "5 x 2 answers"), (1, "one answers")):
        with pytest.raises(Invalid, match=words):
            scoring.of_regressor(TRUTH, answers)


def test_classes_in_another_order_keep_their_own_chances() -> None:
    plain = scoring.of_classifier(TRUTH, ANSWERS, [0, 1], CHANCES)
    assert scoring.of_classifier(TRUTH, ANSWERS, [1, 0], CHANCES[:, ::-1]) == plain


def test_words_and_numbers_never_agree_and_never_fail() -> None:
    found = scoring.of_classifier(["good", "bad"], [0, 1])
    assert found["accuracy_score"] == 0.0
    assert scoring.of_classifier(["good", "bad"], ["good", "good"], ["bad", "good"])["accuracy_score"] == 0.5


def test_a_truth_that_lacks_a_class_or_has_a_strange_one_leaves_out_what_cannot_be_said() -> None:
    assert "roc_auc" not in scoring.of_classifier([1, 1], [1, 1], [0, 1], CHANCES[:2])
    assert "log_loss" not in scoring.of_classifier([7, 1], [1, 1], [0, 1], CHANCES[:2])
    assert scoring.of_classifier([7, 1, 0], [1, 1, 0], [0, 1], CHANCES[:3])["accuracy_score"] == 2 / 3


def test_a_regressor_is_measured_as_mlflow_does() -> None:
    found = scoring.of_regressor([1.0, 2.0, 4.0], np.array([[1.0], [2.0], [2.0]]), complete=True)
    assert found == pytest.approx(
        {
            "root_mean_squared_error": (4 / 3) ** 0.5,
            "mean_absolute_error": 2 / 3,
            "r2_score": 1 - 4 / (14 / 3),
            "example_count": 3,
            "mean_squared_error": 4 / 3,
            "sum_on_target": 7,
            "mean_on_target": 7 / 3,
            "max_error": 2,
            "mean_absolute_percentage_error": 0.5 / 3,
        }
    )
    assert "r2_score" not in scoring.of_regressor([1.0], [1.0])
    with pytest.raises(Invalid, match="answers with numbers"):
        scoring.of_regressor([1.0], ["x"])


def test_what_a_model_does_is_told_by_itself_or_by_the_truth() -> None:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    numbers, words = pd.Series([1.0]), pd.Series(["a"])
    assert scoring.task_of(LogisticRegression().fit([[0], [1]], [0, 1]), numbers) == scoring.CLASSIFIER
    assert scoring.task_of(LinearRegression(), words) == scoring.REGRESSOR
    assert (scoring.task_of(None, numbers), scoring.task_of(None, words)) == (scoring.REGRESSOR, scoring.CLASSIFIER)
