"""``load_tensor`` and ``list_tensors``: from the registry, from runs and from a folder."""

import json
from pathlib import Path

import numpy as np
import pytest

import gitmodels
from gitmodels.api import context
from gitmodels.errors import FileMissing, Invalid, NotFound

FILE = "model.safetensors"


@pytest.fixture
def weights(here: Path) -> Path:
    """A folder with a safetensors file of two tensors; its second half is large enough to be cut."""
    header = {
        "large": {"dtype": "F16", "shape": [1 << 20, 3], "data_offsets": [8, 8 + (6 << 20)]},
        "small": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]},
    }
    text = json.dumps(header).encode()
    folder = here / "net"
    folder.mkdir()
    small = np.arange(4, dtype="<u2").tobytes()
    large = np.arange(3 << 20, dtype="<u2").tobytes()
    (folder / FILE).write_bytes(len(text).to_bytes(8, "little") + text + small + large)
    return folder


@pytest.fixture(params=["folder", "version", "alias", "model id"])
def uri(request: pytest.FixtureRequest, weights: Path) -> str:
    if request.param == "folder":
        return str(weights)
    version = gitmodels.register_model(str(weights), "net")
    gitmodels.Client().set_registered_model_alias("net", "champion", version.version)
    return {"version": "models:/net/1", "alias": "models:/net@champion", "model id": f"models:/{version.model_id}"}[
        request.param
    ]


def test_a_tensor_comes_as_an_array_of_its_own(uri: str) -> None:
    large = gitmodels.load_tensor(uri, FILE, "large")
    assert large.dtype == np.float16
    assert large.shape == (1 << 20, 3)
    assert (large.view("<u2").ravel() == np.arange(3 << 20, dtype="<u2")).all()
    large[0, 0] = 7
    assert gitmodels.load_tensor(uri, FILE, "large")[0, 0] == 0
    assert gitmodels.load_tensor(uri, FILE, "small").tolist() == [[0, 1], [2, 3]]


def test_tensors_are_listed_in_the_order_of_their_bytes(uri: str) -> None:
    found = gitmodels.list_tensors(uri, FILE)
    assert [(name, each.dtype, each.shape) for name, each in found.items()] == [
        ("small", "BF16", (2, 2)),
        ("large", "F16", (1 << 20, 3)),
    ]


def test_only_the_chunks_of_a_tensor_are_read(weights: Path) -> None:
    gitmodels.register_model(str(weights), "net")
    store = context.repository().store
    for pack in store.packs_folder.glob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[-1000] ^= 1
        pack.chmod(0o644)
        pack.write_bytes(data)
    assert gitmodels.load_tensor("models:/net/1", FILE, "small").tolist() == [[0, 1], [2, 3]]


def test_what_is_not_there_is_named(uri: str) -> None:
    with pytest.raises(NotFound, match="no tensor 'x'"):
        gitmodels.load_tensor(uri, FILE, "x")
    with pytest.raises(FileMissing):
        gitmodels.load_tensor(uri, "nothing", "x")


def test_another_format_is_refused(weights: Path) -> None:
    (weights / "other.safetensors").write_bytes(b"\x80\x04" + bytes(40))
    with pytest.raises(Invalid, match="no safetensors file"):
        gitmodels.list_tensors(str(weights), "other.safetensors")
