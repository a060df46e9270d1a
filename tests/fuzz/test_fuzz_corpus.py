"""The corpus of the fuzzers, replayed: every input is refused or keeps its law, and each parser takes some."""

import importlib.util
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("objects_fuzzing", Path(__file__).with_name("objects_fuzzing.py"))
fuzzing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fuzzing)


@pytest.mark.parametrize("name", fuzzing.TARGETS)
def test_the_corpus_holds(name):
    inputs = sorted((fuzzing.CORPUS / name).iterdir())
    taken = [fuzzing.TARGETS[name](path.read_bytes()) for path in inputs]
    assert any(taken)


@pytest.mark.parametrize("name", fuzzing.TARGETS)
def test_cut_short_and_flipped_inputs_hold_too(name):
    check = fuzzing.TARGETS[name]
    for path in sorted((fuzzing.CORPUS / name).iterdir()):
        data = path.read_bytes()[:1500]
        for at in range(0, len(data), 1 + len(data) // 60):
            check(data[:at])
            check(data[:at] + bytes([data[at] ^ 0x80]) + data[at + 1 :])
            check(data[:at] + b"\xff" * 8 + data[at + 8 :])


def test_the_corpus_is_small_and_whole():
    assert {path.name for path in fuzzing.CORPUS.iterdir() if path.is_dir()} == set(fuzzing.TARGETS)
    assert sum(path.stat().st_size for path in fuzzing.CORPUS.rglob("*")) < 1 << 20
