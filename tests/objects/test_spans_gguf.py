"""GGUF: by its tensors, when its table of them fits the file."""

import random
import struct

import pytest

from gitmodels.objects import spans
from gitmodels.objects.spans import gguf

NOISE = random.Random(5).randbytes(20_000)
F32, F16, Q8, F64, BF16 = 0, 1, 8, 28, 30


def text(value):
    return struct.pack("<Q", len(value)) + value.encode()


def pair(key, kind, raw):
    return text(key) + struct.pack("<I", kind) + raw


def listed(kind, count, raw):
    return struct.pack("<IQ", kind, count) + raw


def file(tensors, pairs=(), version=3, alignment=32, **figures):
    """A file of (name, shape, type, data); every figure of its head can be made a lie."""
    head = b"GGUF" + struct.pack(
        "<IQQ", version, figures.get("tensor_count", len(tensors)), figures.get("pair_count", len(pairs))
    )
    head += b"".join(pairs)
    data = b""
    for name, shape, kind, raw in tensors:
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, len(data))
        data += raw + bytes(-len(raw) % alignment)
    return head + bytes(-len(head) % alignment) + data


def parts(data):
    def read(offset, length):
        assert 0 < length <= len(data) - offset
        return data[offset : offset + length]

    found = spans.parts(read, len(data))
    assert found is None or sum(part.length for part in found) == len(data)
    return found


PAIRS = [
    pair("general.name", 8, text("a model")),
    pair("a", 4, bytes(4)),
    pair("b", 7, b"\1"),
    pair("c", 12, bytes(8)),
    pair("tokens", 9, listed(8, 3000, b"".join(text("t" * (number % 9)) for number in range(3000)))),
    pair("scores", 9, listed(6, 1000, bytes(4000))),
]
TENSORS = [
    ("f32", (10, 20), F32, NOISE[:800]),
    ("f16", (5,), F16, NOISE[:10]),
    ("bf16", (700,), BF16, NOISE[:1400]),
    ("f64", (3,), F64, NOISE[:24]),
    ("quantised", (32,), Q8, NOISE[:34]),
]


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("pairs", [[], PAIRS])
def test_tensors_are_parts_with_the_padding_behind_them(pairs, version):
    data = file(TENSORS, pairs, version)
    start = len(data) - sum((800, 32, 1408, 32, 64))
    assert parts(data) == [
        (start, 0, ""),
        (800, 4, "f32"),
        (32, 2, "f16"),
        (1408, 2, "bf16"),
        (32, 8, "f64"),
        (64, 0, "quantised"),
    ]


def test_the_last_tensor_needs_no_padding():
    data = file([("w", (5,), F32, NOISE[:20])])[:-12]
    assert parts(data)[1:] == [(20, 4, "w")]


def test_another_alignment_is_followed():
    data = file(TENSORS, [pair("general.alignment", 4, struct.pack("<I", 256))], alignment=256)
    assert [part.length for part in parts(data)[1:]] == [1024, 256, 1536, 256, 256]
    assert parts(file(TENSORS, [pair("general.alignment", 4, struct.pack("<I", 256))])) is None


def test_a_file_without_tensors_is_all_header():
    data = file([], PAIRS)
    assert parts(data) == [(len(data), 0, "")]


def test_padding_that_is_no_whole_element_takes_the_width():
    found = parts(
        file([("w", (3,), F16, NOISE[:6])], [pair("general.alignment", 4, struct.pack("<I", 5))], alignment=5)
    )
    assert found[1] == (10, 2, "w")
    found = parts(
        file([("w", (3,), F32, NOISE[:12])], [pair("general.alignment", 4, struct.pack("<I", 5))], alignment=5)
    )
    assert found[1] == (15, 0, "w")


GOOD = file(TENSORS)


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-65],
        GOOD[:60],
        file(TENSORS[:-1]) + bytes(32),
        file(TENSORS, version=1),
        file(TENSORS, version=4),
        file(TENSORS, version=3 << 24),
        file(TENSORS, tensor_count=1 << 63),
        file(TENSORS, tensor_count=9),
        file(TENSORS, tensor_count=0, pair_count=5),
        file(TENSORS, pair_count=1 << 62),
        file(TENSORS, [pair("a", 13, b"")]),
        file(TENSORS, [pair("a", 9, listed(9, 1, listed(4, 1, bytes(4))))]),
        file(TENSORS, [pair("a", 9, listed(8, 1 << 40, b""))]),
        file(TENSORS, [pair("a", 9, listed(4, 1 << 62, b""))]),
        file(TENSORS, [pair("a", 8, struct.pack("<Q", (1 << 64) - 1))]),
        file(TENSORS, [pair("a" * 2000, 4, bytes(4))]),
        file(TENSORS, [pair("general.alignment", 4, bytes(4))]),
        file(TENSORS, [pair("general.alignment", 4, b"\xff" * 4)]),
        file(TENSORS, [pair("general.alignment", 10, bytes(8))]),
        file([("w", (1,) * 9, F32, NOISE[:4])]),
        file([("w", (1 << 40, 1 << 40), F32, NOISE[:4])]),
        file([("w", (100,), F32, NOISE[:4])]),
        file([("w", (1,), F32, NOISE[:4]), ("v", (9,), F32, b"")]),
        GOOD.replace(struct.pack("<Q", 800), struct.pack("<Q", 801)),
        GOOD.replace(struct.pack("<Q", 800), struct.pack("<Q", 768)),
        GOOD.replace(struct.pack("<IQ", F32, 0), struct.pack("<IQ", F32, 32)),
        GOOD.replace(struct.pack("<2Q", 10, 20), struct.pack("<2Q", 2, 2)),
    ],
    ids=range(27),
)
def test_case40_a_table_that_does_not_fit_the_file_makes_it_opaque(data):
    assert parts(data) is None


def test_metadata_without_end_is_not_read(monkeypatch):
    monkeypatch.setattr(gguf, "MAX_METADATA", 5000)
    assert parts(file(TENSORS, PAIRS)) is None
    assert parts(file(TENSORS)) is not None
