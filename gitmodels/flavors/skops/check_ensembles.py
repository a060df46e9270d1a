"""Checks for estimators that hand their data to the compiled code of trees they hold.

A tree looks only at its own records (``trees`` checked those); here the number of columns that reach it, and the number
of columns it writes to, are made to fit. scikit-learn measures the data that users bring against ``n_features_in_``.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.errors import InvalidModel
from gitmodels.flavors.skops.allowed import resolve
from gitmodels.flavors.skops.trees import check_records

State = Mapping[str, Any]


def tree(state: State) -> None:
    """A single decision tree: its records fit the features it lets in."""
    if "tree_" not in state:
        return
    made = state["tree_"]
    require(type(made) is resolve("sklearn.tree._tree", "Tree"), "a decision tree without a tree")
    require(features_of(state) == made.n_features, "a decision tree that lets in other features than it asks for")


def booster(state: State) -> None:
    """A LightGBM booster comes back from its text alone, and is in no training and no network."""
    text = state.get("_handle", state.get("handle"))
    require(text is None or type(text) is str, "a booster without its text")
    require(state.get("_network") in (None, False), "a booster in a network")
    require(state.get("_Booster__init_predictor") is None, "a booster that goes on from another one")


def forest(state: State) -> None:
    """A forest checks its data once and shows every tree the same columns."""
    if "estimators_" in state:
        _same_features(state["estimators_"], list, features_of(state))


def isolation(state: State) -> None:
    """An isolation forest shows each tree the columns that were drawn for it."""
    if "estimators_" not in state:
        return
    columns = features_of(state)
    chosen: Any = state.get("estimators_features_")
    require(type(chosen) is list and len(chosen) == len(state["estimators_"]), "an isolation forest without columns")
    for made, drawn in zip(state["estimators_"], chosen, strict=True):
        _require_tree(made)
        require(getattr(drawn, "ndim", 0) == 1 and drawn.dtype.kind in "iu", "an isolation forest without columns")
        width = len(drawn) if state.get("_max_features") != columns else columns
        require(made.n_features_in_ == width == len(drawn), "an isolation tree for other columns than were drawn")


def boosting(state: State) -> None:
    """Gradient boosting adds each tree's answer to a column that its first guess must have made."""
    if "estimators_" not in state:
        return
    import numpy as np

    made = state["estimators_"]
    require(isinstance(made, np.ndarray) and made.dtype == object and made.ndim == 2 and made.size > 0, "no stages")
    _same_features(list(made.flat), list, features_of(state))
    width = made.shape[1]
    require(whole(state.get("n_trees_per_iteration_")) and state["n_trees_per_iteration_"] == width, "uneven stages")
    loss: Any = state.get("_loss")
    require(isinstance(loss, resolve("sklearn._loss.loss", "BaseLoss")), "boosting without a loss")
    require(isinstance(getattr(loss, "link", None), resolve("sklearn._loss.link", "BaseLink")), "a loss without a link")
    _first_guess(state.get("init_"), width, multiclass=bool(loss.is_multiclass))


def _first_guess(made: Any, width: int, *, multiclass: bool) -> None:
    """Only the guesses that scikit-learn makes itself are known to have the right shape for every data."""
    import numpy as np

    dummy = "sklearn.dummy"
    if isinstance(made, str) and made == "zero":
        return
    if type(made) is resolve(dummy, "DummyRegressor"):
        held = vars(made)
        require(held.get("n_outputs_") == 1 == width and not multiclass, "a first guess of another width")
        require(
            isinstance(held.get("constant_"), np.ndarray) and held["constant_"].size == 1,
            "a first guess of another width",
        )
    elif type(made) is resolve(dummy, "DummyClassifier"):
        held = vars(made)
        prior = held.get("class_prior_")
        fits = isinstance(prior, np.ndarray) and prior.shape == ((width,) if multiclass else (2,))
        require(held.get("n_outputs_") == 1 and held.get("_strategy") == "prior", "a first guess of another kind")
        require(fits and (multiclass or width == 1), "a first guess of another width")
    else:
        raise InvalidModel("gradient boosting with an init estimator of its own is not read from skops files")


