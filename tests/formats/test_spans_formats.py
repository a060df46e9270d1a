"""Where files are cut, pinned: files of the real libraries, and the parts and chunks that every version gives them.

The files under v1/spans/ are never regenerated; they were saved by safetensors 0.8, NumPy 2.4, gguf 0.19 and onnx 1.23,
``weights.pt`` by hand in the layout of torch 2. They are shorter than what is cut at all, so the chunks told are those
they would have.
"""

import json
from pathlib import Path

import pytest

from gitmodels.objects import spans
from gitmodels.objects.spans import pieces

GOLDEN = Path(__file__).parent / "v1" / "spans"
CUT = json.loads((GOLDEN / "cut.json").read_text())


@pytest.mark.parametrize("name", CUT)
def test_a_file_is_cut_where_it_always_was(name):
    data = (GOLDEN / name).read_bytes()
    parts = spans.parts(lambda offset, length: data[offset : offset + length], len(data))
    assert [list(part) for part in parts] == CUT[name]["parts"]
    assert [span.length for span in pieces.spans(parts)] == CUT[name]["chunks"]


def test_every_file_has_its_cut():
    assert {path.name for path in GOLDEN.iterdir()} == {*CUT, "cut.json", ".gitattributes"}


def test_figures_that_the_description_names():
    assert (spans.SMALL, spans.MAX_CHUNK, spans.opaque.WHOLE) == (65_536, 67_108_864, 67_108_864)
    assert (pieces.JOINED, pieces.CLOSED, pieces.PIECE) == (1024, 65_536, 4_194_304)
