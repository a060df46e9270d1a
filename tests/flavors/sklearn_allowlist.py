"""Generates the allow-list of skops files from the installed scikit-learn, scipy and numpy.

Run it (``python tests/flavors/sklearn_allowlist.py``) after an upgrade: it prints what the installed versions have and
``gitmodels/flavors/skops/allow_list.py`` lacks. Read each new class's ``__setstate__`` and each new function before
adding it; the rule is in ``docs/design/0003-canonical-skops.md``.
"""

import importlib
import inspect
import warnings

# Modules whose own classes hold fitted state; abstract bases and classes that keep a callable in C are left out.
OBJECT_MODULES = {
    "sklearn._loss.link": "BaseLink",
    "sklearn._loss.loss": "BaseLoss ArrayAPILossMixin HalfBinomialLossArrayAPI HalfMultinomialLossArrayAPI "
    "HalfPoissonLossArrayAPI",
    "sklearn.gaussian_process.kernels": "GenericKernelMixin Hyperparameter Kernel KernelOperator NormalizedKernelMixin "
    "StationaryKernelMixin",
    "sklearn.metrics._dist_metrics": "DistanceMetric DistanceMetric32 DistanceMetric64 PyFuncDistance32 "
    "PyFuncDistance64",
    "sklearn.metrics._scorer": "_BaseScorer",
    "sklearn.model_selection._split": "BaseCrossValidator BaseShuffleSplit GroupsConsumerMixin _BaseKFold "
    "_RepeatedSplits _UnsupportedGroupCVMixin",
    "sklearn.neural_network._stochastic_optimizers": "BaseOptimizer",
}
OBJECTS = {
    "scipy.interpolate._bsplines": "BSpline",
    "sklearn.calibration": "_CalibratedClassifier _SigmoidCalibration _TemperatureScaling",
    "sklearn.cluster._bisect_k_means": "_BisectingTree",
    "sklearn.compose._column_transformer": "make_column_selector",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.gaussian_process._gpc": "_BinaryGaussianProcessClassifierLaplace",
    "sklearn.linear_model._linear_loss": "LinearModelLoss",
    "sklearn.multiclass": "_ConstantPredictor",
    "sklearn.neighbors._ball_tree": "BallTree BallTree32 BallTree64",
    "sklearn.neighbors._kd_tree": "KDTree KDTree32 KDTree64",
    "sklearn.utils._metadata_requests": "MetadataRequest MethodMapping MethodMetadataRequest",
}
# Left out of the public functions: they build estimators or scorers from names, or give generators.
NOT_FUNCTIONS = {"check_scoring", "get_scorer", "get_scorer_names", "make_scorer", "pairwise_distances_chunked"}
PAIRWISE = (
    "additive_chi2_kernel chi2_kernel cosine_distances cosine_similarity euclidean_distances haversine_distances "
    "laplacian_kernel linear_kernel manhattan_distances nan_euclidean_distances paired_cosine_distances "
    "paired_distances paired_euclidean_distances paired_manhattan_distances polynomial_kernel rbf_kernel sigmoid_kernel"
)


def objects():
    """``module -> names`` of classes that may come back through their state."""
    from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
    from sklearn.utils import all_estimators

    found = {(cls.__module__, cls.__name__) for _, cls in all_estimators() if cls.__module__.startswith("sklearn.")}
    for module, left_out in OBJECT_MODULES.items():
        members = vars(importlib.import_module(module)).items()
        found |= {
            (module, n)
            for n, c in members
            if isinstance(c, type) and c.__module__ == module and n not in left_out.split()
        }
    found |= {(module, name) for module, names in OBJECTS.items() for name in names.split()}
    return grouped(found)


def losses():
    """``module -> names`` of compiled losses, made by calling them with numbers."""
    found = set()
    for module, left_out in (
        ("sklearn._loss._loss", "CyLossFunction"),
        ("sklearn.linear_model._sgd_fast", "Classification Regression"),
    ):
        members = vars(importlib.import_module(module)).items()
        found |= {
            (module, n)
            for n, c in members
            if isinstance(c, type) and c.__module__ == module and n not in left_out.split()
        }
    return grouped(
        {(m, n) for m, n in found if not n.startswith("__")} | {("sklearn._loss._loss", "CyHalfMultinomialLoss")}
    )


def functions():
    """``module -> names`` of functions of their arguments alone: no files, no code, no state."""
    import numpy as np
    import scipy.special
    import sklearn.feature_selection
    import sklearn.metrics
    import sklearn.preprocessing

    found = {
        ("numpy", u.__name__)
        for u in vars(np).values()
        if isinstance(u, np.ufunc) and getattr(np, u.__name__, None) is u
    }
    found |= {
        ("scipy.special", u.__name__)
        for u in vars(scipy.special).values()
        if isinstance(u, np.ufunc)
        and getattr(scipy.special, u.__name__, None) is u
        and getattr(np, u.__name__, None) is not u
    }
    for module in (sklearn.feature_selection, sklearn.metrics, sklearn.preprocessing):
        for name in module.__all__:
            function = getattr(module, name)
            if (
                inspect.isfunction(function)
                and name not in NOT_FUNCTIONS
                and function.__module__.startswith("sklearn.")
            ):
                found.add((function.__module__, function.__name__))
    found |= {("sklearn.metrics.pairwise", name) for name in PAIRWISE.split()}
    return grouped(found)


def grouped(pairs):
    table = {}
    for module, name in sorted(pairs):
        table.setdefault(module, []).append(name)
    return table


def missing():
    """What the installed versions have and the list lacks, as ``(loader, module, names)``."""
    from gitmodels.flavors.skops import allowed

    rows = []
    for loader, table in (("ObjectNode", objects()), ("LossNode", losses()), ("FunctionNode", functions())):
        known = allowed.names(loader)
        for module, names in table.items():
            new = [name for name in names if f"{module}.{name}" not in known]
            if new:
                rows.append((loader, module, new))
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for loader, module, names in missing():
        print(f"{loader:12} {module}: {' '.join(names)}")
