"""Compress a weights file with blosc2 (byte shuffle, zstd), one thread, and back: python blosc.py FILE OUT WIDTH."""

import json
import sys
import time
from pathlib import Path

import blosc2

file, out, width = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
blosc2.set_nthreads(1)
PIECE = 64 << 20


def encode() -> None:
    with open(file, "rb") as stream, open(out, "wb") as target:
        while piece := stream.read(PIECE):
            packed = blosc2.compress2(
                piece, typesize=width, codec=blosc2.Codec.ZSTD, clevel=1, filters=[blosc2.Filter.SHUFFLE]
            )
            target.write(len(packed).to_bytes(8, "little") + packed)


def decode() -> None:
    with open(out, "rb") as stream:
        while head := stream.read(8):
            blosc2.decompress2(stream.read(int.from_bytes(head, "little")))


figures = {}
for name, work in (("encode", encode), ("decode", decode)):
    taken = []
    for _ in range(3):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    figures[name] = sorted(taken)[1]
print(json.dumps({**figures, "size": out.stat().st_size / file.stat().st_size}))
