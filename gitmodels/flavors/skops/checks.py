"""What the state of an object must satisfy before the object gets it: the entrance, and the table of checks by class.

Two rules hold for every class: state is a dictionary of plain attribute names (compiled neighbours trees and distances
take a tuple), and an attribute may not stand in for what the class defines, or a file could choose what it calls.
Beyond that, classes whose compiled code indexes by what the file holds have a check of their own, inherited by their
subclasses.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from gitmodels.errors import InvalidModel
from gitmodels.flavors.skops import check_ensembles, check_neighbors, check_vectors

State = Mapping[str, Any]
CHECKS: dict[str, Callable[[State], None]] = {
    "lightgbm.basic.Booster": check_ensembles.booster,
    "scipy.interpolate._bsplines.BSpline": check_vectors.spline,
    "sklearn.cluster._hdbscan.hdbscan.HDBSCAN": check_vectors.hierarchy,
    "sklearn.cluster._kmeans._BaseKMeans": check_vectors.centers,
    "sklearn.ensemble._forest.BaseForest": check_ensembles.forest,
    "sklearn.ensemble._gb.BaseGradientBoosting": check_ensembles.boosting,
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.BaseHistGradientBoosting": check_ensembles.histogram,
    "sklearn.ensemble._iforest.IsolationForest": check_ensembles.isolation,
    "sklearn.feature_extraction._dict_vectorizer.DictVectorizer": check_vectors.vocabulary,
    "sklearn.feature_extraction._hash.FeatureHasher": check_vectors.hasher,
    "sklearn.feature_extraction.text.CountVectorizer": check_vectors.vocabulary,
    "sklearn.feature_extraction.text.HashingVectorizer": check_vectors.hasher,
    "sklearn.neighbors._base.NeighborsBase": check_neighbors.neighbors,
    "sklearn.preprocessing._encoders.OneHotEncoder": check_vectors.one_hot,
    "sklearn.preprocessing._label.MultiLabelBinarizer": check_vectors.labels,
    "sklearn.svm._base.BaseSVC": check_vectors.machine_for_classes,
    "sklearn.svm._classes.NuSVR": check_vectors.machine_for_numbers,
    "sklearn.svm._classes.OneClassSVM": check_vectors.machine_for_numbers,
    "sklearn.svm._classes.SVR": check_vectors.machine_for_numbers,
    "sklearn.tree._classes.BaseDecisionTree": check_ensembles.tree,
}
# Compiled classes: (module prefix, check of the tuple they take).
COMPILED: tuple[tuple[str, Callable[[str, tuple[Any, ...]], None]], ...] = (
    ("sklearn.metrics._dist_metrics", check_neighbors.distance),
    ("sklearn.neighbors._ball_tree", check_neighbors.binary_tree),
    ("sklearn.neighbors._kd_tree", check_neighbors.binary_tree),
)


def check_state(kind: type, state: Any) -> None:
    """Raises InvalidModel when an object of ``kind`` with ``state`` could call or index what it must not."""
    compiled = _compiled(kind)
    if compiled is not None:
        if type(state) is not tuple:
            raise InvalidModel(f"a {kind.__name__} in a skops file has no state")
        compiled(kind.__name__, state)
        return
    if state is None:
        return
    if type(state) is not dict:
        raise InvalidModel(f"the state of a {kind.__name__} in a skops file is not a dictionary")
    for name, value in state.items():
        if type(name) is not str or not _is_free(kind, name, value):
            raise InvalidModel(f"the state of a {kind.__name__} in a skops file replaces what its class defines")
    for check in _checks(kind):
        check(state)


def _is_free(kind: type, name: str, value: Any) -> bool:
    """Whether the class leaves ``name`` to its objects: defines nothing there but a default of the same plain kind."""
    present = _defined(kind, name)
    if present is _NOTHING:
        return True
    return type(value) is type(present) and (type(value) is bool or (type(value) in _PLAIN and value == present))


_NOTHING = object()
_PLAIN = (int, float, str, type(None))


@functools.lru_cache(65536)
def _defined(kind: type, name: str) -> Any:
    return object if name.startswith("__") else inspect.getattr_static(kind, name, _NOTHING)


@functools.cache
def _checks(kind: type) -> tuple[Callable[[State], None], ...]:
    names = [f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__]
    return tuple(CHECKS[name] for name in names if name in CHECKS)


@functools.cache
def _compiled(kind: type) -> Callable[[str, tuple[Any, ...]], None] | None:
    for module, check in COMPILED:
        if kind.__module__ == module:
            return check
    return None
