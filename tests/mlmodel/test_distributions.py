import sys
from pathlib import Path

import packaging.requirements  # noqa: F401 - loaded before sys.path is replaced
import pytest

from gitmodels.mlmodel import distributions
from gitmodels.mlmodel.distributions import Distribution, Installed, installed


def add(site: Path, name: str, version: str, *, record: list[str], requires: list[str] | None = None, direct: str = ""):
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {need}" for need in requires or []]
    (folder / "METADATA").write_text("\n".join([*lines, "", "Name: not-a-header"]))
    (folder / "RECORD").write_text("".join(f"{path},,\n" for path in record))
    if direct:
        (folder / "direct_url.json").write_text(direct)
    return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder)])
    monkeypatch.setattr(distributions, "_latest", {})
    return folder


def test_modules_map_to_the_distribution_that_ships_them(site: Path) -> None:
    add(site, "Scikit_Learn", "1.5.0", record=["sklearn/__init__.py", "sklearn/tree/_tree.so", "numpy.libs/x.so"])
    add(site, "six", "1.0", record=["six.py", "../../bin/six", "six-1.0.dist-info/RECORD"])
    known = installed()
    assert known.owners("sklearn.tree._tree") == ("scikit-learn",)
    assert known.owners("six") == ("six",)
    assert known.owners("numpy") == ()
    assert known.pin("scikit-learn") == "scikit-learn==1.5.0"


def test_a_shared_namespace_is_told_apart_by_its_packages(site: Path) -> None:
    add(site, "google-auth", "2.0", record=["google/auth/__init__.py", "google/auth/jwt.py"])
    add(
        site, "google-cloud-storage", "3.0", record=["google/cloud/storage/__init__.py", "google/cloud/storage/blob.py"]
    )
    known = installed()
    assert known.owners("google.cloud.storage.blob") == ("google-cloud-storage",)
    assert known.owners("google.auth") == ("google-auth",)
    assert known.owners("google") == ()


def test_two_distributions_of_one_package_are_both_named(site: Path) -> None:
    add(site, "xgboost", "2.0", record=["xgboost/__init__.py"])
    add(site, "xgboost-cpu", "2.0", record=["xgboost/__init__.py"])
    assert installed().owners("xgboost.sklearn") == ("xgboost", "xgboost-cpu")


def test_needs_follow_extras_and_markers(site: Path) -> None:
    needs = [
        "b[fast]>=1",
        "c; extra == 'more'",
        "d; python_version < '3'",
        "not a requirement !!",
        'e ; sys_platform=="x"',
    ]
    add(site, "a", "1", record=["a.py"], requires=needs)
    add(site, "b", "1", record=["b.py"], requires=['f; extra == "fast"', "g; extra == 'slow'"])
    for name in "cdefg":
        add(site, name, "1", record=[f"{name}.py"])
    known = installed()
    assert known.needs("a") == {"b", "f"}
    assert known.needs("a[more]") == {"b", "f", "c"}
    assert known.needs("absent") == frozenset()


def test_direct_installations_keep_where_they_came_from_without_credentials(site: Path) -> None:
    vcs = '{"url": "https://tok@github.com/o/x", "vcs_info": {"vcs": "git", "commit_id": "abc123"}}'
    add(site, "x", "1+local", record=["x.py"], direct=vcs)
    add(site, "y", "2.0+cu128", record=["y.py"], direct="{broken")
    add(site, "z", "1", record=["z.py"], direct='{"url": "file:///z", "dir_info": {"editable": true}}')
    known = installed()
    assert known.pin("x") == "x @ git+https://github.com/o/x@abc123"
    assert known.pin("y") == "y==2.0"
    assert known.distributions["z"].origin == "editable"


def test_the_cache_is_used_until_something_is_installed(site: Path, tmp_path: Path, monkeypatch) -> None:
    add(site, "a", "1", record=["a.py"])
    first = installed(tmp_path / "cache")
    assert len(list((tmp_path / "cache").glob("*.json"))) == 1
    monkeypatch.setattr(distributions, "_latest", {})
    monkeypatch.setattr(distributions, "_scan", lambda: pytest.fail("scanned again"))
    assert installed(tmp_path / "cache") == first
    monkeypatch.undo()
    monkeypatch.setattr(sys, "path", [str(site)])
    add(site, "b", "1", record=["b.py"])
    assert installed(tmp_path / "cache").owners("b") == ("b",)


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"fingerprint": 1}', b'{"fingerprint": "x", "modules": 3}'])
def test_a_damaged_cache_is_rebuilt(site: Path, tmp_path: Path, damage: bytes, monkeypatch) -> None:
    add(site, "a", "1", record=["a.py"])
    installed(tmp_path)
    (path,) = tmp_path.glob("installed-*.json")
    path.write_bytes(damage)
    monkeypatch.setattr(distributions, "_latest", {})
    assert installed(tmp_path).owners("a") == ("a",)


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(site: Path, tmp_path: Path) -> None:
    add(site, "a", "1", record=["a.py"])
    (tmp_path / "file").write_text("")
    assert installed(tmp_path / "file").owners("a") == ("a",)


def test_needs_survive_circles() -> None:
    rows = {"a": Distribution("a", "1", {"": ("b",)}), "b": Distribution("b", "1", {"": ("a",)})}
    assert Installed({}, rows).needs("a") == {"b"}
