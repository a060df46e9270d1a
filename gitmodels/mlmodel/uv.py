"""The program uv: finding it, and having it make a virtual environment and install into that.

This room knows uv's command line and nothing of models. What uv is told beyond that (indexes, caches, credentials)
comes from the user's own configuration of it. No interpreter is ever downloaded from here.
"""

import importlib
import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from gitmodels.errors import Invalid, MissingDependency
from gitmodels.mlmodel.redaction import redact_urls

_VERSION = re.compile(r"\d{1,3}\.\d{1,3}(\.\d{1,3})?((a|b|rc)\d{1,3})?")
_DECORATION = re.compile(r"[\s×╰├│─▶]+")
_MAX_WORDS = 600
_NO_DOWNLOADS = "--no-python-downloads"
_logger = logging.getLogger("gitmodels")


def find() -> str:
    """The path of uv: the one on PATH, else that of the installed package. Raises MissingDependency."""
    if found := shutil.which("uv"):
        return found
    try:
        return str(importlib.import_module("uv").find_uv_bin())
    except (ImportError, FileNotFoundError, AttributeError):
        raise MissingDependency(
            "environments are built with uv, and uv is not installed",
            hint="pip install uv, or see https://docs.astral.sh/uv/",
        ) from None


def python_of(folder: Path) -> Path:
    """The interpreter of the virtual environment in ``folder``."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def make(folder: Path, version: str) -> None:
    """Make a virtual environment without packages in ``folder``, which may exist, for Python ``version`` (``3.11.7``).

    The running interpreter serves where it is that version; else uv looks for it on this machine, and takes another
    patch release of it with a warning. Raises Invalid for a version that is none, MissingDependency where there is
    no such Python.
    """
    python = _interpreter(version)
    _run(["venv", "--quiet", "--no-project", "--allow-existing", _NO_DOWNLOADS, "--python", python, str(folder)])


def install(folder: Path, requirements: Iterable[str], constraints: Iterable[str] = ()) -> None:
    """Install requirement lines into the environment in ``folder``, held to the lines of ``constraints``.

    Raises Invalid, with uv's own words in one line, when they cannot be installed.
    """
    with tempfile.TemporaryDirectory(prefix="gitmodels-env-") as work:
        wanted, held = Path(work, "requirements.txt"), Path(work, "constraints.txt")
        wanted.write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
        held.write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
        into = ["--python", str(python_of(folder)), _NO_DOWNLOADS]
        _run(["pip", "install", "--quiet", *into, "-r", str(wanted), "-c", str(held)])


def freeze(folder: Path) -> tuple[str, ...]:
    """What is installed in the environment in ``folder``, pinned, one requirement line each."""
    return tuple(_run(["pip", "freeze", "--python", str(python_of(folder))]).splitlines())


def _interpreter(version: str) -> str:
    if not _VERSION.fullmatch(version):
        raise Invalid(f"the environment asks for a Python of no version: {version[:40]!r}")
    here = platform.python_version()
    if version == here:
        return sys.executable
    if found := _found(version):
        return found
    minor = ".".join(version.split(".")[:2])
    other = sys.executable if here.startswith(f"{minor}.") else _found(minor)
    if other is None:
        raise MissingDependency(f"Python {version} is not on this machine", hint=f"uv python install {minor}")
    _logger.warning("Python %s is not on this machine: another %s stands in for it", version, minor)
    return other


def _found(version: str) -> str | None:
    command = [find(), "python", "find", "--quiet", "--no-project", _NO_DOWNLOADS, version]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return done.stdout.strip() or None if done.returncode == 0 else None


def _run(arguments: Sequence[str]) -> str:
    """What uv wrote on standard output. Raises Invalid with what it wrote on standard error."""
    command = [find(), "--color", "never", "--no-progress", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        words = redact_urls(_DECORATION.sub(" ", done.stderr)).strip()
        raise Invalid(
            f"the environment cannot be built: {words[:_MAX_WORDS] or f'uv ended with {done.returncode}'}",
            hint="uv takes indexes from its own configuration: UV_INDEX, UV_FIND_LINKS, UV_OFFLINE, uv.toml",
        )
    return done.stdout.strip()
