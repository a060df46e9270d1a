"""Compress weights with blosc2 (byte shuffle, zstd), one thread, and back, in memory: python blosc.py FILE WIDTH."""

import json
import sys
import time
from pathlib import Path

import blosc2

file, width = Path(sys.argv[1]), int(sys.argv[2])
blosc2.set_nthreads(1)
PIECE = 64 << 20
data = file.read_bytes()
pieces = [data[start : start + PIECE] for start in range(0, len(data), PIECE)]


def encode() -> list[bytes]:
    return [
        blosc2.compress2(piece, typesize=width, codec=blosc2.Codec.ZSTD, clevel=1, filters=[blosc2.Filter.SHUFFLE])
        for piece in pieces
    ]


packed = encode()


def decode() -> list[bytes]:
    return [blosc2.decompress2(each) for each in packed]


figures = {"size": sum(map(len, packed)) / len(data)}
for name, work in (("encode", encode), ("decode", decode)):
    taken = []
    for _ in range(5):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    figures[name] = sorted(taken)[2]
print(json.dumps(figures))
