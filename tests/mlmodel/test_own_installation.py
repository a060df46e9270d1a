"""The gitmodels that runs here is the one that a model's environment gets, however it was installed."""

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.errors import Invalid
from gitmodels.mlmodel import own_installation


class _Installed:
    """A distribution that was installed from somewhere."""

    def __init__(self, told: Any) -> None:
        self.told = told

    def read_text(self, name: str) -> str | None:
        return self.told if self.told is None or isinstance(self.told, str) else json.dumps(self.told)


def test_a_checkout_brings_what_it_needs_and_is_linked(tmp_path: Path) -> None:
    root = own_installation.checkout()
    assert root == Path(gitmodels.__file__).resolve().parents[1]
    names = [line.partition(">")[0] for line in own_installation.requirements()]
    assert {"pygit2", "numpy", "blake3", "click"} <= set(names)
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    own_installation.link(tmp_path)
    assert (packages / "gitmodels").resolve() == Path(gitmodels.__file__).resolve().parent


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (None, f"gitmodels=={gitmodels.__version__}"),
        ("{broken", f"gitmodels=={gitmodels.__version__}"),
        ({"url": "file:///dist/gitmodels.whl", "archive_info": {}}, "gitmodels @ file:///dist/gitmodels.whl"),
        (
            {"url": "https://example.org/g.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            "gitmodels @ git+https://example.org/g.git@abc",
        ),
    ],
)
def test_an_installed_one_comes_from_where_it_came(
    told: Any, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(own_installation, "checkout", lambda: None)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: _Installed(told))
    assert own_installation.requirements() == (line,)
    own_installation.link(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_python_that_is_too_old_is_refused() -> None:
    own_installation.check_python("3.11.0")
    own_installation.check_python("3.14")
    own_installation.check_python("nonsense")
    with pytest.raises(Invalid, match=r"made with Python 3\.9\.18"):
        own_installation.check_python("3.9.18")