def histogram(state: State) -> None:
    """Histogram boosting: records, categories and the columns that its own preprocessing gives."""
    if "_predictors" not in state:
        return
    columns = features_of(state)
    predictor = resolve("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor")
    stages = state["_predictors"]
    require(type(stages) is list and all(type(stage) is list for stage in stages), "stages that are no lists")
    flat = [made for stage in stages for made in stage]
    require(all(type(made) is predictor for made in flat), "stages without predictors")
    check_records(flat, columns)
    _bins(state.get("_bin_mapper"), columns)
    if state.get("_preprocessor") is not None:
        _columns_kept(state["_preprocessor"], columns)


def _bins(mapper: Any, columns: int) -> None:
    import numpy as np

    require(type(mapper) is resolve("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper"), "no bins")
    held = vars(mapper)
    flags, limits = held.get("is_categorical_"), held.get("bin_thresholds_")
    require(isinstance(flags, np.ndarray) and flags.shape == (columns,), "bins for other columns")
    require(type(limits) is list and len(limits) == columns, "bins for other columns")
    require(all(isinstance(limit, np.ndarray) and limit.ndim == 1 for limit in limits), "bins that are no numbers")
    for place in np.flatnonzero(flags):
        known = limits[place]
        require(known.dtype.kind in "fiu" and bool(((known >= 0) & (known < 256)).all()), "categories out of range")


def _columns_kept(made: Any, columns: int) -> None:
    """Ordinal codes for some columns and the rest as they are: as many columns leave as came in."""
    import numpy as np

    require(type(made) is resolve("sklearn.compose._column_transformer", "ColumnTransformer"), "strange preprocessing")
    steps = vars(made).get("transformers_")
    kinds = {
        "encoder": resolve("sklearn.preprocessing._encoders", "OrdinalEncoder"),
        "numerical": resolve("sklearn.preprocessing._function_transformer", "FunctionTransformer"),
    }
    require(
        type(steps) is list and all(type(step) is tuple and len(step) == 3 for step in steps), "strange preprocessing"
    )
    taken = np.zeros(columns, int)
    for name, step, chosen in steps:
        mask = np.asarray(chosen)
        require(type(name) is str and mask.shape == (columns,), "strange preprocessing")
        require(mask.dtype == bool and type(step) in (kinds.get(name), str), "strange preprocessing")
        require(type(step) is not str or not mask.any(), "preprocessing that drops columns")
        if name == "numerical" and type(step) is not str:
            function = vars(step).get("func")
            checker = resolve("sklearn.utils.validation", "check_array")
            require(function is None or getattr(function, "func", None) is checker, "strange preprocessing")
        taken += mask
    require(bool((taken == 1).all()), "preprocessing that loses columns")


def _same_features(made: Any, kind: type, columns: int) -> None:
    require(type(made) is kind, "an ensemble that is no list")
    for one in made:
        _require_tree(one)
        require(one.n_features_in_ == columns, "a tree for other columns than its ensemble")


def _require_tree(made: Any) -> None:
    base = resolve("sklearn.tree._classes", "BaseDecisionTree")
    require(isinstance(made, base) and "tree_" in vars(made), "an ensemble of other things than fitted trees")


def features_of(state: State) -> int:
    """``n_features_in_``, against which scikit-learn measures the data. Raises InvalidModel when it is missing."""
    count = state.get("n_features_in_")
    require(
        whole(count) and count is not None and count > 0, "an estimator that does not say how many features it takes"
    )
    return int(count)  # type: ignore[arg-type]


def whole(value: Any) -> bool:
    """Whether the value is an integer and nothing that only looks like one."""
    import numpy as np

    return type(value) is int or isinstance(value, np.integer)


def require(fine: bool, what: str) -> None:
    """Raises InvalidModel with ``what`` is wrong."""
    if not fine:
        raise InvalidModel(f"a skops file holds {what}")
