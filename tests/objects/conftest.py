"""What the tests of the object store share: a store, and a folder that looks like a saved model."""

import random
from pathlib import Path

import pytest

from gitmodels.objects.store import ObjectStore


@pytest.fixture
def store(tmp_path):
    return ObjectStore(tmp_path / "store")


@pytest.fixture
def noise():
    """Incompressible bytes, the same on every run."""
    source = random.Random(7)
    return source.randbytes


@pytest.fixture
def model(tmp_path, noise) -> Path:
    root = tmp_path / "model"
    (root / "data" / "deep").mkdir(parents=True)
    (root / "MLmodel").write_text("flavors: {}\n" * 40)
    (root / "weights.bin").write_bytes(noise(200_000))
    (root / "data" / "deep" / "twin.bin").write_bytes((root / "weights.bin").read_bytes())
    (root / "data" / "empty").touch()
    return root
