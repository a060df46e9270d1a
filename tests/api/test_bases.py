"""Which model a new version is compared with, and what is recorded of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gitmodels
from gitmodels.api import context
from gitmodels.errors import VersionNotFound
from gitmodels.objects import codecs
from gitmodels.objects.manifest import Manifest


def _write(folder: Path, seed: int) -> Path:
    """A file of opaque bytes that differs in a few places from those of other seeds."""
    data = bytearray(np.random.default_rng(0).bytes(100_000))
    data[seed * 100 : seed * 100 + 50] = np.random.default_rng(seed).bytes(50)
    folder.mkdir(exist_ok=True)
    (folder / "weights.bin").write_bytes(data)
    return folder


def _codec(name: str, number: int) -> int:
    repo = context.repository()
    manifest = Manifest.from_yaml(repo.registry.state().manifest(name, number))
    (place,) = repo.store.catalog.find(bytes.fromhex(manifest.entry("weights.bin").blake3))
    return place.codec


def _recorded(name: str, number: int) -> tuple[str, ...]:
    return context.repository().registry.state().version(name, number).record.base


def test_a_version_is_compared_with_the_one_before(here: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        gitmodels.register_model(str(_write(tmp_path / "m", seed)), "net")
    assert [_codec("net", 1), _codec("net", 2)] == [codecs.RAW, codecs.AFTER_BASE]
    assert _recorded("net", 2) == ()


def test_a_model_is_compared_with_its_base_which_is_recorded(here: Path, tmp_path: Path) -> None:
    gitmodels.register_model(str(_write(tmp_path / "m", 1)), "net")
    gitmodels.register_model(str(_write(tmp_path / "m", 2)), "other")
    gitmodels.register_model(str(_write(tmp_path / "m", 3)), "tuned", base="models:/net/1")
    assert [_codec("other", 1), _codec("tuned", 1)] == [codecs.RAW, codecs.AFTER_BASE]
    state = context.repository().registry.state()
    assert _recorded("tuned", 1) == (state.version("net", 1).record.model_id,)


def test_a_base_that_is_not_there_is_an_error_before_anything_is_registered(here: Path, tmp_path: Path) -> None:
    source = str(_write(tmp_path / "m", 1))
    gitmodels.register_model(source, "net")
    with pytest.raises(VersionNotFound):
        gitmodels.register_model(source, "net", base="models:/nothing/1")
    with pytest.raises(VersionNotFound):
        gitmodels.register_model(source, "net", base="models:/net/7")
    assert context.repository().registry.state().numbers("net") == [1]


def test_a_logged_model_is_compared_with_the_version_before_of_the_name_it_is_registered_under(
    here: Path, classifier: Any
) -> None:
    first = gitmodels.sklearn.log_model(classifier, name="m", registered_model_name="iris")
    info = gitmodels.sklearn.log_model(classifier, name="m", registered_model_name="iris", base="models:/iris/1")
    assert (first.registered_model_version, info.registered_model_version) == (1, 2)
    assert _recorded("iris", 2) == (first.model_id,)
