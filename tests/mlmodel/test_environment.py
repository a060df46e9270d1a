from pathlib import Path

import pytest
import yaml as pyyaml

from gitmodels.errors import FileMissing, Invalid
from gitmodels.mlmodel import environment
from gitmodels.mlmodel.environment import files, other_packages, read, write
from gitmodels.mlmodel.requirements import Requirements

GOLDEN = Path(__file__).parent.parent / "formats" / "v1" / "environment"
VERSIONS = {"pip": "24.0", "setuptools": "70.0.0", "wheel": None}


@pytest.fixture
def fixed_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.distributions, "version", VERSIONS.get)


def test_the_files_are_these_bytes(fixed_tools: None) -> None:
    requirements = Requirements(
        pip=("scikit-learn==1.5.0", "cloudpickle==3.1.0"),
        constraints=("numpy<3",),
        lock=("cloudpickle==3.1.0", "numpy==2.0.0"),
        python="3.11.7",
    )
    found = files(requirements)
    assert found == {path.name: path.read_bytes() for path in GOLDEN.iterdir()}


def test_what_was_written_reads_back(tmp_path: Path, fixed_tools: None) -> None:
    requirements = Requirements(pip=("a==1",), constraints=("b<2",), lock=("a==1",), python="3.12.1")
    assert write(tmp_path, requirements) == (
        "conda.yaml",
        "constraints.txt",
        "python_env.yaml",
        "requirements.lock",
        "requirements.txt",
    )
    back = read(tmp_path)
    assert (back.pip, back.constraints, back.lock, back.python) == (("a==1",), ("b<2",), ("a==1",), "3.12.1")
    assert pyyaml.safe_load((tmp_path / "conda.yaml").read_text()) == {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": ["python=3.12.1", "pip<=24.0", {"pip": ["a==1", "-c constraints.txt"]}],
    }


def test_a_given_conda_environment_keeps_its_shape(fixed_tools: None) -> None:
    conda = {"name": "mine", "dependencies": ["python=3.10", {"pip": ["old"]}, "cmake"]}
    found = pyyaml.safe_load(files(Requirements(pip=("new",), python="3.10", conda=conda))["conda.yaml"])
    assert found == {"name": "mine", "dependencies": ["python=3.10", {"pip": ["new"]}, "cmake"]}
    bare = {"dependencies": ["python=3.10"]}
    assert pyyaml.safe_load(files(Requirements(pip=(), python="3.10", conda=bare))["conda.yaml"]) == bare


def test_a_directory_of_mlflows_is_read(tmp_path: Path) -> None:
    (tmp_path / "conda.yaml").write_text(
        "channels:\n- conda-forge\ndependencies:\n- python=3.11\n- pip:\n  - mlflow==3\n"
    )
    assert read(tmp_path).pip == ("mlflow==3",)
    (tmp_path / "requirements.txt").write_text("mlflow==3.17.2\nnumpy==1.0")
    assert read(tmp_path).pip == ("mlflow==3.17.2", "numpy==1.0")


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileMissing):
        read(tmp_path)
    (tmp_path / "conda.yaml").write_text("- x")
    with pytest.raises(Invalid, match="not a mapping"):
        read(tmp_path)
    (tmp_path / "conda.yaml").unlink()
    (tmp_path / "requirements.txt").write_bytes(b"\xff")
    with pytest.raises(Invalid, match="UTF-8"):
        read(tmp_path)
    (tmp_path / "requirements.txt").write_bytes(b"x" * (1 << 21))
    with pytest.raises(Invalid, match="larger"):
        read(tmp_path)


def test_the_python_of_a_conda_environment_counts_where_nothing_else_says_it(tmp_path: Path) -> None:
    (tmp_path / "conda.yaml").write_text("dependencies:\n- python=3.9.18\n- cmake\n- pip>=20\n- {pip: [mlflow]}\n")
    found = read(tmp_path)
    assert found.python == "3.9.18"
    assert other_packages(found.conda) == ("cmake",)
    (tmp_path / "python_env.yaml").write_text("python: 3.10.2\n")
    assert read(tmp_path).python == "3.10.2"


def test_a_conda_environment_of_nonsense_has_no_packages() -> None:
    assert other_packages(None) == ()
    assert other_packages({"dependencies": "python"}) == ()
    assert other_packages({"dependencies": ["pipx", "python-dateutil=2", 7]}) == ("pipx", "python-dateutil=2")


@pytest.mark.parametrize(
    ("text", "python"), [("3.10", "3.10"), ("'3.10'", "3.10"), ("3.9", "3.9"), ("3.11.7", "3.11.7"), ("3.12", "3.12")]
)
def test_a_python_without_quotes_is_the_version_that_was_meant(text: str, python: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "python_env.yaml").write_text(f"python: {text}\n")
    assert read(tmp_path).python == python


def test_a_mark_of_byte_order_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"\xef\xbb\xbfnumpy==1.0\r\nscipy\r\n")
    assert read(tmp_path).pip == ("numpy==1.0", "scipy")
