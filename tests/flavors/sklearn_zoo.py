"""Small fitted models: every estimator that scikit-learn ships, and combinations that people build.

Loaded by the tests, and run as a script (``python sklearn_zoo.py CHUNK CHUNKS``) to print each model's digest in a
process with another hash seed, which fits them in reverse order with other objects alive.
"""

import hashlib
import sys
import warnings

import numpy as np

CHUNKS = 6
SEEDED = np.random.RandomState(0)
X = SEEDED.rand(40, 5)
CLASSES = np.arange(40) % 3
NUMBERS = X @ np.arange(5) + SEEDED.rand(40)
PICTURES = SEEDED.rand(4, 6, 6)
TEXTS = ["red fish", "blue fish swims", "one red bird", "two birds sing"] * 10
DICTS = [{"a": 1, "b": 2.5}, {"a": "x"}, {"c": 3.0}, {"b": 1.0}] * 10
# Kept apart: cyclic lists of nodes, which skops refuses too.
NOT_HELD = ("Birch-0",)


def searching():
    from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401


def shipped():
    """``name -> (estimator, training data, data to ask with)`` for every estimator, unfitted."""
    from sklearn.utils import all_estimators
    from sklearn.utils._test_common.instance_generator import _construct_instances
    from sklearn.utils._testing import set_random_state

    searching()
    found = {}
    for name, cls in all_estimators():
        for number, estimator in enumerate(_instances(cls, _construct_instances)):
            set_random_state(estimator)
            found[f"{name}-{number}"] = (estimator, *_data(name, estimator))
    return found


def _instances(cls, construct):
    from sklearn.decomposition import SparseCoder
    from sklearn.frozen import FrozenEstimator
    from sklearn.linear_model import LogisticRegression
    from sklearn.manifold import TSNE

    if cls is FrozenEstimator:
        return [FrozenEstimator(LogisticRegression().fit(X, CLASSES))]
    if cls is SparseCoder:
        return [SparseCoder(X[:8])]
    if cls is TSNE:
        return [TSNE(max_iter=250, perplexity=5)]
    return construct(cls)


def _data(name, estimator):
    from sklearn.base import is_regressor
    from sklearn.utils import get_tags

    tags = get_tags(estimator)
    y = NUMBERS if is_regressor(estimator) or estimator.__class__.__name__ == "RegressorChain" else CLASSES
    if tags.target_tags.multi_output and not tags.target_tags.single_output:
        y = np.c_[y, y[::-1]]
    if name in ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer"):
        return (TEXTS,), TEXTS[:4]
    if name in ("DictVectorizer", "FeatureHasher"):
        return (DICTS,), DICTS[:4]
    if name in ("LabelEncoder", "LabelBinarizer"):
        return (CLASSES,), CLASSES[:4]
    if name == "MultiLabelBinarizer":
        return ([("a", "b"), ("c",), ()],), [("a",), ("c", "b")]
    if "Threshold" in name and "Variance" not in name:
        return (X, CLASSES > 1), X
    if name == "PatchExtractor":
        return (PICTURES,), PICTURES[:2]
    if name == "IsotonicRegression":
        return (X[:, 0], NUMBERS), X[:7, 0]
    if name in ("KernelCenterer",) or getattr(tags.input_tags, "pairwise", False):
        return (X @ X.T + 5, y), X @ X.T + 5
    return (X, y), X[:7]


