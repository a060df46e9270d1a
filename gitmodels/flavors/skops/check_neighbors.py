"""Checks for neighbours trees, distances, and the estimators that search neighbours.

Compiled code walks a neighbours tree by position (children of ``i`` are ``2i + 1`` and ``2i + 2``) and reads rows of
the fitted data by the numbers in its index; distances read as many weights as the data has columns.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.flavors.skops.allowed import resolve
from gitmodels.flavors.skops.check_ensembles import features_of, require, whole

State = Mapping[str, Any]


def distance(name: str, state: tuple[Any, ...]) -> None:
    """A distance metric's ``(p, vec, mat)``."""
    import numpy as np

    require(len(state) == 3 and type(state[0]) is float, "a distance of another form")
    _, weights, matrix = state
    for array, dimensions in ((weights, 1), (matrix, 2)):
        fine = isinstance(array, np.ndarray) and array.dtype == np.float64 and array.ndim == dimensions
        require(fine and array.flags.c_contiguous, "a distance of another form")
    if name.startswith("Mahalanobis"):
        require(matrix.shape[0] == matrix.shape[1], "a distance whose matrix is not square")


def binary_tree(name: str, state: tuple[Any, ...]) -> None:
    """A k-d or ball tree's thirteen parts."""
    import numpy as np

    require(len(state) == 13, "a neighbours tree of another form")
    data, order, nodes, bounds, leaf, levels, count = state[:7]
    for array, dimensions in ((data, 2), (order, 1), (nodes, 1), (bounds, 3)):
        fine = isinstance(array, np.ndarray) and array.ndim == dimensions and array.flags.c_contiguous
        require(fine and array.size > 0, "a neighbours tree that is not made of arrays")
    require(data.dtype.kind == "f" and order.dtype == np.intp, "a neighbours tree of other numbers")
    require(
        all(whole(number) and 0 <= number < 1 << 31 for number in state[4:11]), "a neighbours tree of other numbers"
    )
    require(
        leaf >= 1 and 1 <= levels <= 40 and count == 2**levels - 1 == len(nodes), "a neighbours tree of another depth"
    )
    rows, columns = data.shape
    require(len(order) == rows and int(order.min()) >= 0 and int(order.max()) < rows, "neighbours outside of the data")
    corners = 2 if "KDTree" in name else 1
    require(
        bounds.shape == (corners, count, columns) and bounds.dtype == data.dtype, "a neighbours tree of another shape"
    )
    _nodes(nodes, rows, count)
    weights = state[12]
    if weights is not None:
        fine = isinstance(weights, np.ndarray) and weights.shape == (rows,) and weights.dtype.kind == "f"
        require(fine, "weights of another shape than the data")
    _fits(state[11], columns)


def _nodes(nodes: Any, rows: int, count: int) -> None:
    import numpy as np

    require({"idx_start", "idx_end", "is_leaf"} <= set(nodes.dtype.names or ()), "a neighbours tree of another form")
    start, end = nodes["idx_start"], nodes["idx_end"]
    require(bool(((start >= 0) & (start <= end) & (end <= rows)).all()), "neighbours outside of the data")
    require(bool((np.flatnonzero(nodes["is_leaf"] == 0) < count // 2).all()), "a neighbours tree without leaves")


def _fits(metric: Any, columns: int) -> None:
    """Whether a metric reads no further than a row of the data is long."""
    module = "sklearn.metrics._dist_metrics"
    bases = (resolve(module, "DistanceMetric32"), resolve(module, "DistanceMetric64"))
    require(isinstance(metric, bases), "a neighbours tree without a distance")
    name = type(metric).__name__
    _, weights, matrix = metric.__getstate__()
    if name.startswith("SEuclidean"):
        require(len(weights) == columns, "a distance for another number of columns")
    elif name.startswith("Minkowski"):
        require(len(weights) in (0, columns), "a distance for another number of columns")
    elif name.startswith("Mahalanobis"):
        require(matrix.shape == (columns, columns), "a distance for another number of columns")
    elif name.startswith("Haversine"):
        require(columns == 2, "a distance on the sphere for other than two columns")


def neighbors(state: State) -> None:
    """Estimators that compare new rows with fitted ones: as many columns, as many rows, labels that exist."""
    if "_fit_X" not in state:
        return
    import numpy as np
    from scipy import sparse

    fitted, columns = state["_fit_X"], features_of(state)
    require(isinstance(fitted, np.ndarray) or sparse.issparse(fitted), "neighbours without data")
    require(fitted.ndim == 2 and fitted.shape[1] == columns, "neighbours with other columns than they let in")
    require(whole(state.get("n_samples_fit_")) and state["n_samples_fit_"] == fitted.shape[0], "neighbours uncounted")
    found = state.get("_tree")
    if found is not None:
        trees = tuple(resolve(f"sklearn.neighbors._{module}", name) for module, name in _TREES)
        require(isinstance(found, trees), "neighbours in something that is no tree")
        require(np.asarray(found.data).shape == fitted.shape, "neighbours in a tree of other data")
    if "_y" in state and "classes_" in state:
        _labels(state["_y"], state["classes_"], fitted.shape[0])


_TREES = tuple((module, name) for module, name in (("ball_tree", "BallTree"), ("kd_tree", "KDTree")))


def _labels(codes: Any, classes: Any, rows: int) -> None:
    import numpy as np

    require(isinstance(codes, np.ndarray) and codes.shape[:1] == (rows,), "labels of another number than the data")
    require(codes.dtype.kind in "iu" and codes.ndim <= 2, "labels that are no codes")
    lengths = [len(classes)] if codes.ndim == 1 else [len(names) for names in classes]
    table = codes.reshape(rows, -1)
    require(
        table.shape[1] == len(lengths) and bool(((table >= 0) & (table < lengths)).all()), "labels that do not exist"
    )
