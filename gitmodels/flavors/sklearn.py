"""The sklearn flavor: canonical skops by default, which runs no code when loaded; pickles where skops cannot follow.

It knows estimators, the formats of their one file and MLflow's keys for it; nothing of signatures, stores or trust.
The bytes must be of the declared format: a weaker loader is never tried.
"""

import importlib
import logging
import pickle
import warnings
from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid, InvalidModel, NotSupported, Untrusted
from gitmodels.flavors import pickle_files, skops
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.model_files import inside

NAME = "sklearn"
PACKAGES = ("scikit-learn", "skops")
VERSION = ("sklearn_version", "sklearn")
SKOPS, CLOUDPICKLE, PICKLE = "skops", "cloudpickle", "pickle"
FORMATS = {SKOPS: "none", CLOUDPICKLE: "pickle", PICKLE: "pickle"}
OPTIONS = frozenset({"serialization_format", "pyfunc_predict_fn", "skops_trusted_types", "zero_times"})
_logger = logging.getLogger(__name__)


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write ``model`` as ``model.skops`` or ``model.pkl``.

    Options: ``serialization_format`` (skops, cloudpickle, pickle; without it skops, and cloudpickle with a warning for
    what skops cannot hold), ``pyfunc_predict_fn``, ``zero_times`` (searches without wall-clock times),
    ``skops_trusted_types`` (taken and not needed). Raises NotSupported for a model that a forced skops cannot hold.
    """
    wanted = options.get("serialization_format")
    if set(options) - OPTIONS or wanted not in (None, SKOPS, CLOUDPICKLE, PICKLE):
        odd = ", ".join(sorted(set(options) - OPTIONS)) or f"serialization_format={wanted!r}"
        raise Invalid(f"the sklearn flavor does not take {odd}", hint="formats are skops, cloudpickle and pickle")
    kept, data = serialized(model, wanted, zero_times=bool(options.get("zero_times")))
    name = "model.skops" if kept == SKOPS else "model.pkl"
    (directory / name).write_bytes(data)
    version = importlib.import_module("sklearn").__version__
    config = {"pickled_model": name, "serialization_format": kept, "sklearn_version": version}
    if kept == SKOPS:  # for MLflow, which asks the file whom to trust; we ask our own list
        config["skops_trusted_types"] = skops.types_to_trust(data)
    method = options.get("pyfunc_predict_fn") or "predict"
    pyfunc = {"loader_module": "mlflow.sklearn", "model_path": name, "predict_fn": method}
    if not hasattr(model, method):
        _logger.warning("the model has no method %s: it is saved without the python_function flavor", method)
        pyfunc = {}
    return Saved(config, pyfunc, "none" if kept == SKOPS else "pickle")


def serialized(model: Any, wanted: str | None, *, zero_times: bool = False) -> tuple[str, bytes]:
    """The format and bytes of an estimator: ``wanted``, or without it skops where that serves, else cloudpickle.

    Raises Invalid for an unknown format, NotSupported for a model that a wanted skops cannot hold.
    """
    if wanted not in (None, *FORMATS):
        raise Invalid(f"no format of estimators: {wanted!r}", hint="formats are skops, cloudpickle and pickle")
    if wanted == PICKLE:
        return PICKLE, pickle.dumps(model, protocol=5)
    if wanted != CLOUDPICKLE:
        try:
            return SKOPS, skops.dumps(model, zero_times=zero_times)
        except NotSupported as error:
            if wanted == SKOPS:
                error.hint = (
                    "leave serialization_format out: the model is then cloudpickled, and asks for trust to load"
                )
                raise
            reason = error.message
        text = "the model is cloudpickled, so loading it runs code and needs trust"
        warnings.warn(f"{reason}: {text}", UserWarning, stacklevel=4)
    from gitmodels.flavors import pickling

    return CLOUDPICKLE, pickling.dumps(model)


def load(directory: Path, config: Config) -> Any:
    """The estimator back. RUNS a pickle when the format is one. Raises InvalidModel when the bytes are of another."""
    return deserialized(*_read(directory, config))


def deserialized(kept: Any, data: bytes) -> Any:
    """The estimator of ``serialized``. RUNS a pickle when the format is one. Raises InvalidModel for other bytes."""
    if kept == SKOPS:
        return skops.loads(data)
    if kept not in (PICKLE, CLOUDPICKLE):
        raise InvalidModel("the model's file is not of the format that its MLmodel declares")
    return pickle_files.loads(data)


def predict(model: Any, data: Any, params: Config) -> Any:
    """``model.predict(data)`` with ``params`` as keywords."""
    return model.predict(data, **params)


def code_execution(directory: Path, config: Config) -> str:
    """``none`` only for a skops file of nothing but reviewed types; nothing is imported or unpickled to know."""
    return execution_of(*_read(directory, config))


def execution_of(kept: Any, data: bytes) -> str:
    """What ``deserialized`` may run for these bytes."""
    if kept != SKOPS or pickle_files.is_pickle(data):
        return "pickle"
    try:
        skops.type_names(data)
    except (InvalidModel, Untrusted):
        return "python-code"
    return "none"


def _read(directory: Path, config: Config) -> tuple[Any, bytes]:
    path = inside(directory, config.get("pickled_model"), "pickled_model")
    return config.get("serialization_format", PICKLE), path.read_bytes()
