"""What `du` tells of models and versions, and what `repack` makes of their store."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gitmodels.api import care, context, registering, repacking
from gitmodels.errors import ModelNotFound
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo


@pytest.fixture
def repo(here: Path) -> Repo:
    return context.repository()


@pytest.fixture
def register(repo: Repo, here: Path) -> Any:
    """``register(name, file=bytes, …)``: one more version of ``name``."""

    def make(name: str, **files: bytes) -> None:
        source = here / "source"
        source.mkdir(exist_ok=True)
        for old in source.iterdir():
            old.unlink()
        for path, data in files.items():
            (source / path).write_bytes(data)
        registering.register(repo, str(source), name)

    return make


def test_every_byte_of_a_version_is_explained(repo: Repo, register: Any) -> None:
    noise = np.random.default_rng(3).bytes
    shared, once = noise(5000), noise(700)
    register("fraud", weights=shared, text=b"word " * 500)
    register("fraud", weights=shared, text=once)
    register("churn", weights=shared, twin=shared)
    first, second = care.disk_usage_of(repo, "fraud")
    assert (first["version"], second["version"]) == (1, 2)
    assert (second["exclusive"], second["added"]) == (804, 804)
    assert second["shared_with"] == ["churn"]
    whole = care.disk_usage(repo)
    assert [row["name"] for row in whole["models"]] == ["churn", "fraud"]
    rows = {row["name"]: row for row in whole["models"]}
    assert rows["churn"]["exclusive"] == 0
    assert rows["churn"]["saved"] == {"deduplicated": 5000, "compressed": 0, "deltas": 0}
    assert rows["fraud"]["saved"]["deduplicated"] == 5000
    assert rows["fraud"]["saved"]["compressed"] > 2000
    assert whole["named"] == 4 * 5000 + 2500 + 700
    for row in (*whole["models"], first, second):
        assert row["raw"] + row["overhead"] == row["stored"] + row["lacking"] + sum(row["saved"].values())
    repo.store.add_bytes(b"nobody's" * 100)
    packs = sum(path.stat().st_size for path in repo.store.packs_folder.iterdir())
    told = care.disk_usage(repo)
    assert told["needed"] + told["other"] == told["stored"] == packs
    with pytest.raises(ModelNotFound):
        care.disk_usage_of(repo, "absent")


def test_what_a_clone_never_fetched_is_lacking(repo: Repo, register: Any, here: Path) -> None:
    register("fraud", weights=b"w" * 900)
    for path in repo.store.packs_folder.iterdir():
        path.unlink()
    (row,) = care.disk_usage_of(Repo.open(here), "fraud")
    assert (row["raw"], row["stored"], row["lacking"]) == (900, 0, 900)


def test_a_thorough_repack_stores_versions_as_differences_to_the_one_before(repo: Repo, register: Any) -> None:
    source = np.random.default_rng(7)
    weights = source.normal(0, 0.02, 60_000).astype(np.float32)
    for _ in range(4):
        register("fraud", weights=weights.tobytes())
        weights = (weights * (1 + 1e-3 * source.normal(size=weights.size))).astype(np.float32)
    manifests = [Manifest.from_yaml(repo.registry.state().manifest("fraud", number)) for number in range(1, 5)]
    contents = [repo.store.read(manifest.entries[0]) for manifest in manifests]
    plain = repacking.repack(repo)
    assert (plain["packs_before"], plain["packs_after"]) == (4, 1)
    done = repacking.repack(repo, thorough=True)
    assert done["after"] <= plain["after"]
    fresh = Repo.open(repo.location)
    assert [fresh.store.read(manifest.entries[0]) for manifest in manifests] == contents
    assert fsck(fresh.store, full=True) == []
    assert repacking.repack(repo, thorough=True)["after"] == done["after"]


def test_bases_are_taken_from_the_version_before_and_have_none_themselves(repo: Repo, register: Any) -> None:
    noise = np.random.default_rng(9).bytes
    register("a", weights=noise(4000), same=b"s" * 4000)
    register("a", weights=noise(4000), same=b"s" * 4000)
    register("a", weights=noise(4000), other=noise(4000))
    register("b", weights=noise(4000))
    bases = repacking.likely_bases(repo)
    state = repo.registry.state()
    ids = [
        bytes.fromhex(Manifest.from_yaml(state.manifest("a", number)).entry("weights").blake3) for number in (1, 2, 3)
    ]
    assert bases == {ids[1]: ids[0], ids[2]: ids[0]}
