"""Content-defined chunks: the same cuts with numpy as with pyfastcdc, block by block as in one go."""

import random
from functools import cache

import numpy as np
import pytest

from gitmodels import digest
from gitmodels.objects import spans
from gitmodels.objects.spans import content
from gitmodels.objects.spans.content import AVERAGE, MAX, MIN
from gitmodels.objects.store import ObjectStore

# The chunks of ``noise(4_000_000)``: they are part of the format.
GOLDEN = [
    201704,
    465251,
    164523,
    81636,
    108691,
    571480,
    261052,
    185651,
    311435,
    144350,
    165966,
    485552,
    347879,
    386493,
    118337,
]


def noise(size, seed=11):
    return random.Random(seed).randbytes(size)


def cut(data):
    return [span.length for span in spans.cut_by_content(lambda at, length: data[at : at + length], len(data))]


@pytest.fixture(params=["numpy", "pyfastcdc"])
def engine(request, monkeypatch):
    if request.param == "pyfastcdc":
        pytest.importorskip("pyfastcdc")
    else:
        monkeypatch.setattr(content, "_with_pyfastcdc", lambda: None)
    return request.param


def test_the_cuts_of_known_bytes_are_pinned(engine):
    assert cut(noise(4_000_000)) == GOLDEN


@cache
def plainly(data):
    """The description of the format, word for word: slow, and the judge of both engines."""
    lengths, start = [], 0
    table = content.gear()
    while start < len(data):
        left = min(len(data) - start, MAX)
        length = left
        if left > MIN:
            value = 0
            for at in range(MIN, left - left % 2):
                value = (2 * value + table[data[start + at]]) % 2**64
                if value & (content.STRICT if at < min(AVERAGE, left) // 2 * 2 else content.EASY) == 0:
                    length = at
                    break
        lengths.append(length)
        start += length
    return lengths


@pytest.mark.parametrize(
    "size",
    [0, 1, MIN - 1, MIN, MIN + 1, MIN + 40, MIN + 48, AVERAGE - 1, AVERAGE, AVERAGE + 1, MAX, MAX + 1, 1_500_001],
)
def test_every_size_is_cut_as_described(engine, size):
    assert cut(noise(size)) == plainly(noise(size))


@pytest.mark.parametrize(
    "data",
    [
        bytes(1_100_000),
        b"the same words again and again\n" * 36_000,
        np.arange(140_000, dtype="<f8").tobytes(),
        noise(5000) * 220,
    ],
    ids=["zeros", "words", "numbers", "period"],
)
def test_dull_bytes_are_cut_as_described(engine, data):
    assert cut(data) == plainly(data)


def test_blocks_do_not_show(engine, monkeypatch):
    data = noise(5_000_000)
    whole = cut(data)
    monkeypatch.setattr(content, "_BLOCK", 1_100_000)
    assert cut(data) == whole
    monkeypatch.setattr(content, "_BLOCK", 300_001)
    assert cut(data) == whole


def test_what_is_inserted_moves_no_later_cut(engine):
    data = noise(6_000_000)
    changed = data[:1_000_000] + b"inserted" + data[1_000_000:]

    def late(data):
        """The cuts in the last 3.5 MB, counted from the end."""
        found, at = set(), 0
        for length in reversed(cut(data)):
            at += length
            found.add(at)
        return {at for at in found if at < 3_500_000}

    assert len(late(data)) > 5
    assert late(data) == late(changed)


def test_a_file_that_gets_shorter_ends_the_cut(engine):
    data = noise(100_000)
    found = spans.cut_by_content(lambda at, length: data[at : at + length], 30_000_000)
    assert sum(span.length for span in found) <= len(data)


def test_a_store_cuts_by_content_when_it_is_asked_to(tmp_path, monkeypatch, noise):
    monkeypatch.setattr(spans.opaque, "WHOLE", 1 << 20)
    store = ObjectStore(tmp_path / "store")
    store.chunking = "content"
    path = tmp_path / "forest.pkl"
    data = noise(3_000_000)
    path.write_bytes(data)
    (entry,) = store.add_file(path).entries
    assert [chunk.length for chunk in store.chunks(entry)] == cut(data)
    assert store.read(entry) == data
    assert entry.blake3 == digest.of_bytes(data)
    before = sum(place.encoded_length for place in store.catalog.places())
    path.write_bytes(data[:500_000] + b"a tree more" + data[500_000:])
    store.add_file(path)
    assert sum(place.encoded_length for place in store.catalog.places()) - before < 2 * MAX
