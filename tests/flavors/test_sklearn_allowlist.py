"""The allow-list: complete for the installed versions, exact, and without what runs code."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from gitmodels.flavors.skops import allow_list, allowed, checks

GENERATOR = runpy.run_path(str(Path(__file__).with_name("sklearn_allowlist.py")))
LOADERS = sorted(allowed._tables())


def test_the_list_has_all_that_the_generator_finds_in_the_installed_versions():
    assert GENERATOR["missing"]() == []


@pytest.mark.parametrize("table", ["OBJECTS", "LOSSES", "FUNCTIONS"])
def test_a_table_is_sorted_by_module_and_by_name(table):
    lines = getattr(allow_list, table).strip().splitlines()
    modules = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    assert modules == sorted(set(modules))
    grouped = {}
    for line in lines:
        head, colon, rest = line.partition(": ")
        module = head if colon else module  # noqa: F821
        grouped.setdefault(module, []).extend((rest if colon else line).split())
    assert all(names == sorted(set(names)) for names in grouped.values())


@pytest.mark.parametrize("loader", LOADERS)
def test_every_name_is_exact(loader):
    for name in allowed.names(loader):
        assert all(part.isidentifier() for part in name.split("."))


RUNS_CODE = """
builtins.eval builtins.exec builtins.getattr builtins.__import__ builtins.open builtins.type builtins.object
os.system subprocess.Popen functools.reduce operator.methodcaller operator.attrgetter joblib.memory.Memory
numpy.load numpy.save numpy.fromfile numpy.memmap numpy.vectorize numpy.frompyfunc numpy.apply_along_axis
scipy.stats._distn_infrastructure.rv_frozen sklearn.datasets._openml.fetch_openml
sklearn.metrics._scorer.make_scorer sklearn.metrics._dist_metrics.PyFuncDistance64
sklearn.utils.discovery.all_estimators
"""


@pytest.mark.parametrize("name", RUNS_CODE.split())
def test_what_runs_code_reads_files_or_calls_by_name_is_on_no_table(name):
    assert not [loader for loader in LOADERS if name in allowed.names(loader)]


def test_loaders_of_methods_and_unknown_loaders_permit_nothing():
    assert not allowed.names("MethodNode")
    assert not allowed.names("ReduceNode")


def test_every_function_is_what_it_is_called_and_no_file_or_process_function():
    import types

    for name in allowed.names("FunctionNode"):
        module, _, function = name.rpartition(".")
        if module.startswith(("numpy.core", "numpy._core")) or function in ("f_oneway",):
            continue
        found = allowed.resolve(module, function)
        assert callable(found)
        assert not isinstance(found, (type, types.ModuleType))


def test_the_checks_are_for_classes_that_exist():
    import importlib

    for name in checks.CHECKS:
        module, _, cls = name.rpartition(".")
        assert isinstance(getattr(importlib.import_module(module), cls), type), name


def test_ufuncs_are_written_by_their_public_name_and_others_not_at_all():
    import scipy.special

    assert allowed.place_of(np.log) == ("numpy", "log")
    assert allowed.place_of(scipy.special.expit) == ("scipy.special", "expit")
    assert allowed.place_of(lambda x: x) is None
    assert allowed.place_of(np.load) is None
