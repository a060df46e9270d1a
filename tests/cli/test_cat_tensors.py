"""``git models cat --tensor``: bytes that numpy reads, and nothing more than was asked for."""

import io
import json
import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Models = Any


@pytest.fixture
def weights(here: Path, models: Models) -> Path:
    """The model ``net`` with one safetensors file."""
    header = {
        "dense": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "norm": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
    }
    text = json.dumps(header).encode()
    folder = here / "net"
    folder.mkdir()
    data = np.arange(6, dtype="<f4").tobytes() + b"\x80\x3f\x00\x40"
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    (folder / "config.json").write_text("{}")
    models("register", "net", "net")
    return folder


def piped(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    script = Path(sysconfig.get_path("scripts"), "git-models")
    return subprocess.run([str(script), *arguments], capture_output=True, check=False, timeout=60)


def test_a_tensor_is_a_npy_file(weights: Path) -> None:
    done = piped("cat", "net/1:model.safetensors", "--tensor", "dense")
    assert done.stderr == b""
    assert np.load(io.BytesIO(done.stdout)).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_bits_are_said_to_be_bits(weights: Path) -> None:
    done = piped("cat", "net/1:model.safetensors", "--tensor", "norm")
    assert b"BF16 is no type of numpy: these are its bits as u2" in done.stderr
    assert np.load(io.BytesIO(done.stdout)).tolist() == [0x3F80, 0x4000]


def test_tensors_are_listed_with_type_and_shape(weights: Path, models: Models) -> None:
    lines = models("cat", "net/1:model.safetensors", "--list").out.splitlines()
    assert [line.split() for line in lines] == [
        ["NAME", "TYPE", "SHAPE", "BYTES"],
        ["dense", "F32", "2×3", "24"],
        ["norm", "BF16", "2", "4"],
    ]


def test_what_cannot_be_is_refused_with_the_way_out(weights: Path, models: Models) -> None:
    assert "it has dense, norm" in models("cat", "net/1:model.safetensors", "--tensor", "x", code=3).err
    assert "no safetensors file" in models("cat", "net/1:config.json", "--list", code=4).err
    assert "one of --tensor" in models("cat", "net/1:model.safetensors", "--list", "--tensor", "x", code=2).err
    assert "it has config.json" in models("cat", "net/1:x", "--tensor", "x", code=3).err


def test_a_tensor_is_not_written_to_a_terminal(weights: Path) -> None:
    script = Path(sysconfig.get_path("scripts"), "git-models")
    ours, theirs = os.openpty()
    try:
        command = [str(script), "cat", "net/1:model.safetensors", "--tensor", "dense"]
        done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, check=False, timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert b"a tensor is binary" in done.stderr
