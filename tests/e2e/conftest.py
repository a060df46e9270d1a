"""Commands of a story, each in the folder of whoever gives it, run in this process: starting one costs a second."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.cli import main

Models = Callable[..., str]


@pytest.fixture
def models(capfd: pytest.CaptureFixture[str]) -> Models:
    """``models(folder, "promote", …, code=7)``: what ``git models promote …`` says in ``folder``."""

    def run(cwd: Path, *arguments: str, code: int = 0) -> str:
        capfd.readouterr()
        with contextlib.chdir(cwd):
            left = main.run(list(arguments))
        told = "".join(capfd.readouterr())
        assert left == code, (arguments, told)
        return told

    return run
