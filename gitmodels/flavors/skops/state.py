"""What of an object's state is part of the model: the one place that knows about attributes that must not be written.

It knows scikit-learn's classes by name only and imports none.
"""

from typing import Any

from gitmodels.errors import NotSupported

# Counters of how often a neighbours tree was asked: n_trims, n_leaves, n_splits, n_calls.
TREE_COUNTERS = range(7, 11)
# An address, and a private function chosen anew by each fit: scikit-learn makes both again when it needs them.
VOLATILE = frozenset({"_stop_words_id", "_kmeans_single"})
# A cache that asking fills, and what it was before.
CACHES = {"_cached_dict": None}
# Wall-clock times, only left out on request: a search's results show them.
TIMES = ("mean_fit_time", "std_fit_time", "mean_score_time", "std_score_time")


def attributes_of(value: Any, *, zero_times: bool = False) -> dict[str, Any] | tuple[Any, ...] | None:
    """The state that ``value.__setstate__``, or its ``__dict__``, takes back; attributes sorted by name.

    Raises NotSupported for state of another form.
    """
    state = value.__getstate__()
    if state is None:
        return None
    if isinstance(state, dict):
        if not all(type(key) is str for key in state):
            raise NotSupported(f"skops cannot hold a {type(value).__name__}: its state is keyed by more than names")
        kept = {key: CACHES.get(key, state[key]) for key in sorted(state) if key not in VOLATILE}
        return _without_times(kept) if zero_times else kept
    if isinstance(state, tuple) and hasattr(value, "__setstate__"):
        if type(value).__module__.startswith("sklearn.neighbors.") and len(state) == 13:
            return tuple(0 if place in TREE_COUNTERS else part for place, part in enumerate(state))
        return state
    raise NotSupported(
        f"skops cannot hold a {type(value).__module__}.{type(value).__qualname__}: it keeps its state in slots"
    )


def _without_times(state: dict[str, Any]) -> dict[str, Any]:
    results = state.get("cv_results_")
    if isinstance(results, dict):
        zeroed = {key: item * 0.0 if key in TIMES else item for key, item in results.items()}
        state = state | {"cv_results_": zeroed}
    return state | {"refit_time_": 0.0} if "refit_time_" in state else state
