"""uv is found, told exactly what to do, and what it says is passed on in one line without secrets."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from gitmodels.errors import Invalid, MissingDependency
from gitmodels.mlmodel import uv

pytest.importorskip("uv")


def _program(folder: Path, script: str) -> None:
    """A uv of our own on PATH, for what the real one cannot be made to do."""
    folder.mkdir()
    path = folder / "uv"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_one_on_the_path_counts_before_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert uv.find() == str(tmp_path / "bin" / "uv")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(uv.find()).is_file()
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(MissingDependency) as told:
        uv.find()
    assert "pip install uv" in told.value.hint


def test_an_environment_is_made_empty_for_the_running_python(offline_index: Path, tmp_path: Path) -> None:
    uv.make(tmp_path / "env", platform.python_version())
    python = uv.python_of(tmp_path / "env")
    program = "import sys; print(sys.prefix, sys.base_prefix)"
    done = subprocess.run([str(python), "-I", "-c", program], capture_output=True, text=True, check=True)
    prefix, base = done.stdout.split()
    assert os.path.realpath(prefix) == os.path.realpath(tmp_path / "env")
    assert os.path.realpath(base) == os.path.realpath(sys.base_prefix)
    assert uv.freeze(tmp_path / "env") == ()


def test_another_patch_release_stands_in_and_is_told(
    offline_index: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    minor = ".".join(platform.python_version().split(".")[:2])
    uv.make(tmp_path / "env", f"{minor}.99")
    assert f"Python {minor}.99 is not on this machine: another {minor} stands in for it" in caplog.text


@pytest.mark.parametrize("version", ["", "--help", "3", "3.11 --with evil", "three", "3.11.7\n", "../python"])
def test_a_version_that_is_none_never_reaches_uv(version: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="of no version"):
        uv.make(tmp_path / "env", version)
    assert not (tmp_path / "env").exists()


def test_what_uv_says_is_one_line_without_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "  × No solution found:\n  ╰─▶ cannot reach https://ann:s3cret@example.org/simple\n"
    _program(tmp_path / "bin", f"printf '{said}' >&2; exit 1".replace("\n", "\\n"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(Invalid) as told:
        uv.install(tmp_path / "env", ["numpy"])
    assert told.value.message == (
        "the environment cannot be built: No solution found: cannot reach https://example.org/simple"
    )


def test_a_uv_that_says_nothing_is_told_by_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", "exit 3")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(Invalid, match="uv ended with 3"):
        uv.install(tmp_path / "env", ["numpy"])