def built():
    """``name -> (model, training data, data to ask with)`` for what people put together, unfitted."""
    from functools import partial

    from sklearn import (
        calibration,
        compose,
        ensemble,
        feature_selection,
        gaussian_process,
        impute,
        linear_model,
        metrics,
        model_selection,
        neighbors,
        pipeline,
        preprocessing,
        svm,
        tree,
    )
    from sklearn.gaussian_process import kernels

    searching()
    logistic = linear_model.LogisticRegression()
    kernel = 2.0 * kernels.RBF(0.5) + kernels.WhiteKernel() + kernels.Matern() * kernels.RationalQuadratic()
    mixed = np.array([["a", 1.0, None], ["b", 2.0, "x"], ["a", np.nan, "y"], [None, 3.0, "x"]] * 10, dtype=object)
    columns = compose.ColumnTransformer(
        [
            ("codes", preprocessing.OneHotEncoder(handle_unknown="ignore"), [0, 2]),
            ("numbers", impute.SimpleImputer(), [1]),
        ]
    )
    coded = np.c_[X[:, :3], CLASSES, CLASSES[::-1]]
    classified, measured = (X, CLASSES), (X, NUMBERS)

    def machine():
        return pipeline.Pipeline([("scale", preprocessing.StandardScaler()), ("svc", svm.SVC())])

    histogram = partial(ensemble.HistGradientBoostingClassifier, max_iter=5, random_state=0)
    forest = partial(ensemble.RandomForestClassifier, 7, random_state=0)
    from scipy import sparse

    return {
        "forest": (forest(), classified, X),
        "forest-two-outputs": (forest(), (X, np.c_[CLASSES, CLASSES[::-1]]), X),
        "boosting-three-classes": (ensemble.GradientBoostingClassifier(n_estimators=4, random_state=0), classified, X),
        "boosting-zero": (ensemble.GradientBoostingRegressor(n_estimators=4, init="zero", random_state=0), measured, X),
        "boosting-two-classes": (
            ensemble.GradientBoostingClassifier(n_estimators=4, random_state=0),
            (X, CLASSES > 1),
            X,
        ),
        "histogram-categories": (histogram(categorical_features=[3, 4]), (coded, CLASSES), coded),
        "histogram-plain": (histogram(), classified, X),
        "isolation-columns": (ensemble.IsolationForest(n_estimators=5, max_features=3, random_state=0), (X,), X),
        "bagged-trees": (ensemble.BaggingRegressor(tree.DecisionTreeRegressor(), 4, random_state=0), measured, X),
        "adaboost": (ensemble.AdaBoostClassifier(n_estimators=4, random_state=0), classified, X),
        "voting": (ensemble.VotingClassifier([("l", logistic), ("f", forest())], voting="soft"), classified, X),
        "stacking": (
            ensemble.StackingRegressor(
                [("r", linear_model.Ridge()), ("t", tree.DecisionTreeRegressor(random_state=0))]
            ),
            measured,
            X,
        ),
        "isotonic": (calibration.CalibratedClassifierCV(svm.LinearSVC(), method="isotonic", cv=2), (X, CLASSES > 1), X),
        "temperature": (calibration.CalibratedClassifierCV(logistic, method="temperature", cv=2), classified, X),
        "columns": (pipeline.make_pipeline(columns, linear_model.Ridge()), (mixed, NUMBERS), mixed[:5]),
        "union": (
            pipeline.FeatureUnion([("s", preprocessing.StandardScaler()), ("k", feature_selection.SelectKBest(k=2))]),
            classified,
            X,
        ),
        "selector": (
            compose.ColumnTransformer([("n", "passthrough", compose.make_column_selector(dtype_include=float))]),
            (_frame(),),
            _frame(),
        ),
        "pandas-output": (
            preprocessing.StandardScaler().set_output(transform="pandas"),
            (_frame()[["n"]],),
            _frame()[["n"]],
        ),
        "log-target": (
            compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1),
            measured,
            X,
        ),
        "ufunc": (
            pipeline.make_pipeline(preprocessing.FunctionTransformer(np.log1p), linear_model.Ridge()),
            measured,
            X,
        ),
        "expit": (preprocessing.FunctionTransformer(_special().expit), (X,), X),
        "clipped": (preprocessing.FunctionTransformer(partial(np.clip, a_min=0.2, a_max=0.8)), (X,), X),
        "normalised": (preprocessing.FunctionTransformer(preprocessing.normalize, kw_args={"norm": "l1"}), (X,), X),
        "process": (gaussian_process.GaussianProcessRegressor(kernel, random_state=0), measured, X),
        "process-classes": (
            gaussian_process.GaussianProcessClassifier(kernels.RBF() ** 2, random_state=0),
            classified,
            X,
        ),
        "svc": (machine(), classified, X),
        "svc-sparse": (svm.SVC(), (sparse.csr_matrix(X), CLASSES), sparse.csr_matrix(X)),
        "svc-kernel": (svm.SVC(kernel=metrics.pairwise.chi2_kernel), classified, X),
        "svr-poly": (svm.SVR(kernel="poly", degree=2), measured, X),
        "one-class": (svm.OneClassSVM(), (X,), X),
        "ball": (neighbors.KNeighborsClassifier(algorithm="ball_tree", metric="manhattan"), classified, X),
        "kd-minkowski": (neighbors.KNeighborsRegressor(algorithm="kd_tree", metric="minkowski", p=3), measured, X),
        "mahalanobis": (
            neighbors.KNeighborsClassifier(
                algorithm="ball_tree", metric="mahalanobis", metric_params={"VI": np.eye(5)}
            ),
            classified,
            X,
        ),
        "brute": (neighbors.KNeighborsClassifier(algorithm="brute"), classified, X),
        "brute-sparse": (neighbors.NearestNeighbors(algorithm="brute"), (sparse.csr_array(X),), X),
        "ball-single": (
            neighbors.KNeighborsClassifier(algorithm="ball_tree"),
            (X.astype(np.float32), CLASSES),
            X.astype(np.float32),
        ),
        "density": (neighbors.KernelDensity(), (X,), X),
        "stop-words": (
            pipeline.make_pipeline(
                _text().TfidfVectorizer(stop_words=["one", "two"]), linear_model.SGDClassifier(random_state=0)
            ),
            (TEXTS, CLASSES),
            TEXTS,
        ),
        "counts": (_text().CountVectorizer(dtype=np.int32, ngram_range=(1, 2)), (TEXTS,), TEXTS),
        "infrequent": (
            preprocessing.OneHotEncoder(min_frequency=5, handle_unknown="infrequent_if_exist", drop="first"),
            (coded[:, 3:],),
            coded[:, 3:],
        ),
        "bins": (preprocessing.KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"), (X,), X),
        "iterative": (impute.IterativeImputer(random_state=0, max_iter=2), (np.where(X > 0.9, np.nan, X),), X),
        "class-weight": (linear_model.LogisticRegression(class_weight={0: 1.0, 1: 2.0, 2: 0.5}), classified, X),
        "bool-weight": (linear_model.LogisticRegression(class_weight={False: 1.0, True: 2.0}), (X, CLASSES > 1), X),
        "random-state": (forest(random_state=np.random.RandomState(3)), classified, X),
        "grid": (
            model_selection.GridSearchCV(machine(), {"svc__C": [0.5, 1.0]}, cv=2, scoring="f1_macro"),
            classified,
            X,
        ),
        "multi-metric": (
            model_selection.GridSearchCV(
                logistic,
                [{"C": np.logspace(-1, 1, 2)}],
                cv=model_selection.StratifiedKFold(2),
                scoring=["accuracy", "f1_macro"],
                refit="accuracy",
            ),
            classified,
            X,
        ),
        "random": (
            model_selection.RandomizedSearchCV(
                linear_model.Ridge(), {"alpha": [0.1, 1.0, 2.0]}, n_iter=2, cv=2, random_state=0
            ),
            measured,
            X,
        ),
    }


