"""The cases in which tools that capture requirements err, each with what is right."""

import json
import logging
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import packaging.requirements  # noqa: F401 - loaded before sys.path is replaced
import pytest

from gitmodels.mlmodel import distributions
from gitmodels.mlmodel.requirements import Requirements, capture


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter that has nothing installed but what a test puts here."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder)])
    monkeypatch.setattr(distributions, "_latest", {})
    return folder


def install(site: Path, name: str, version: str, *files: str, needs: tuple[str, ...] = (), direct: Any = None) -> Path:
    """A distribution as pip leaves it, its files empty."""
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {n}" for n in needs)]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    if direct is not None:
        (info / "direct_url.json").write_text(json.dumps(direct))
    for file in files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text("")
    return info


def needs(tmp_path: Path, code: str) -> Requirements:
    """What a model written as ``code`` needs."""
    path = tmp_path / "model_file.py"
    path.write_text(code)
    return capture(None, sources=[path])


# What a model imports, and the distribution that brings it: their names have little in common.
NAMES = [
    ("import sklearn.tree", "scikit-learn", "sklearn/__init__.py"),
    ("import PIL.Image", "Pillow", "PIL/__init__.py"),
    ("import cv2", "opencv-python-headless", "cv2/__init__.py"),
    ("from bs4 import BeautifulSoup", "beautifulsoup4", "bs4/__init__.py"),
    ("import dateutil.parser as p", "python-dateutil", "dateutil/__init__.py"),
    ("from attr import define", "attrs", "attr/__init__.py"),
    ("import dotenv", "python-dotenv", "dotenv/__init__.py"),
    ("import backports.zstd", "backports.zstd", "backports/zstd/__init__.py"),
    ("from google.cloud import storage", "google-cloud-storage", "google/cloud/storage/__init__.py"),
    ("import pkg_resources_like", "Setup_Tools.Like", "pkg_resources_like.py"),
    ("from xgboost import XGBClassifier", "xgboost-cpu", "xgboost/__init__.py"),
    ("import _fast_thing", "fast-thing", f"_fast_thing{EXTENSION_SUFFIXES[0]}"),
]


@pytest.mark.parametrize(("code", "name", "file"), NAMES)
def test_a_module_is_traced_to_its_distribution(code: str, name: str, file: str, site: Path, tmp_path: Path) -> None:
    install(site, name, "1.2.3", file)
    assert needs(tmp_path, code).pip == (f"{distributions.normalise(name)}==1.2.3",)


