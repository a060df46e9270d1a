"""A model's code folder on the search path: its own modules, for every load."""

import importlib
import logging
import shutil
import sys

import pytest

from gitmodels.mlmodel import code_path
from gitmodels.mlmodel.code_path import importing_from


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(code_path, "_folders", [])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def _folder(tmp_path, name, answer):
    folder = tmp_path / name / "code"
    (folder / "gm_pack").mkdir(parents=True)
    (folder / "gm_single.py").write_text(f"ANSWER = {answer}\n")
    (folder / "gm_pack/__init__.py").write_text("from gm_pack.inner import ANSWER\n")
    (folder / "gm_pack/inner.py").write_text(f"ANSWER = {answer}\n")
    return folder


def test_each_version_gets_its_own_modules(tmp_path):
    answers = []
    for number in (1, 2):
        with importing_from(_folder(tmp_path, f"v{number}", number)):
            answers.append((importlib.import_module("gm_single").ANSWER, importlib.import_module("gm_pack").ANSWER))
    assert answers == [(1, 1), (2, 2)]


def test_lazy_imports_work_afterwards_and_loading_writes_nothing(tmp_path):
    folder = _folder(tmp_path, "v1", 1)
    with importing_from(folder):
        importlib.import_module("gm_pack")
    assert not list(folder.rglob("__pycache__"))
    assert sys.path[0] == str(folder)
    assert not sys.dont_write_bytecode or "PYTHONDONTWRITEBYTECODE" in __import__("os").environ


def test_a_passing_visit_leaves_no_trace(tmp_path):
    folder = _folder(tmp_path, "v1", 1)
    with importing_from(folder, lasting=False):
        importlib.import_module("gm_pack")
    assert str(folder) not in sys.path
    assert "gm_pack" not in sys.modules
    assert "gm_pack.inner" not in sys.modules


def test_a_module_from_elsewhere_stays_with_a_warning(tmp_path, caplog):
    own = tmp_path / "project"
    own.mkdir()
    (own / "gm_single.py").write_text("ANSWER = 'mine'\n")
    sys.path.insert(0, str(own))
    importlib.import_module("gm_single")
    with caplog.at_level(logging.WARNING, "gitmodels"), importing_from(_folder(tmp_path, "v1", 1)):
        assert importlib.import_module("gm_single").ANSWER == "mine"
    assert "gm_single" in caplog.text


def test_folders_that_are_gone_leave_the_path(tmp_path):
    first = _folder(tmp_path, "v1", 1)
    with importing_from(first):
        pass
    shutil.rmtree(first)
    with importing_from(_folder(tmp_path, "v2", 2)):
        assert str(first) not in sys.path


def test_no_folder_changes_nothing():
    before = list(sys.path)
    with importing_from(None):
        assert sys.path == before