def _special():
    import scipy.special

    return scipy.special


def _text():
    from sklearn.feature_extraction import text

    return text


def _frame():
    import pandas as pd

    return pd.DataFrame({"n": X[:, 0], "t": TEXTS})


def catalogue():
    """Everything, by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {**built(), **shipped()}


def fitted(entry):
    """The model, fitted."""
    model, training, _ = entry
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return model.fit(*training)
        except TypeError:
            return model.fit(training[0])


def answers(model, asked):
    """What every way of asking gives, as arrays; errors by type."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for method in ("predict", "predict_proba", "decision_function", "transform", "score_samples", "kneighbors"):
            if hasattr(model, method):
                try:
                    answer = getattr(model, method)(asked)
                except Exception as error:  # noqa: BLE001 - that both fail alike is an answer too
                    answer = type(error).__name__
                found[method] = answer
    return found


def same(left, right):
    """Whether two answers are equal to the bit."""
    if type(left) is not type(right):
        return False
    if hasattr(left, "toarray"):
        return same(left.toarray(), right.toarray())
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if hasattr(left, "equals"):
        return left.equals(right)
    return bool(np.array_equal(left, right, equal_nan=getattr(left, "dtype", np.dtype(object)).kind in "fc"))


def digest(model):
    """The digest of the canonical file; None for what is not held."""
    from gitmodels.errors import NotSupported
    from gitmodels.flavors import skops

    try:
        return hashlib.sha256(skops.dumps(model, zero_times=True)).hexdigest()
    except NotSupported:
        return None


def chunk(number, count):
    """Every ``count``-th name from ``number`` on."""
    return list(catalogue())[number::count]


if __name__ == "__main__":
    ballast = [object() for _ in range(9999)]
    entries = catalogue()
    for key in reversed(chunk(int(sys.argv[1]), int(sys.argv[2]))):
        print(key, digest(fitted(entries[key])))
