"""The user's own files that a model needs travel with it, and nothing beside them."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from gitmodels.errors import Invalid
from gitmodels.mlmodel import inferred_code, package
from gitmodels.mlmodel.package import PackageOptions
from gitmodels.mlmodel.requirements import capture
from gitmodels.mlmodel.sources import file_of

MODEL = """import gitmodels
class M(gitmodels.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        from own_pkg.inner.deep import answer
        return [answer() for _ in model_input]
gitmodels.models.set_model(M())
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a package, the model's file, and something private beside them."""
    folder = tmp_path / "project"
    inner = folder / "own_pkg" / "inner"
    inner.mkdir(parents=True)
    (folder / "own_pkg" / "__init__.py").write_text("")
    (folder / "own_pkg" / "secrets.py").write_text("PASSWORD = 1\n")
    (folder / "own_pkg" / "table.csv").write_text("private\n")
    (inner / "deep.py").write_text("from own_pkg import beside\nimport colorsys\ndef answer(): return beside.VALUE\n")
    (folder / "own_pkg" / "beside.py").write_text("import yaml\nVALUE = 42\n")
    (folder / "model.py").write_text(MODEL)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_the_files_that_are_needed_travel_and_no_others(project: Path, tmp_path: Path) -> None:
    package.save("model.py", tmp_path / "m", "python_function", PackageOptions(infer_code_paths=True))
    code = tmp_path / "m" / "code"
    taken = sorted(str(path.relative_to(code)) for path in code.rglob("*") if path.is_file())
    assert taken == ["own_pkg/__init__.py", "own_pkg/beside.py", "own_pkg/inner/deep.py"]
    assert (
        "PyYAML" in (tmp_path / "m" / "requirements.txt").read_text()
        or "pyyaml" in (tmp_path / "m" / "requirements.txt").read_text()
    )
    program = (
        "import gitmodels.pyfunc, sys\n"
        f"model = gitmodels.pyfunc.load_model({str(tmp_path / 'm')!r}, trust=True)\n"
        "print(model.predict([1, 2]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "[42, 42]\n", done.stderr


def test_without_it_the_modules_are_named_also_for_a_model_in_a_file(
    project: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    package.save("model.py", tmp_path / "m", "python_function")
    assert "own_pkg.inner.deep" in caplog.text
    assert not (tmp_path / "m" / "code").exists()


def test_both_ways_of_saying_it_are_refused_as_in_mlflow(project: Path, tmp_path: Path) -> None:
    options = PackageOptions(infer_code_paths=True, code_paths=["own_pkg"])
    with pytest.raises(Invalid, match="'code_paths' param cannot be set"):
        package.save("model.py", tmp_path / "m", "python_function", options)
    assert not (tmp_path / "m").exists()


def test_what_lies_elsewhere_stays_and_is_told(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "afar_module.py").write_text("")
    monkeypatch.syspath_prepend(str(elsewhere))
    (project / "model.py").write_text(MODEL.replace("import gitmodels\n", "import gitmodels\nimport afar_module\n"))
    package.save("model.py", tmp_path / "m", "python_function", PackageOptions(infer_code_paths=True))
    assert "modules of no package: afar_module;" in caplog.text
    assert not (tmp_path / "m" / "code" / "afar_module.py").exists()


def test_a_link_out_of_the_folder_is_not_followed(project: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("")
    (project / "linked_module.py").symlink_to(tmp_path / "outside.py")
    assert file_of("linked_module") is not None
    assert inferred_code.copy(["linked_module"], project, tmp_path / "code") == frozenset()
    assert not (tmp_path / "code").exists()


def test_a_file_that_hides_a_standard_module_is_the_users_own(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (project / "colorsys.py").write_text("import click\n")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    caplog.set_level(logging.WARNING)
    found = capture(None, sources=[project / "own_pkg"])
    assert "colorsys" in found.local_modules
    assert any(line.startswith("click==") for line in found.pip)
