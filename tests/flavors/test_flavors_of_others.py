"""The example of the documentation: a package with a flavor of its own, found, tested by the suite, and used."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "flavor"
USE = """
import gitmodels, numpy, pandas, sys
from gitmodels import flavors
assert flavors.third_party() == ["polynomial"]
data = pandas.DataFrame({"x": [0.5, 1.5]})
model = numpy.polynomial.Polynomial([1.0, 1.0, 1.0])
from gitmodels.mlmodel import package
package.save(model, __import__("pathlib").Path("saved"), flavors.detect(model))
gitmodels.register_model("saved", "curve")
loaded = gitmodels.pyfunc.load_model("models:/curve/1")
assert loaded.predict(data).tolist() == model(data["x"].to_numpy()).tolist()
assert loaded.loader_module == "polynomial_flavor"
import polynomial_flavor
assert polynomial_flavor._load_pyfunc("saved/model.npy").predict(data).tolist() == loaded.predict(data).tolist()
"""


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python in which the example is installed, as pip would leave it."""
    site = tmp_path / "site"
    site.mkdir()
    for file in EXAMPLE.glob("*.py"):
        shutil.copy(file, site)
    config = configparser.ConfigParser()
    config.read(EXAMPLE / "setup.cfg")
    metadata, groups = config["metadata"], config["options.entry_points"]
    info = site / f"{metadata['name'].replace('-', '_')}-{metadata['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {metadata['name']}\nVersion: {metadata['version']}\n")
    (info / "entry_points.txt").write_text("".join(f"[{group}]{lines}\n" for group, lines in groups.items()))
    return {**os.environ, "PYTHONPATH": str(site)}


def test_the_suite_runs_over_the_cases_of_an_installed_package(installed: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--pyargs", "gitmodels.testing"]
    done = subprocess.run(command, cwd=tmp_path, env=installed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "11 passed" in done.stdout


def test_it_is_found_registered_and_loaded_and_offers_mlflow_a_loader(
    installed: dict[str, str], git_repo: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USE], cwd=git_repo, env=installed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
