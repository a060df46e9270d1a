"""Predicting with ONNX Runtime: a session with the settings MLmodel names, and tables or arrays as its inputs.

It knows onnxruntime; files and keys are the flavor's.
"""

from collections.abc import Mapping
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors.frameworks import framework

PROVIDERS = ["CUDAExecutionProvider", "CPUExecutionProvider"]
THREADS = ("inter_op_num_threads", "intra_op_num_threads")
SETTINGS = (*THREADS, "execution_mode", "graph_optimization_level")


def is_plain(config: Mapping[str, Any]) -> bool:
    """Whether providers are names alone and settings those listed here, so that none names a library or a file."""
    providers, settings = config.get("providers") or [], config.get("onnx_session_options") or {}
    plain = isinstance(providers, list) and all(isinstance(each, str) for each in providers)
    return plain and isinstance(settings, dict) and set(settings) <= set(SETTINGS)


def start(source: str | bytes, config: Mapping[str, Any]) -> Any:
    """A session over the file or bytes ``source``, on those of the named providers that are there, else on the CPU."""
    runtime = framework("onnxruntime", "onnxruntime")
    settings, given = runtime.SessionOptions(), config.get("onnx_session_options") or {}
    for name in THREADS:
        if given.get(name):
            setattr(settings, name, given[name])
    if mode := given.get("execution_mode"):
        settings.execution_mode = getattr(runtime.ExecutionMode, f"ORT_{str(mode).upper()}")
    if level := given.get("graph_optimization_level"):
        settings.graph_optimization_level = runtime.GraphOptimizationLevel(level)
    there = set(runtime.get_available_providers())
    named = config.get("providers") or PROVIDERS
    wanted = [each for each in named if (each if isinstance(each, str) else each[0]) in there]
    return runtime.InferenceSession(source, settings, providers=wanted or ["CPUExecutionProvider"])


def answer(session: Any, data: Any) -> Any:
    """What the session answers by output name: a DataFrame of flat columns for a DataFrame, else arrays.

    Numbers of 64 bits are narrowed where the model takes 32. Raises Invalid for data that is neither a table, nor a
    dictionary, nor one array for one input.
    """
    import numpy as np

    inputs = {each.name: each.type for each in session.get_inputs()}
    table = hasattr(data, "columns")
    if table:
        several = len(inputs) > 1
        feed = {name: data[name].to_numpy() if several else data.to_numpy() for name in inputs}
    elif isinstance(data, np.ndarray) and len(inputs) == 1:
        feed = {next(iter(inputs)): data}
    elif isinstance(data, dict):
        feed = dict(data)
    else:
        raise Invalid(f"the onnx model takes a DataFrame, or a dictionary of arrays with the names {sorted(inputs)}")
    for name, kind in inputs.items():
        if kind == "tensor(float)" and getattr(feed.get(name), "dtype", None) == np.float64:
            feed[name] = feed[name].astype(np.float32)
    outputs = [each.name for each in session.get_outputs()]
    answers = dict(zip(outputs, session.run(outputs, feed), strict=True))
    return type(data)({name: np.asarray(value).reshape(-1) for name, value in answers.items()}) if table else answers
