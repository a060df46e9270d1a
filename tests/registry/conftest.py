"""Registries in real repositories, with a clock that ticks by itself and versions that cost nothing to make."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels import digest, yaml
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry.changes.versions import NewVersion
from gitmodels.registry.records import VersionRecord
from gitmodels.registry.registry import Registry

ANA = Identity("Ana Test", "ana@example.org")
# 2026-02-03T04:05:06.789Z
START = 1_770_091_506_789


class Clock:
    """One second later at every look."""

    def __init__(self) -> None:
        self.now = START - 1000

    def __call__(self) -> int:
        self.now += 1000
        return self.now


def make_version(content: bytes = b"weights", **fields: object) -> NewVersion:
    """A version whose only file holds ``content``."""
    file = digest.of_bytes(content)
    manifest = digest.of_bytes(f"{file}  model.bin\n".encode())
    record = VersionRecord(digest.model_id(manifest), manifest, 0, "", "", "", size=len(content), **fields)  # type: ignore[arg-type]
    text = yaml.dump({"format": 1, "files": [{"path": "model.bin", "size": len(content), "blake3": file}]})
    return NewVersion(record, text, {"MLmodel": b"flavors: {}\n"})


def open_registry(path: Path) -> Registry:
    """The registry of the repository at ``path``."""
    return Registry(GitRepository.open(path), ANA, clock=Clock())


@pytest.fixture(name="new_version")
def new_version_fixture() -> Callable[..., NewVersion]:
    """``new_version(b"content", flavors=("sklearn",))``."""
    return make_version


@pytest.fixture
def registry(git_repo: Path) -> Registry:
    """An empty registry in a fresh repository."""
    found = open_registry(git_repo)
    found.init()
    return found


@pytest.fixture
def put(registry: Registry, git: Callable[..., str]) -> Callable[[dict[str, bytes | None]], None]:
    """``put({"models/…/model.yaml": b"…"})``: a commit by somebody with an editor; None removes the path."""

    def commit(files: dict[str, bytes | None]) -> None:
        folder = registry.git.common_dir
        env = {"GIT_INDEX_FILE": str(folder / "hand-index")}
        git("read-tree", "gitmodels", cwd=folder, **env)
        for path, data in files.items():
            if data is None:
                git("rm", "-r", "--cached", "--quiet", path, cwd=folder, GIT_WORK_TREE=str(folder), **env)
                continue
            done = subprocess.run(["git", "hash-object", "-w", "--stdin"], input=data, cwd=folder, capture_output=True)
            git(
                "update-index",
                "--add",
                "--cacheinfo",
                f"100644,{done.stdout.decode().strip()},{path}",
                cwd=folder,
                **env,
            )
        tree = git("write-tree", cwd=folder, **env).strip()
        new = git("commit-tree", tree, "-p", "gitmodels", "-m", "by hand", cwd=folder).strip()
        git("update-ref", "refs/heads/gitmodels", new, cwd=folder)

    return commit
