"""What the tests of remotes share: stores with models in them, and one remote of each kind to run the suite over."""

import random
from pathlib import Path

import pytest

from gitmodels.objects.store import ObjectStore
from gitmodels.remotes.directory import DirectoryPacks


@pytest.fixture
def noise():
    """Incompressible bytes, the same on every run."""
    return random.Random(7).randbytes


@pytest.fixture
def store(tmp_path):
    """Where models come from."""
    return ObjectStore(tmp_path / "here", durability="batch")


@pytest.fixture
def other(tmp_path):
    """An empty store elsewhere."""
    return ObjectStore(tmp_path / "there", durability="batch")


@pytest.fixture
def folder(tmp_path) -> Path:
    """The folder of the remote that ``shelf`` is."""
    path = tmp_path / "shelf"
    path.mkdir()
    return path


@pytest.fixture
def shelf(folder):
    """A remote in a folder: what the tests of transfers use."""
    return DirectoryPacks(folder)


@pytest.fixture
def added(store, tmp_path, noise):
    """``added("a", 1000, "b", b"…")``: files of so many bytes of noise, or of the bytes given, added as one model."""

    def add(*files, parent=None, to=None):
        root = tmp_path / f"model-{random.getrandbits(40):x}"
        root.mkdir()
        for name, content in zip(files[::2], files[1::2], strict=True):
            (root / name).write_bytes(noise(content) if isinstance(content, int) else content)
        return (to or store).add_directory(root, remember="nothing", parent=parent)

    return add
