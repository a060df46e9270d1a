"""A repository that models are brought to, and repositories of other tools that they come from."""

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.exchange import sources
from gitmodels.exchange.plan import Choice, Step
from gitmodels.repo import Repo

# Where MLflow is missing, nothing of ``inside/`` is looked at.
collect_ignore = [] if importlib.util.find_spec("mlflow") else ["inside"]

MADE = Path(__file__).parent / "made"
Git = Callable[..., str]
Bring = Callable[..., list[Step]]


@pytest.fixture
def repo(git_repo: Path) -> Repo:
    """A fresh repository that models are brought to; the tests do not stand in it."""
    return Repo.open(git_repo)


@pytest.fixture
def bring(repo: Repo) -> Bring:
    """``bring("lfs:…", "fraud", dry_run=True)``: what ``git models import`` does with these options, as steps."""

    def run(source: str, *models: str, **chosen: object) -> list[Step]:
        way, location = sources.importer(source)
        return list(way(location, repo, Choice(models=models, **chosen)))  # type: ignore[arg-type]

    return run


@pytest.fixture
def hand_out(repo: Repo) -> Bring:
    """``hand_out("hf:…", "fraud@champion")``: what ``git models export`` does, as steps."""

    def run(target: str, *models: str, **chosen: object) -> list[Step]:
        way, location = sources.exporter(target)
        return list(way(location, repo, Choice(models=models, **chosen)))  # type: ignore[arg-type]

    return run


@pytest.fixture
def made(tmp_path: Path, git: Git) -> Callable[[str], Path]:
    """``made("dvc3")``: a clone of what another tool once wrote (``made/make.py``), with the cache it wrote."""

    def clone(name: str) -> Path:
        target = tmp_path / name
        git("clone", "--quiet", str(MADE / f"{name}.bundle"), str(target), cwd=tmp_path)
        _introduce(target, "Ana", git)
        if (cache := MADE / f"{name}-cache").is_dir():
            shutil.copytree(cache, target / ".dvc" / "cache")
        return target

    return clone


@pytest.fixture
def lfs_repo(tmp_path: Path, git: Git) -> Path:
    """A repository whose ``*.bin`` files git-lfs keeps: two weights, a configuration in git, two commits."""
    if shutil.which("git-lfs") is None:
        pytest.skip("git-lfs is not installed (Debian: git-lfs)")
    folder = tmp_path / "lfs"
    folder.mkdir()
    git("init", "--quiet", "--initial-branch=main", cwd=folder)
    _introduce(folder, "Lea", git)
    git("lfs", "install", "--local", cwd=folder)
    git("lfs", "track", "*.bin", cwd=folder)
    (folder / "net").mkdir()
    (folder / "net" / "config.json").write_text('{"layers": 2}')
    (folder / "net" / "a.bin").write_bytes(b"first weights" * 100)
    (folder / "net" / "b.bin").write_bytes(b"second weights" * 100)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "-m", "one", cwd=folder)
    (folder / "net" / "a.bin").write_bytes(b"better weights" * 100)
    git("commit", "--quiet", "--all", "-m", "two", cwd=folder)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def files(repo: Repo, name: str, number: int) -> dict[str, bytes]:
    """The files of a version with their bytes."""
    from gitmodels.objects.manifest import Manifest

    manifest = Manifest.from_yaml(repo.registry.state().manifest(name, number))
    return {entry.path: repo.store.read(entry) for entry in manifest.entries}


def plant(folder: Path, files: dict[str, str | bytes], git: Git, message: str = "plant") -> str:
    """Commit these files to the repository at ``folder``, made when it is missing; the commit's id."""
    if not folder.exists():
        folder.mkdir()
        git("init", "--quiet", "--initial-branch=main", cwd=folder)
        _introduce(folder, "Eve", git)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    git("add", "--all", cwd=folder)
    git("commit", "--quiet", "-m", message, cwd=folder)
    return git("rev-parse", "HEAD", cwd=folder).strip()


def _introduce(folder: Path, name: str, git: Git) -> None:
    git("config", "user.name", name, cwd=folder)
    git("config", "user.email", f"{name.lower()}@example.org", cwd=folder)


def no_traces(repo: Repo) -> None:
    """Nothing was registered, and nothing half-written lies in the store."""
    assert not repo.registry.exists()
    own = repo.git.own_dir
    left = [path for path in own.rglob("*") if path.is_file() and path.parent.name in ("packs", "tmp")]
    assert left == []
