"""The records of decision trees, looked at before compiled code walks them without looking.

It knows node arrays: of ``sklearn.tree._tree.Tree`` and of histogram boosting. All trees of a model are checked in one
pass over their joined arrays: every child comes after its parent and inside its tree, every node but the root has one
parent, features and depth are what the tree says. A walk from the root then ends, and ends at a leaf.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitmodels.errors import InvalidModel

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

LEAF = -1
FIELDS = ("left_child", "right_child", "feature")
RECORDS = ("left", "right", "feature_idx", "is_leaf", "is_categorical", "bitset_idx")


@dataclass(slots=True)
class TreeRecords:
    """One tree: its nodes, the number of features it may ask for, the greatest depth it may claim."""

    nodes: "Array"
    features: int
    depth: int


def tree_state(arguments: tuple[Any, ...], state: dict[str, Any]) -> TreeRecords:
    """What ``Tree(*arguments).__setstate__(state)`` would take unseen, checked but for the nodes themselves."""
    import numpy as np

    features, classes, outputs = arguments
    nodes, values = state["nodes"], state["values"]
    count, depth = state["node_count"], state["max_depth"]
    if not all(type(number) is int for number in (features, outputs, count, depth)):
        raise InvalidModel("a tree in a skops file is not described by whole numbers")
    if not all(isinstance(array, np.ndarray) for array in (classes, nodes, values)):
        raise InvalidModel("a tree in a skops file is not made of arrays")
    if classes.dtype.kind not in "iu" or classes.shape != (outputs,) or not outputs or classes.min() < 1:
        raise InvalidModel("a tree in a skops file has impossible classes")
    if nodes.ndim != 1 or not 1 <= count == len(nodes) or not set(FIELDS) <= set(nodes.dtype.names or ()):
        raise InvalidModel("a tree in a skops file has other nodes than it counts")
    if (
        values.dtype != np.float64
        or values.shape != (count, outputs, int(classes.max()))
        or not values.flags.c_contiguous
    ):
        raise InvalidModel("a tree in a skops file has values of another shape than its nodes")
    return TreeRecords(nodes, features, depth)


def check_trees(trees: list[TreeRecords]) -> None:
    """Raises InvalidModel unless every tree is a tree that asks for existing features only."""
    import numpy as np

    if not trees:
        return
    left, right, feature = (np.concatenate([tree.nodes[field] for tree in trees]).astype(np.int64) for field in FIELDS)
    counts = np.array([len(tree.nodes) for tree in trees])
    inner = left != LEAF
    _require(bool((inner == (right != LEAF)).all()), "a node with one child")
    limits = np.repeat([tree.features for tree in trees], counts)[inner]
    _require(
        bool(((feature[inner] >= 0) & (feature[inner] < limits)).all()), "a split on a feature that does not exist"
    )
    depths = _depths(left, right, inner, counts)
    _require(bool((depths <= [tree.depth for tree in trees]).all()), "more levels than it says")


def check_records(predictors: list[Any], features: int) -> None:
    """The same for predictors of histogram boosting, whose leaves and categories are marked by flags."""
    import numpy as np

    nodes = [_records(predictor) for predictor in predictors]
    if not nodes:
        return
    left, right, feature, leaf, categorical, bitset = (
        np.concatenate([array[field] for array in nodes]).astype(np.int64) for field in RECORDS
    )
    counts = np.array([len(array) for array in nodes])
    inner = leaf == 0
    _require(
        bool(((feature[inner] >= 0) & (feature[inner] < features)).all()), "a split on a feature that does not exist"
    )
    sets = np.repeat([len(predictor.raw_left_cat_bitsets) for predictor in predictors], counts)
    chosen = inner & (categorical != 0)
    _require(bool(((bitset[chosen] >= 0) & (bitset[chosen] < sets[chosen])).all()), "categories that do not exist")
    _depths(left, right, inner, counts)


def _records(predictor: Any) -> "Array":
    import numpy as np

    nodes, raw = predictor.nodes, predictor.raw_left_cat_bitsets
    binned = predictor.binned_left_cat_bitsets
    _require(isinstance(nodes, np.ndarray) and nodes.ndim == 1 and len(nodes) > 0, "no nodes")
    _require(set(RECORDS) <= set(nodes.dtype.names or ()), "nodes of an unknown form")
    for sets in (raw, binned):
        good = isinstance(sets, np.ndarray) and sets.dtype == np.uint32 and sets.ndim == 2 and sets.shape[1] == 8
        _require(good and len(sets) == len(raw), "categories of an unknown form")
    return nodes  # type: ignore[no-any-return]


def _depths(left: "Array", right: "Array", inner: "Array", counts: "Array") -> "Array":
    """The depth of each tree, once the children are known to form trees."""
    import numpy as np

    ends = np.cumsum(counts)
    starts = ends - counts
    start, end = np.repeat(starts, counts)[inner], np.repeat(ends, counts)[inner]
    own = np.flatnonzero(inner)
    children = np.concatenate([left[inner] + start, right[inner] + start])
    parents = np.concatenate([own, own])
    _require(bool(((children > parents) & (children < np.concatenate([end, end]))).all()), "a child outside of it")
    roots = np.zeros(len(left), bool)
    roots[starts] = True
    _require(bool((np.bincount(children, minlength=len(left)) == ~roots).all()), "a node without exactly one parent")
    above = np.arange(len(left))
    above[children] = parents
    depth = (~roots).astype(np.int64)
    # Each round doubles how far every node looks up, so a tree of a million levels takes twenty.
    while not roots[above].all():
        depth += depth[above]
        above = above[above]
    return np.maximum.reduceat(depth, starts)


def _require(fine: bool, what: str) -> None:
    if not fine:
        raise InvalidModel(f"a tree in a skops file has {what}")
