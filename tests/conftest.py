"""What every test stands on: a machine without a past, and real git repositories.

The environment is made clean once per process, before anything is collected, so the doctests in ``gitmodels/`` run
in it too: a fresh HOME, no git configuration but the repository's own, no identity, none of our variables.
"""

import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import hypothesis
import pygit2
import pytest
from pygit2.enums import ConfigLevel

from tests.git_servers import git_servers, serve, served  # noqa: F401  (fixtures for every room that talks to git)

_FOREIGN_PREFIXES = ("GIT_", "GITMODELS_", "MLFLOW_", "XDG_", "LC_")
_FOREIGN = ("EMAIL", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "PAGER", "LESS", "LANGUAGE")
# Tests start hundreds of processes of ours: where bytecode is never kept, each of them compiles all that it imports.
_SLOW = ("PYTHONDONTWRITEBYTECODE",)
_CONFIG_LEVELS = (ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL, ConfigLevel.PROGRAMDATA)

# The same examples on every run, so that a red build is never luck; the heavy profile goes on looking for new ones.
hypothesis.settings.register_profile("default", deadline=None, max_examples=60, derandomize=True)
hypothesis.settings.register_profile("heavy", deadline=None, max_examples=2000)
hypothesis.settings.load_profile("default")


def pytest_configure(config: pytest.Config) -> None:
    """Clean the process, remembering what to put back."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # As in the background job of a shell: whatever a test starts would ignore the interrupts it is tested with.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    before = dict(os.environ)
    # Where tests keep their files, for whoever looks after a failure; what they leave elsewhere goes with the home.
    outermost = os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    # Not inside the home of a pytest that started this one: the paths of sockets may have 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="gitmodels-home-", dir=outermost))
    config.stash[_HOME] = home
    config.stash[_BEFORE] = before
    isolate(home)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what only holds for SHA-1 where repositories of the tests have other ids."""
    if os.environ.get("GIT_DEFAULT_HASH", "sha1") != "sha1":
        for item in items:
            if item.get_closest_marker("sha1"):
                item.add_marker(pytest.mark.skip(reason="SHA-1 only"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Put the environment back and remove the home."""
    os.environ.clear()
    os.environ.update(config.stash[_BEFORE])
    tempfile.tempdir = None
    shutil.rmtree(config.stash[_HOME], ignore_errors=True)


def isolate(home: Path) -> None:
    """Make this process, and what it starts, see ``home`` and no configuration of the machine."""
    for name in [name for name in os.environ if name.startswith(_FOREIGN_PREFIXES) or name in (*_FOREIGN, *_SLOW)]:
        del os.environ[name]
    sys.dont_write_bytecode = False
    if wanted := os.environ.get("TEST_OBJECT_FORMAT"):
        os.environ["GIT_DEFAULT_HASH"] = wanted  # what `git init` makes: sha1 or sha256
    (home / "tmp").mkdir(exist_ok=True)
    tempfile.tempdir = None
    os.environ.update(
        HOME=str(home),
        TMPDIR=str(home / "tmp"),
        XDG_CONFIG_HOME=str(home / ".config"),
        XDG_CACHE_HOME=str(home / ".cache"),
        XDG_DATA_HOME=str(home / ".local/share"),
        XDG_STATE_HOME=str(home / ".local/state"),
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_CONFIG_NOSYSTEM="1",
        GIT_TERMINAL_PROMPT="0",
        LC_ALL="C.UTF-8",
        TZ="UTC",
    )
    time.tzset()
    for level in _CONFIG_LEVELS:
        # libgit2 reads no GIT_CONFIG_*: it is told where to look, and there is nothing.
        pygit2.settings.search_path[level] = str(home / "no-git-config")


_HOME = pytest.StashKey[Path]()
_BEFORE = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def home(pytestconfig: pytest.Config) -> Path:
    """The HOME of this test process."""
    return pytestconfig.stash[_HOME]


@pytest.fixture(scope="session")
def git() -> Callable[..., str]:
    """``git("log", "-1", cwd=repo)``: the real git, its output as text; fails the test when git fails."""

    def run(*arguments: str, cwd: Path, **extra: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=cwd, env={**os.environ, **extra}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    return run


@pytest.fixture
def git_repo(tmp_path: Path, git: Callable[..., str]) -> Path:
    """A fresh repository with an identity, on the unborn branch ``main``."""
    return _init(tmp_path / "repo", git)


@pytest.fixture
def bare_repo(tmp_path: Path, git: Callable[..., str]) -> Path:
    """A fresh bare repository with an identity."""
    return _init(tmp_path / "bare.git", git, "--bare")


def _init(path: Path, git: Callable[..., str], *options: str) -> Path:
    path.mkdir()
    git("init", "--quiet", "--initial-branch=main", *options, cwd=path)
    git("config", "user.name", "Ana Test", cwd=path)
    git("config", "user.email", "ana@example.org", cwd=path)
    return path


@pytest.fixture(scope="session")
def make_wheel() -> Callable[..., Path]:
    """``make_wheel(folder, "tiny", "1.0", {"tiny.py": "…"}, needs=["numpy"])``: a wheel of these files."""

    def make(
        folder: Path, name: str, version: str, files: Mapping[str, str | bytes], needs: Iterable[str] = ()
    ) -> Path:
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
        wheel = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        content = {**files, f"{info}/METADATA": metadata, f"{info}/WHEEL": wheel}
        return _zipped(folder / f"{name}-{version}-py3-none-any.whl", content, f"{info}/RECORD")

    return make


@pytest.fixture(scope="session")
def repack_wheel() -> Callable[[Path, str], Path]:
    """``repack_wheel(folder, "numpy")``: the wheel that an installed distribution came from, made of its files."""
    return _repacked


@pytest.fixture(scope="session")
def package_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of wheels that has all that gitmodels itself needs; tests add their own."""
    folder = tmp_path_factory.mktemp("wheels")
    for need in _closure("gitmodels"):
        _repacked(folder, need)
    return folder


@pytest.fixture
def offline_index(
    package_folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """``package_folder`` as the only place where uv finds packages; nothing is downloaded."""
    pytest.importorskip("uv")
    cache = package_folder.parent / "uv-cache"
    for name, value in {
        "UV_FIND_LINKS": str(package_folder),
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(cache),
    }.items():
        monkeypatch.setenv(name, value)
    return package_folder


def _closure(name: str) -> set[str]:
    """The installed distributions that ``name`` needs, directly or not, without extras."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = [name]
    while waiting:
        for line in importlib.metadata.requires(waiting.pop()) or []:
            need = Requirement(line)
            if (need.marker is None or need.marker.evaluate({"extra": ""})) and need.name not in found:
                found.add(need.name)
                waiting.append(need.name)
    return found


def _repacked(folder: Path, name: str) -> Path:
    distribution = importlib.metadata.distribution(name)
    tag = next(line for line in (distribution.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: "))
    stem = f"{distribution.metadata['Name'].replace('-', '_').replace('.', '_')}-{distribution.version}"
    files = [file for file in distribution.files or [] if ".." not in file.parts and file.suffix != ".pyc"]
    kept = [file for file in files if file.name not in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")]
    info = next(file.parts[0] for file in kept if file.parts[0].endswith(".dist-info"))
    content = {str(file): Path(str(file.locate())).read_bytes() for file in kept}
    return _zipped(folder / f"{stem}-{tag[5:]}.whl", content, f"{info}/RECORD")


def _zipped(path: Path, content: Mapping[str, str | bytes], record: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        archive.writestr(record, "".join(f"{name},,\n" for name in [*content, record]))
    return path
