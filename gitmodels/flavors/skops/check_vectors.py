"""Checks for estimators whose own arrays are indexed or multiplied by compiled code: machines, centers, encodings.

Also for what becomes the index of a sparse matrix that scipy then believes: vocabularies and one-hot codes.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.flavors.skops.allowed import place_of, resolve
from gitmodels.flavors.skops.check_ensembles import features_of, require, whole

State = Mapping[str, Any]


def machine_for_classes(state: State) -> None:
    """A support vector machine that tells classes apart: each pair has a constant, each class its vectors."""
    if "_dual_coef_" not in state:
        return
    support, counts, slope_a, slope_b = _machine(state)
    pairs = len(counts) * (len(counts) - 1) // 2
    require(int(counts.sum()) == len(support), "a machine with another number of vectors than it counts")
    require(len(slope_a) == len(slope_b) and len(slope_a) in (0, pairs), "a machine with other slopes than pairs")


def machine_for_numbers(state: State) -> None:
    """A machine for numbers or outliers: libsvm takes it for one of two classes that share all vectors."""
    if "_dual_coef_" not in state:
        return
    support, counts, slope_a, slope_b = _machine(state)
    require(len(counts) == 2 and bool((counts == len(support)).all()), "a machine with other vectors than it counts")
    require(len(slope_a) <= 1 and len(slope_b) <= len(slope_a), "a machine with other slopes")


def _machine(state: State) -> tuple[Any, Any, Any, Any]:
    """Support, counts and slopes, the rest compared with them: libsvm copies by the counts it is told."""
    import numpy as np

    require(all(isinstance(state.get(key), np.ndarray) for key in _PARTS), "a support vector machine that lacks parts")
    support, counts, constants, slope_a, slope_b = (state[key] for key in _PARTS)
    classes = len(counts) if counts.ndim == 1 else 0
    require(counts.dtype == np.int32 and classes >= 2 and bool((counts >= 0).all()), "a machine without classes")
    require(support.ndim == 1 and support.dtype == np.int32, "a machine without support")
    require(constants.shape == (classes * (classes - 1) // 2,), "a machine with other constants than pairs")
    for numbers in (constants, slope_a, slope_b):
        require(numbers.dtype == np.float64 and numbers.ndim == 1, "a machine with other slopes")
    _vectors(state, len(support), classes)
    return support, counts, slope_a, slope_b


_PARTS = ("support_", "_n_support", "_intercept_", "_probA", "_probB")


def _vectors(state: State, count: int, classes: int) -> None:
    import numpy as np
    from scipy import sparse

    weights = state["_dual_coef_"]
    vectors: Any = state.get("support_vectors_")
    kernel: Any = state.get("kernel")
    fitted: Any = state.get("shape_fit_")
    # With a kernel of the caller's nothing measures the data: only numbers of fitted rows are used then.
    columns = features_of(state) if type(kernel) is str else 0
    require(type(state.get("_sparse")) is bool, "a machine that does not say whether it is sparse")
    if state["_sparse"]:
        require(
            sparse.issparse(vectors) and vectors.format == "csr" and vectors.shape == (count, columns), "other vectors"
        )
        require(
            sparse.issparse(weights) and weights.format == "csr" and weights.data.size == (classes - 1) * count,
            "other weights",
        )
        require(type(kernel) is str and kernel != "precomputed", "a sparse machine with a kernel of its own")
        return
    require(isinstance(weights, np.ndarray) and weights.dtype == np.float64, "weights that are no numbers")
    require(weights.shape == (classes - 1, count), "a machine with other weights than vectors")
    require(isinstance(vectors, np.ndarray) and vectors.ndim == 2, "vectors that are no numbers")
    if type(kernel) is str and kernel != "precomputed":
        require(
            vectors.shape == (count, columns) and vectors.dtype == np.float64,
            "a machine with other vectors than columns",
        )
        return
    rows = fitted[0] if type(fitted) is tuple and fitted and whole(fitted[0]) else -1
    if type(kernel) is not str:
        place = place_of(kernel)
        require(
            place is not None and place[0] == "sklearn.metrics.pairwise" and place[1] in _KERNELS, "a strange kernel"
        )
        rows = getattr(state.get("_BaseLibSVM__Xfit"), "shape", (-1,))[0]
    found = state["support_"]
    require(not count or (int(found.min()) >= 0 and int(found.max()) < rows), "support outside of the fitted rows")


_KERNELS = frozenset(
    {"additive_chi2_kernel", "chi2_kernel", "cosine_similarity", "laplacian_kernel", "linear_kernel"}
    | {"polynomial_kernel", "rbf_kernel", "sigmoid_kernel"}
)


def centers(state: State) -> None:
    """The k-means family multiplies rows with centers without comparing their widths."""
    import numpy as np

    found: Any = state.get("cluster_centers_")
    if found is None and "_bisecting_tree" not in state:
        return
    columns = features_of(state)
    require(
        isinstance(found, np.ndarray) and found.ndim == 2 and found.dtype.kind == "f", "centers that are no numbers"
    )
    require(found.shape[1] == columns and found.flags.c_contiguous, "centers with other columns than are let in")
    threads = state.get("_n_threads")
    require(threads is None or (whole(threads) and 1 <= threads <= 4096), "an impossible number of threads")
    if "_bisecting_tree" in state:
        _bisections(state["_bisecting_tree"], columns)


def _bisections(root: Any, columns: int) -> None:
    import numpy as np

    kind = resolve("sklearn.cluster._bisect_k_means", "_BisectingTree")
    waiting = [root]
    while waiting:
        made = waiting.pop()
        require(type(made) is kind, "a bisection of something else")
        held = vars(made)
        center = held.get("center")
        require(
            isinstance(center, np.ndarray) and center.shape == (columns,), "a center with other columns than are let in"
        )
        waiting.extend(held[side] for side in ("left", "right") if held.get(side) is not None)


def hierarchy(state: State) -> None:
    """HDBSCAN cuts its tree of merges again on request."""
    import numpy as np

    merges: Any = state.get("_single_linkage_tree_")
    if merges is None:
        return
    require(isinstance(merges, np.ndarray) and merges.ndim == 1, "merges that are no records")
    require({"left_node", "right_node"} <= set(merges.dtype.names or ()), "merges that are no records")
    latest = len(merges) + 1 + np.arange(len(merges))
    for side in ("left_node", "right_node"):
        require(bool(((merges[side] >= 0) & (merges[side] < latest)).all()), "a merge of what does not exist yet")


def spline(state: State) -> None:
    """A B-spline reads knots and coefficients by its degree (what its constructor would have asked for)."""
    import numpy as np

    knots: Any = state.get("_t", state.get("t"))
    weights: Any = state.get("_c", state.get("c"))
    degree: Any = state.get("k")
    for array in (knots, weights):
        require(
            isinstance(array, np.ndarray) and array.dtype.kind in "fc" and array.ndim >= 1, "a spline without knots"
        )
    require(type(degree) is int and 0 <= degree <= 1000, "a spline of an impossible degree")
    require(knots.ndim == 1 and knots.dtype == np.float64, "a spline without knots")
    pieces = len(knots) - degree - 1
    require(pieces >= degree + 1 and len(weights) >= pieces, "a spline with too few knots")
    require(bool(np.isfinite(knots).all()) and bool((np.diff(knots) >= 0).all()), "a spline with disordered knots")


def hasher(state: State) -> None:
    """Hashes are taken modulo the number of features, in C."""
    count: Any = state.get("n_features")
    require(whole(count) and 1 <= count < 1 << 31, "a hasher for an impossible number of features")


def vocabulary(state: State) -> None:
    """Places in a vocabulary become column numbers of a sparse matrix as wide as the vocabulary."""
    if "vocabulary_" in state:
        _places(state["vocabulary_"], len(state["vocabulary_"]))


def labels(state: State) -> None:
    """The same for the cached places of labels."""
    if state.get("_cached_dict") is not None:
        _places(state["_cached_dict"], len(state["classes_"]))


def _places(table: Any, width: int) -> None:
    import numpy as np

    require(type(table) is dict, "a vocabulary that is no dictionary")
    if table:
        places = np.array(list(table.values()))
        fine = places.dtype.kind in "iu" and places.ndim == 1 and int(places.min()) >= 0 and int(places.max()) < width
        require(fine, "a vocabulary with places that do not exist")


def one_hot(state: State) -> None:
    """One-hot codes become column numbers; the columns of each feature must suffice for its codes."""
    if "_n_features_outs" not in state:
        return
    known: Any = state.get("categories_")
    widths: Any = state["_n_features_outs"]
    require(type(known) is list and type(widths) is list and len(known) == len(widths), "codes without categories")
    require(all(whole(width) for width in widths), "codes without columns")
    groups: Any = state.get("_default_to_infrequent_mappings") or [None] * len(known)
    dropped: Any = state.get("_drop_idx_after_grouping")
    dropped = [None] * len(known) if dropped is None else list(dropped)
    require(len(groups) == len(dropped) == len(known), "codes for other features")
    for categories, width, group, drop in zip(known, widths, groups, dropped, strict=True):
        codes = len(categories)
        if group is not None:
            require(
                group.dtype.kind in "iu" and group.shape == (codes,) and int(group.min()) >= 0, "groups of no category"
            )
            codes = int(group.max()) + 1
        require(drop is None or (whole(drop) and drop >= 0), "a dropped category that does not exist")
        require(width >= codes - (1 if drop is not None and drop < codes else 0), "more codes than columns")