@pytest.mark.parametrize("version", ["2.7.1+cpu", "2.7.1+cu128"])
def test_a_local_version_is_pinned_without_its_label_and_that_is_said(
    version: str, site: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install(site, "torch", version, "torch/__init__.py")
    assert needs(tmp_path, "import torch").pip == ("torch==2.7.1",)
    assert f"torch {version} is required as torch==2.7.1" in caplog.text


def test_versions_of_every_form_are_pinned_as_they_stand(site: Path, tmp_path: Path) -> None:
    for name, version in (("a", "2.0.0rc1"), ("b", "1!3.0"), ("c", "0.1.dev4"), ("d", "1.0.post2")):
        install(site, name, version, f"{name}_mod.py")
    found = needs(tmp_path, "import a_mod, b_mod, c_mod, d_mod")
    assert found.pip == ("a==2.0.0rc1", "b==1!3.0", "c==0.1.dev4", "d==1.0.post2")


def test_only_direct_needs_are_listed_and_the_rest_is_locked(site: Path, tmp_path: Path) -> None:
    install(site, "framework", "1.0", "framework/__init__.py", needs=("numpy-like>=1", "joblib-like"))
    install(site, "numpy-like", "2.0", "numpy_like/__init__.py")
    install(site, "joblib-like", "3.0", "joblib_like/__init__.py", needs=("deep",))
    install(site, "deep", "4.0", "deep.py")
    install(site, "unused", "9.0", "unused.py")
    found = needs(tmp_path, "import framework, numpy_like, deep")
    assert found.pip == ("framework==1.0",)
    assert found.lock == ("deep==4.0", "framework==1.0", "joblib-like==3.0", "numpy-like==2.0")


def test_a_need_of_an_extra_alone_is_direct(site: Path, tmp_path: Path) -> None:
    """What only ``upper[fast]`` would bring does not come with ``upper``."""
    install(site, "upper", "1.0", "upper.py", needs=("lower; extra == 'fast'",))
    install(site, "lower", "1.0", "lower.py")
    assert needs(tmp_path, "import upper, lower").pip == ("lower==1.0", "upper==1.0")


def test_an_optional_import_that_is_not_installed_is_no_need(site: Path, tmp_path: Path) -> None:
    install(site, "there", "1.0", "there.py")
    code = "try:\n    import not_there_xyz\nexcept ImportError:\n    not_there_xyz = None\nimport there\n"
    found = needs(tmp_path, code)
    assert (found.pip, found.local_modules) == (("there==1.0",), ())


def test_imports_for_type_checkers_are_no_need(site: Path, tmp_path: Path) -> None:
    install(site, "typed", "1.0", "typed.py")
    install(site, "real", "1.0", "real.py")
    code = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import typed\nelse:\n    import real\n"
    assert needs(tmp_path, code).pip == ("real==1.0",)


def test_standard_modules_are_no_need_also_where_a_distribution_of_that_name_is_there(
    site: Path, tmp_path: Path
) -> None:
    install(site, "dataclasses", "0.6", "dataclasses.py")
    install(site, "typing", "3.7", "typing.py")
    assert needs(tmp_path, "import dataclasses, typing, os.path, xml.etree.ElementTree").pip == ()


def test_a_clone_of_a_repository_is_required_from_there(site: Path, tmp_path: Path) -> None:
    direct = {"url": "https://example.org/tool.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}}
    install(site, "tool", "1.0.dev0+g0000", "tool.py", direct=direct)
    assert needs(tmp_path, "import tool").pip == (f"tool @ git+https://example.org/tool.git@{'0' * 40}",)


def test_an_editable_project_is_the_users_own_code(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "own_thing.py").write_text("import there\n")
    monkeypatch.setattr(sys, "path", [str(site), str(project)])
    info = install(site, "own-thing", "0.1", direct={"url": f"file://{project}", "dir_info": {"editable": True}})
    (info / "top_level.txt").write_text("own_thing\n")
    install(site, "there", "1.0", "there.py")
    found = needs(tmp_path, "import own_thing")
    assert found.local_modules == ("own_thing",)
    assert found.pip == ("there==1.0",)


def test_a_file_of_the_users_own_hides_an_installed_distribution(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "features_xyz.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(site)])
    install(site, "features-xyz", "1.0", "features_xyz.py")
    found = needs(tmp_path, "import features_xyz")
    assert (found.pip, found.local_modules) == ((), ("features_xyz",))


def test_a_distribution_that_lists_no_files_is_known_by_its_name(site: Path, tmp_path: Path) -> None:
    """What a system's package manager installs has neither RECORD nor top_level.txt."""
    info = install(site, "debian_thing", "2.1")
    (info / "RECORD").unlink()
    (site / "debian_thing.py").write_text("")
    assert needs(tmp_path, "import debian_thing.sub").pip == ("debian-thing==2.1",)


def test_a_namespace_without_an_owner_needs_only_the_part_that_is_imported(site: Path, tmp_path: Path) -> None:
    install(site, "ns-one", "1.0", "shared_ns/one/__init__.py")
    install(site, "ns-two", "1.0", "shared_ns/two/__init__.py")
    assert needs(tmp_path, "import shared_ns.one").pip == ("ns-one==1.0",)
    assert needs(tmp_path, "from shared_ns import two").pip == ("ns-two==1.0",)
    assert needs(tmp_path, "import shared_ns").pip == ()


def test_a_damaged_distribution_hides_no_other(site: Path, tmp_path: Path) -> None:
    (site / "broken-1.0.dist-info").mkdir()
    (site / "worse-1.0.dist-info").mkdir()
    (site / "worse-1.0.dist-info" / "METADATA").write_bytes(b"Name: worse\n\xff\xfe")
    install(site, "there", "1.0", "there.py")
    assert needs(tmp_path, "import there").pip == ("there==1.0",)
    assert distributions.version("broken") is None
    assert distributions.version("worse") is None


def test_a_marker_that_does_not_hold_here_brings_nothing(site: Path, tmp_path: Path) -> None:
    install(site, "upper", "1.0", "upper.py", needs=("lower; sys_platform == 'nowhere'",))
    install(site, "lower", "1.0", "lower.py")
    assert needs(tmp_path, "import upper, lower").pip == ("lower==1.0", "upper==1.0")


def test_two_that_own_the_same_module_are_both_named(site: Path, tmp_path: Path) -> None:
    install(site, "tensor-cpu", "1.0", "tensor_mod/__init__.py")
    install(site, "tensor-gpu", "1.0", "tensor_mod/__init__.py")
    assert needs(tmp_path, "import tensor_mod").pip == ("tensor-cpu==1.0", "tensor-gpu==1.0")


def test_an_import_by_name_counts_and_a_word_in_a_text_does_not(site: Path) -> None:
    for name in ("by_name", "in_text"):
        install(site, name, "1.0", f"{name}.py")
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(
        "def f():\n    import importlib\n    'in_text is a word'\n    return importlib.import_module('by_name')", space
    )
    found = capture(space["f"]).pip
    assert "by-name==1.0" in found
    assert "in-text==1.0" not in found


def test_nothing_is_told_where_nothing_is_wrong(site: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    install(site, "there", "1.0", "there.py")
    needs(tmp_path, "import there")
    assert caplog.records == []
