"""One or more models of every flavor that comes with gitmodels, for the conformance suite."""

import runpy
from pathlib import Path

from gitmodels.testing import Case

_LIGHT = runpy.run_path(str(Path(__file__).with_name("light_cases.py")))
_HEAVY = runpy.run_path(str(Path(__file__).with_name("heavy_cases.py")))
_SERVERS = runpy.run_path(str(Path(__file__).with_name("server_cases.py")))
CASES: list[Case] = [
    *_LIGHT["PYTHON"],
    *_LIGHT["BOOSTERS"],
    *_LIGHT["LIGHT"],
    *_HEAVY["HEAVIES"],
    *_HEAVY["TENSORFLOW"],
    *_HEAVY["TRANSFORMERS"],
    *_SERVERS["SERVERS"],
]
# Proven both ways with MLflow in tests/e2e/test_mlflow_flavors.py: all but what MLflow has no form for, or (a module of
# TensorFlow) does not save again.
_OURS = ("pytorch, weights", "tensorflow, module (its functions are numbered anew)")
INTEROP = [case for case in CASES if case.id not in _OURS]
