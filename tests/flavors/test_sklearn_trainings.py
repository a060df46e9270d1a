"""The facts of a scikit-learn training: which fits count, what they were given, what is measured of them."""

from typing import Any

import numpy
import pytest

pytest.importorskip("sklearn")

from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from gitmodels.flavors.trainings import sklearn as facts
from gitmodels.flavors.trainings.sklearn import Data
from gitmodels.flavors.trainings.stories import Call

X = numpy.arange(40.0).reshape(20, 2)
CLASSES = numpy.array([0, 1] * 10)


@pytest.mark.parametrize("kind", [Ridge, Pipeline, GridSearchCV, KMeans, RandomForestClassifier])
def test_fitting_an_estimator_is_a_training(kind: type) -> None:
    assert facts.learns(kind)


@pytest.mark.parametrize("kind", [StandardScaler, SelectKBest, ColumnTransformer, object, dict])
def test_preparing_data_is_none(kind: type) -> None:
    assert not facts.learns(kind)


@pytest.mark.parametrize(("args", "kwargs"), [((X, CLASSES), {}), ((X,), {"y": CLASSES}), ((), {"X": X, "y": CLASSES})])
def test_data_is_found_however_it_is_given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    found = facts.data_of(Call(Ridge().fit, args, kwargs))
    assert found.features is X
    assert found.labels is CLASSES
    assert found.weights is None


def test_sample_weights_are_found_by_their_name_and_by_their_place() -> None:
    weights = numpy.ones(20)
    assert facts.data_of(Call(Ridge().fit, (X, CLASSES, weights), {})).weights is weights
    assert facts.data_of(Call(SGDClassifier().fit, (X, CLASSES), {"sample_weight": weights})).weights is weights


def test_a_search_tells_its_own_params_and_a_pipeline_those_of_its_parts() -> None:
    search = GridSearchCV(Ridge(), {"alpha": [1, 2]})
    assert not any(name.startswith("estimator__") for name in facts.params(search))
    assert "ridge__alpha" in facts.params(Pipeline([("ridge", Ridge())]))
    assert facts.best_params(Ridge()) == {}
    assert facts.best_params(search.fit(X, CLASSES)) == {"best_alpha": search.best_params_["alpha"]}


def test_metrics_of_a_classifier_count_sample_weights() -> None:
    model = LogisticRegression().fit(X, CLASSES)
    weights = numpy.where(CLASSES == 1, 1.0, 0.0)
    found = facts.metrics(model, Data(X, CLASSES, weights))
    assert found["training_accuracy_score"] == pytest.approx(numpy.mean(model.predict(X[CLASSES == 1]) == 1))
    assert found["training_score"] == found["training_accuracy_score"]


def test_a_positive_label_asks_for_the_metrics_of_that_class() -> None:
    from sklearn.metrics import precision_score

    model = LogisticRegression().fit(X, CLASSES)
    found = facts.metrics(model, Data(X, CLASSES), positive=0)
    assert found["training_precision_score"] == precision_score(CLASSES, model.predict(X), pos_label=0)


def test_a_metric_that_cannot_be_computed_is_left_out_with_a_line(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(Ridge):
        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
            raise RuntimeError("no score today")

    found = facts.metrics(Odd().fit(X, CLASSES), Data(X, CLASSES))
    assert "training_score" not in found
    assert found["training_root_mean_squared_error"] == found["training_mean_squared_error"] ** 0.5
    assert "training_score is not logged: no score today" in caplog.text


def test_without_labels_nothing_is_measured() -> None:
    assert facts.metrics(KMeans(2, n_init=1).fit(X), Data(X)) == {}


def test_the_best_trials_come_first_and_ties_in_the_order_they_were_made() -> None:
    search = RandomizedSearchCV(Ridge(), {"alpha": [1.0, 10.0, 100.0]}, n_iter=3, random_state=0).fit(X, X[:, 0])
    found = list(facts.trials(search, 2))
    assert [trial.metrics["rank_test_score"] for trial in found] == [1.0, 2.0]
    assert found[0].params["alpha"] == search.best_params_["alpha"]
    assert found[0].params["solver"] == "auto"
    assert not any(name.startswith(("param", "split")) for name in found[0].metrics)
    assert len(list(facts.trials(search, None))) == 3


def test_plots_are_for_classifiers_and_curves_for_two_classes() -> None:
    pytest.importorskip("matplotlib")
    model = LogisticRegression().fit(X, CLASSES)
    found = dict(facts.plots(model, Data(X, CLASSES)))
    assert set(found) == {
        "training_confusion_matrix.png",
        "training_roc_curve.png",
        "training_precision_recall_curve.png",
    }
    assert [axes.get_title() for axes in found["training_roc_curve.png"].axes] == ["ROC curve"]
    three = CLASSES + (numpy.arange(20) > 15)
    several = LogisticRegression().fit(X, three)
    assert [name for name, _ in facts.plots(several, Data(X, three))] == ["training_confusion_matrix.png"]
    assert dict(facts.plots(Ridge().fit(X, CLASSES), Data(X, CLASSES))) == {}


def test_the_page_of_an_estimator_names_it() -> None:
    assert "LogisticRegression" in facts.page(LogisticRegression())
