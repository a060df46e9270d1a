"""Files that lie: what a skops file says about trees, neighbours, machines and codes is checked before it is used."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse
from sklearn import (
    cluster,
    ensemble,
    feature_extraction,
    linear_model,
    neighbors,
    pipeline,
    preprocessing,
    svm,
    tree,
)

from gitmodels.errors import InvalidModel, NotSupported, Untrusted
from gitmodels.flavors import skops
from gitmodels.flavors.skops.container import pack, unpack

X = np.random.RandomState(0).rand(60, 4)
CLASSES = np.arange(60) % 3
TEXTS = ["red fish", "blue fish"] * 5


def unproven(model):
    """The file of a model as a liar would write it: not read back."""
    return pack(skops._written(model, False))


def edited(model, edit):
    """The file with a changed schema."""
    members = {name: bytes(data) for name, data in unpack(skops.dumps(model)).items()}
    schema = json.loads(members["schema.json"])
    edit(schema)
    return pack({**members, "schema.json": json.dumps(schema).encode()})


def forest():
    return ensemble.RandomForestClassifier(3, random_state=0).fit(X, CLASSES)


def boosting():
    return ensemble.GradientBoostingClassifier(n_estimators=2, random_state=0).fit(X, CLASSES)


def histogram(**options):
    return ensemble.HistGradientBoostingClassifier(max_iter=2, random_state=0, **options).fit(X.round(), CLASSES)


def isolation():
    return ensemble.IsolationForest(n_estimators=2, max_features=2, random_state=0).fit(X)


def machine(**options):
    return svm.SVC(**options).fit(X, CLASSES)


def neighbours(**options):
    return neighbors.KNeighborsClassifier(**options).fit(X, CLASSES)


def codes():
    return preprocessing.OneHotEncoder().fit(CLASSES.reshape(-1, 1))


def put(name, value):
    """An edit of the model: one attribute has another value."""
    return lambda model: setattr(model, name, value)


def node(field, value, place=0):
    return lambda model: model.estimators_[1].tree_.__getstate__()["nodes"][field].__setitem__(place, value)


def record(field, value, place=0):
    return lambda model: model._predictors[0][0].nodes[field].__setitem__(place, value)


def _short_tree(model):
    model.estimators_[1] = tree.DecisionTreeClassifier(random_state=0).fit(X[:, :2], CLASSES)


def _other_tree(model):
    model.estimators_[0, 0] = tree.DecisionTreeRegressor().fit(X[:, :2], CLASSES)


def _no_tree(model):
    model.estimators_[0, 0].tree_ = None


def _deeper(model):
    model.estimators_[1].tree_.__setstate__({**model.estimators_[1].tree_.__getstate__(), "max_depth": 1})


LIES = {
    "child behind the end": (forest, node("left_child", 10_000)),
    "child before its parent": (forest, node("right_child", 0)),
    "child twice": (forest, lambda m: node("right_child", m.estimators_[1].tree_.children_left[0])(m)),
    "negative child": (forest, node("left_child", -7)),
    "leaf on one side": (forest, node("left_child", -1)),
    "feature beyond": (forest, node("feature", 4)),
    "negative feature": (forest, node("feature", -1)),
    "less depth than there is": (forest, _deeper),
    "forest of another width": (forest, put("n_features_in_", 3)),
    "forest without a width": (forest, lambda m: delattr(m, "n_features_in_")),
    "a tree of another width": (forest, _short_tree),
    "trees that are no trees": (forest, put("estimators_", [linear_model.LogisticRegression()])),
    "trees in something else": (forest, put("estimators_", {"a": 1})),
    "stages of another width": (boosting, put("n_trees_per_iteration_", 1)),
    "a stage of another width": (boosting, _other_tree),
    "a stage without a tree": (boosting, _no_tree),
    "a guess of its own": (boosting, put("init_", linear_model.LogisticRegression())),
    "a guess too narrow": (boosting, lambda m: setattr(m.init_, "class_prior_", np.ones(1))),
    "a loss that is none": (boosting, put("_loss", {"link": 1})),
    "a link that is none": (boosting, lambda m: setattr(m._loss, "link", {})),
    "record child behind": (histogram, record("left", 60_000)),
    "record child before": (histogram, record("right", 0)),
    "record feature beyond": (histogram, record("feature_idx", 9)),
    "record negative feature": (histogram, record("feature_idx", -9)),
    "records gone": (histogram, lambda m: setattr(m._predictors[0][0], "nodes", m._predictors[0][0].nodes[:0])),
    "records that never end": (histogram, lambda m: m._predictors[0][0].nodes["is_leaf"].fill(0)),
    "bins of another width": (histogram, lambda m: setattr(m._bin_mapper, "is_categorical_", np.zeros(2, np.uint8))),
    "columns nobody drew": (isolation, lambda m: m.estimators_features_.__setitem__(0, np.array([0]))),
    "more columns than drawn": (isolation, put("_max_features", 4)),
    "machine: short constants": (machine, put("_intercept_", np.zeros(1))),
    "machine: short weights": (machine, lambda m: setattr(m, "_dual_coef_", m._dual_coef_[:, :3])),
    "machine: fewer rows of weights": (machine, lambda m: setattr(m, "_dual_coef_", m._dual_coef_[:1])),
    "machine: other counts": (machine, put("_n_support", np.array([500, 1, 1], np.int32))),
    "machine: negative counts": (machine, put("_n_support", np.array([-1, 1, 1], np.int32))),
    "machine: one class": (machine, put("_n_support", np.array([60], np.int32))),
    "machine: other vectors": (machine, lambda m: setattr(m, "support_vectors_", m.support_vectors_[:, :1])),
    "machine: short slopes": (machine, put("_probA", np.zeros(1))),
    "machine: of another kind": (lambda: svm.SVR().fit(X, CLASSES), put("_impl", "c_svc")),
    "machine: every vector counted twice": (
        lambda: svm.SVC().fit(X, CLASSES > 1),
        lambda m: setattr(m, "_n_support", np.full(2, len(m.support_), np.int32)),
    ),
    "machine: strange kernel": (machine, put("kernel", np.add)),
    "neighbours: other width": (neighbours, put("n_features_in_", 9)),
    "neighbours: labels beyond": (lambda: neighbours(algorithm="brute"), put("_y", np.full(60, 99))),
    "neighbours: few labels": (lambda: neighbours(algorithm="brute"), put("_y", np.zeros(3, int))),
    "neighbours: miscounted": (neighbours, put("n_samples_fit_", 2)),
    "neighbours: no tree": (neighbours, put("_tree", {})),
    "centers of another width": (lambda: cluster.KMeans(2, n_init=1).fit(X), put("cluster_centers_", np.zeros((2, 1)))),
    "centers in a tree": (
        lambda: cluster.BisectingKMeans(2).fit(X),
        lambda m: setattr(m._bisecting_tree.left, "center", np.zeros(1)),
    ),
    "too many threads": (lambda: cluster.KMeans(2, n_init=1).fit(X), put("_n_threads", 10**9)),
    "codes beyond the columns": (codes, put("_n_features_outs", [1])),
    "codes without a feature": (codes, put("_n_features_outs", [])),
    "words beyond the columns": (
        lambda: feature_extraction.text.CountVectorizer().fit(TEXTS),
        put("vocabulary_", {"red": 10**6}),
    ),
    "names beyond the columns": (
        lambda: feature_extraction.DictVectorizer().fit([{"a": 1}]),
        put("vocabulary_", {"a": -5}),
    ),
    "no features to hash to": (lambda: feature_extraction.FeatureHasher(8), put("n_features", 0)),
    "labels beyond the columns": (
        lambda: preprocessing.MultiLabelBinarizer().fit([("a",)]),
        lambda m: setattr(m, "classes_", None) or setattr(m, "_cached_dict", {"a": 7}),
    ),
    "spline without knots": (
        lambda: preprocessing.SplineTransformer(degree=2).fit(X),
        lambda m: setattr(m.bsplines_[0], "k", 60),
    ),
    "merges of nothing": (
        lambda: cluster.HDBSCAN(copy=True).fit(X),
        lambda m: m._single_linkage_tree_["left_node"].__setitem__(0, 999_999),
    ),
    "a method replaced": (lambda: linear_model.LinearRegression().fit(X, CLASSES), put("predict", np.add)),
    "a private method replaced": (
        lambda: linear_model.LinearRegression().fit(X, CLASSES),
        put("_decision_function", 1),
    ),
}
HARMLESS = {"labels beyond the columns"}  # the cache is never written


@pytest.mark.parametrize("lie", sorted(set(LIES) - HARMLESS))
def test_a_lie_is_refused(lie):
    make, tell = LIES[lie]
    model = make()
    skops.loads(unproven(model))
    tell(model)
    with pytest.raises(InvalidModel):
        skops.loads(unproven(model))
    with pytest.raises(NotSupported):
        skops.dumps(model)


@pytest.mark.parametrize("kind", [neighbors.KDTree, neighbors.BallTree])
@pytest.mark.parametrize(
    ("place", "lie"),
    [
        (0, X[:5]),
        (0, X[:, :2].copy()),
        (1, np.arange(60) + 1),
        (1, np.arange(60) - 1),
        (3, np.zeros((1, 1, 1))),
        (4, 0),
        (5, 30),
        (6, 500),
        (11, None),
        (12, np.ones(3)),
    ],
)
def test_a_neighbours_tree_that_lies_is_refused(kind, place, lie, monkeypatch):
    from gitmodels.flavors.skops import writer

    made = kind(X, leaf_size=10)
    state = list(made.__getstate__())
    state[place] = lie
    monkeypatch.setattr(writer, "attributes_of", lambda value, **_: _told(value, made, state))
    data = unproven(made)
    monkeypatch.undo()
    with pytest.raises(InvalidModel):
        skops.loads(data)


def _told(value, made, state):
    return tuple(state) if value is made else value.__getstate__()


def test_neighbours_nodes_out_of_range_are_refused():
    made = neighbors.KDTree(X, leaf_size=10)
    good = unproven(made)
    members = {name: bytes(data) for name, data in unpack(good).items()}
    name = next(name for name, data in members.items() if b"idx_end" in data)
    from gitmodels.flavors.skops.arrays import from_npy, to_npy

    for field, value in (("idx_end", 61), ("idx_start", -1), ("idx_start", 61), ("is_leaf", 0)):
        nodes = from_npy(memoryview(members[name]))
        nodes[field][-1] = value
        with pytest.raises(InvalidModel):
            skops.loads(pack({**members, name: to_npy(nodes)}))


def test_a_sparse_machine_with_short_weights_is_refused():
    model = svm.SVC().fit(sparse.csr_matrix(X), CLASSES)
    model._dual_coef_ = sparse.csr_matrix(np.zeros((2, 3)))
    with pytest.raises(InvalidModel):
        skops.loads(unproven(model))


def _nodes(schema):
    found = [schema]
    for item in found:
        children = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        found.extend(children)
    return [item for item in found if isinstance(item, dict) and "__loader__" in item]


def _rename(loader, module, name):
    def edit(schema):
        node = next(node for node in _nodes(schema) if node["__loader__"] == loader)
        node.update(__module__=module, __class__=name)

    return edit


@pytest.mark.parametrize(
    ("loader", "module", "name"),
    [
        ("ObjectNode", "os", "system"),
        ("ObjectNode", "sklearn.tree._tree", "Tree"),
        ("ObjectNode", "builtins", "type"),
        ("FunctionNode", "builtins", "eval"),
        ("FunctionNode", "numpy", "load"),
        ("FunctionNode", "sklearn.linear_model", "LinearRegression"),
        ("TypeNode", "builtins", "eval"),
        ("TypeNode", "subprocess", "Popen"),
        ("DictNode", "sklearn.linear_model._base", "LinearRegression"),
        ("NdArrayNode", "numpy", "load"),
        ("TupleNode", "os", "stat_result"),
    ],
)
def test_a_name_that_is_not_on_the_list_is_refused_before_anything_is_imported(loader, module, name, monkeypatch):
    model = pipeline.make_pipeline(preprocessing.FunctionTransformer(np.log1p), linear_model.Ridge()).fit(X, CLASSES)
    model.steps[1][1].note_ = X.dtype.type
    data = edited(model, _rename(loader, module, name))
    monkeypatch.setattr("importlib.import_module", lambda *_: pytest.fail("something was imported"))
    with pytest.raises(Untrusted, match="allow-list"):
        skops.loads(data)
    with pytest.raises(Untrusted):
        skops.type_names(data)


@pytest.mark.parametrize(
    "loader", ["MethodNode", "ReduceNode", "_DictWithDeprecatedKeysNode", "QuantileForestNode", "NoSuchNode"]
)
def test_loaders_that_are_not_read_are_refused(loader):
    def edit(schema):
        schema["__loader__"] = loader

    with pytest.raises(Untrusted, match="never read"):
        skops.loads(edited(linear_model.Ridge(), edit))


def _leaf(content):
    return {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": content}


def _list_of(*items, **extra):
    return {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": list(items), **extra}


def _deep(depth):
    schema = _leaf("1")
    for _ in range(depth):
        schema = _list_of(schema)
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        [],
        {},
        _list_of(),
        {**_list_of(), "protocol": 99},
        {**_list_of(), "protocol": True},
        {**_list_of({"__id__": 5}), "protocol": 2},
        {**_list_of({"__id__": 5, "__loader__": "CachedNode"}), "protocol": 2},
        {**_list_of({"__id__": 1}, __id__=1), "protocol": 2},
        {**_list_of("text"), "protocol": 2},
        {**_list_of(_leaf("[1]")), "protocol": 2},
        {**_list_of(_leaf("nonsense")), "protocol": 2},
        {**_list_of(_leaf(None)), "protocol": 2},
        {**_deep(300), "protocol": 2},
        {**_leaf("9" * 5000), "protocol": 2},
        {
            "__class__": "ndarray",
            "__module__": "numpy",
            "__loader__": "NdArrayNode",
            "type": "numpy",
            "file": "../x",
            "protocol": 2,
        },
        {
            "__class__": "bytes",
            "__module__": "builtins",
            "__loader__": "BytesNode",
            "file": "schema.json",
            "protocol": 2,
        },
    ],
)
def test_a_broken_schema_is_refused(schema):
    with pytest.raises(InvalidModel):
        skops.loads(pack({"schema.json": json.dumps(schema).encode()}))


def test_json_nested_beyond_reason_does_not_crash():
    for text in (b"[" * 2_000_000, b'{"a":' * 500_000, b"\xff\xfe", b""):
        with pytest.raises(InvalidModel):
            skops.loads(pack({"schema.json": text}))


def test_a_file_cannot_hide_a_second_pickle_loader():
    with pytest.raises(InvalidModel):
        skops.loads(b"\x80\x04\x95")


def test_reading_imports_neither_skops_nor_pickle_modules_of_the_file():
    code = (
        "import sys; from gitmodels.flavors import skops; "
        "skops.loads(skops.dumps({'a': [1]})); assert 'skops' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
