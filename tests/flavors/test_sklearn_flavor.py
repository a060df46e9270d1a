"""The sklearn flavor: formats, MLflow's keys, forced formats, and that the bytes must be of the declared one."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn import compose, linear_model, model_selection, pipeline, preprocessing, svm, tree
from sklearn.base import BaseEstimator

from gitmodels.errors import FileMissing, Invalid, InvalidModel, NotSupported, Untrusted
from gitmodels.flavors import sklearn as flavor
from gitmodels.flavors import skops

X = np.random.RandomState(0).rand(30, 3)
CLASSES = np.arange(30) % 2
GOLDEN = Path(__file__).parent.parent / "formats" / "v1" / "skops" / "tree.skops"


class Own(BaseEstimator):
    def fit(self, X, y=None):
        return self

    def predict(self, X):
        return np.zeros(len(X))


def fitted():
    return tree.DecisionTreeClassifier(random_state=0).fit(X, CLASSES)


def with_lambda(last=None):
    steps = preprocessing.FunctionTransformer(lambda x: x * 2), last or linear_model.LogisticRegression()
    return pipeline.make_pipeline(*steps).fit(X, CLASSES)


def test_the_default_is_skops_and_says_what_mlflow_needs(tmp_path):
    saved = flavor.save(fitted(), tmp_path, {})
    assert saved.code_execution == "none"
    assert saved.config["serialization_format"] == "skops"
    assert saved.config["pickled_model"] == "model.skops"
    assert saved.config["sklearn_version"]
    assert "sklearn.tree._tree.Tree" in saved.config["skops_trusted_types"]
    assert saved.pyfunc == {"loader_module": "mlflow.sklearn", "model_path": "model.skops", "predict_fn": "predict"}
    assert [path.name for path in tmp_path.iterdir()] == ["model.skops"]
    assert flavor.code_execution(tmp_path, saved.config) == "none"
    back = flavor.load(tmp_path, saved.config)
    assert (flavor.predict(back, X, {}) == fitted().predict(X)).all()


def test_stock_skops_loads_it_with_the_types_of_the_config(tmp_path):
    from skops import io

    saved = flavor.save(fitted(), tmp_path, {})
    back = io.load(tmp_path / "model.skops", trusted=saved.config["skops_trusted_types"])
    assert (back.predict(X) == fitted().predict(X)).all()


@pytest.mark.parametrize("make", [with_lambda, lambda: with_lambda(svm.SVC()), lambda: Own().fit(X)])
def test_what_skops_cannot_hold_is_cloudpickled_with_a_warning(make, tmp_path):
    model = make()
    with pytest.warns(UserWarning, match="cloudpickled, so loading it runs code"):
        saved = flavor.save(model, tmp_path, {})
    assert saved.code_execution == "pickle"
    assert saved.config["serialization_format"] == "cloudpickle"
    assert saved.config["pickled_model"] == "model.pkl"
    assert "skops_trusted_types" not in saved.config
    assert flavor.code_execution(tmp_path, saved.config) == "pickle"
    assert (flavor.load(tmp_path, saved.config).predict(X) == model.predict(X)).all()


def test_a_forced_skops_names_what_it_cannot_hold(tmp_path):
    with pytest.raises(NotSupported, match="lambda") as caught:
        flavor.save(with_lambda(), tmp_path, {"serialization_format": "skops"})
    assert "cloudpickled" in caught.value.hint
    with pytest.raises(NotSupported, match="Own"):
        flavor.save(Own(), tmp_path, {"serialization_format": "skops"})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kept", ["pickle", "cloudpickle"])
def test_a_forced_pickle_is_one(kept, tmp_path):
    saved = flavor.save(fitted(), tmp_path, {"serialization_format": kept})
    assert (saved.config["serialization_format"], saved.code_execution) == (kept, "pickle")
    assert (pickle.loads((tmp_path / "model.pkl").read_bytes()).predict(X) == fitted().predict(X)).all()
    assert (flavor.load(tmp_path, saved.config).predict(X) == fitted().predict(X)).all()


@pytest.mark.parametrize("options", [{"serialization_format": "joblib"}, {"no_such": 1}])
def test_unknown_options_are_refused(options, tmp_path):
    with pytest.raises(Invalid, match="does not take"):
        flavor.save(fitted(), tmp_path, options)


def test_another_method_can_be_the_prediction_and_a_transformer_has_none(tmp_path, caplog):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    saved = flavor.save(fitted(), tmp_path / "a", {"pyfunc_predict_fn": "predict_proba"})
    assert saved.pyfunc["predict_fn"] == "predict_proba"
    assert flavor.save(preprocessing.StandardScaler().fit(X), tmp_path / "b", {}).pyfunc == {}
    assert "no method predict" in caplog.text


def test_params_are_keywords_of_predict():
    from sklearn.gaussian_process import GaussianProcessRegressor

    model = GaussianProcessRegressor(optimizer=None).fit(X, CLASSES)
    assert len(flavor.predict(model, X, {"return_std": True})) == 2


@pytest.mark.parametrize(
    ("declared", "data"),
    [
        ("skops", pickle.dumps([1])),
        ("skops", b""),
        ("pickle", skops.dumps([1])),
        ("cloudpickle", skops.dumps([1])),
        ("joblib", pickle.dumps([1])),
        ("pickle", b"cos\nsystem\n(S'true'\ntR."),
        (None, pickle.dumps([1])),
    ],
)
def test_bytes_of_another_format_are_refused(declared, data, tmp_path):
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(InvalidModel):
        flavor.load(tmp_path, {"pickled_model": "m", "serialization_format": declared})


def test_a_pickle_called_skops_is_labelled_a_pickle_and_never_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    (tmp_path / "model.skops").write_bytes(pickle.dumps(Bomb()))
    config = {"pickled_model": "model.skops", "serialization_format": "skops"}
    assert flavor.code_execution(tmp_path, config) == "pickle"
    with pytest.raises(InvalidModel):
        flavor.load(tmp_path, config)


def test_a_skops_file_of_unlisted_types_is_not_labelled_harmless(tmp_path):
    from skops import io

    io.dump(Own(), tmp_path / "model.skops")
    config = {
        "pickled_model": "model.skops",
        "serialization_format": "skops",
        "skops_trusted_types": [f"{__name__}.Own"],
    }
    assert flavor.code_execution(tmp_path, config) == "python-code"
    with pytest.raises(Untrusted, match="Own"):
        flavor.load(tmp_path, config)


@pytest.mark.parametrize("path", ["../model.skops", "/etc/passwd", None, 3, ""])
def test_a_path_that_leaves_the_directory_is_refused(path, tmp_path):
    with pytest.raises((InvalidModel, FileMissing)):
        flavor.load(tmp_path, {"pickled_model": path, "serialization_format": "skops"})


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_what_stock_skops_wrote_loads_and_is_rewritten_canonically(method, tmp_path):
    from skops import io

    columns = compose.ColumnTransformer([("n", preprocessing.FunctionTransformer(np.log1p), [0, 1])])
    for model in (fitted(), pipeline.make_pipeline(columns, svm.SVC()).fit(X, CLASSES)):
        back = skops.loads(io.dumps(model, compression=method))
        assert (back.predict(X) == model.predict(X)).all()
        assert skops.dumps(back) == skops.dumps(model)


def test_a_search_is_canonical_only_without_its_times():
    def search():
        return model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [1.0, 2.0]}, cv=2).fit(X, CLASSES)

    one, two = search(), search()
    assert skops.dumps(one, zero_times=True) == skops.dumps(two, zero_times=True)
    back = skops.loads(skops.dumps(one))
    assert (back.cv_results_["mean_fit_time"] == one.cv_results_["mean_fit_time"]).all()
    assert back.cv_results_["params"] == one.cv_results_["params"]


def test_asking_a_model_does_not_change_its_bytes():
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(algorithm="kd_tree").fit(X, CLASSES)
    before = skops.dumps(model)
    model.predict(X)
    assert skops.dumps(model) == before


def test_shared_objects_stay_shared_and_equal_numbers_are_no_sharing():
    array = np.arange(3)
    one = skops.loads(skops.dumps([array, array, array.copy()]))
    assert one[0] is one[1]
    assert one[0] is not one[2]
    state = np.random.RandomState(3)
    two = skops.loads(skops.dumps({"a": state, "b": [state]}))
    assert two["a"] is two["b"][0]


def test_what_holds_itself_is_refused():
    ring = []
    ring.append(ring)
    with pytest.raises(NotSupported, match="itself"):
        skops.dumps(ring)


def test_the_golden_file_is_written_the_same_and_still_read():
    model = tree.DecisionTreeClassifier(max_depth=2, random_state=0)
    model.fit(np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]), [0, 0, 1, 1])
    golden = GOLDEN.read_bytes()
    with zipfile.ZipFile(GOLDEN) as archive:
        same_version = f'"{__import__("sklearn").__version__}\\\\"'.encode() in archive.read("schema.json")
    if same_version:
        assert skops.dumps(model) == golden
        assert skops.loads(golden).predict([[0.0, 0.0], [3.0, 0.0]]).tolist() == [0, 1]
    assert skops.type_names(golden) >= {"sklearn.tree._tree.Tree"}
    # Independent of the installed scikit-learn: plain values.
    assert (
        skops.dumps(skops.loads((GOLDEN.parent / "values.skops").read_bytes()))
        == (GOLDEN.parent / "values.skops").read_bytes()
    )
