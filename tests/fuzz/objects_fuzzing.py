"""Coverage-guided fuzzing of everything in objects/ that reads bytes nobody vouches for, with atheris.

    make fuzz                                        every parser in turn, RUNS=2000000 inputs each
    python objects_fuzzing.py PARSER [CORPUS …] [-runs=N] [options of libFuzzer]

A parser may refuse its input with its own error and nothing else. What it accepts must keep the parser's law. Inputs
that reached new code are kept small in ``corpus/``; ``test_fuzz_corpus.py`` replays them without atheris.
"""

import sys
from collections.abc import Callable
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
BASE = bytes(number * number % 251 for number in range(1 << 16))
TARGETS: dict[str, Callable[[bytes], bool]] = {}


def target(check: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    """Name a check that tells whether its input was accepted."""
    TARGETS[check.__name__] = check
    return check


def _window(data: bytes):
    from gitmodels.objects.spans.window import Window

    def read(offset: int, length: int) -> bytes:
        assert offset >= 0
        assert 0 < length <= len(data) - offset
        return data[offset : offset + length]

    return Window(read, len(data))


def _is_cut(data: bytes, parse: Callable) -> bool:
    """Whether the parser took the bytes; then its parts are the bytes, and so are the spans."""
    from gitmodels.objects.spans import pieces
    from gitmodels.objects.spans.window import OddError

    try:
        parts = parse(_window(data))
    except OddError:
        return False
    assert sum(part.length for part in parts) == len(data)
    for part in parts:
        assert part.length >= 0
        assert part.width in (0, 2, 4, 8)
        assert not part.width or part.length % part.width == 0
        (part.name or "").encode()
    spans = list(pieces.spans(parts))
    assert sum(span.length for span in spans) == len(data)
    assert all(0 < span.length <= pieces.PIECE for span in spans)
    return True


@target
def safetensors(data: bytes) -> bool:
    from gitmodels.objects.spans import safetensors

    return _is_cut(data, safetensors.parts)


@target
def npy(data: bytes) -> bool:
    from gitmodels.objects.spans import npy

    return _is_cut(data, npy.parts)


@target
def archive(data: bytes) -> bool:
    from gitmodels.objects.spans import archive

    return _is_cut(data, archive.parts)


@target
def gguf(data: bytes) -> bool:
    from gitmodels.objects.spans import gguf

    return _is_cut(data, gguf.parts)


@target
def onnx(data: bytes) -> bool:
    from gitmodels.objects.spans import onnx

    return _is_cut(data, onnx.parts)


@target
def storages(data: bytes) -> bool:
    """The pickle of a torch archive: never refused, never run."""
    from gitmodels.objects.spans import storages

    return bool(storages.floats(data))


@target
def cut(data: bytes) -> bool:
    """What a writer calls: total, and the same every time."""
    from gitmodels.objects import spans

    window = _window(data)
    found = spans.parts(window.bytes, len(data))
    assert found == spans.parts(window.bytes, len(data))
    return found is not None


@target
def chunklist(data: bytes) -> bool:
    from gitmodels.errors import Corrupt, FormatTooNew
    from gitmodels.objects import chunklist

    size = int.from_bytes(data[:4], "big")
    try:
        chunks = chunklist.decode(data[4:], size)
    except (Corrupt, FormatTooNew):
        return False
    builder = chunklist.Builder()
    for chunk in chunks:
        builder.add(*chunk)
    assert builder.data() == data[4:]
    return True


@target
def payload(data: bytes) -> bool:
    """A chunk as it is stored: codec (1 byte), raw length (2 bytes), payload; the base is always the same."""
    from gitmodels.errors import Corrupt, FormatTooNew
    from gitmodels.objects import codecs

    codec, raw_length = (data[0] if data else 0), int.from_bytes(data[1:3], "big")
    base = BASE[:raw_length] if codec in codecs.BASED else None
    try:
        raw = codecs.decode(codec, data[3:], raw_length, base)
    except (Corrupt, FormatTooNew):
        return False
    assert len(raw) == raw_length
    return True


@target
def manifest(data: bytes) -> bool:
    from gitmodels.errors import GitModelsError
    from gitmodels.objects.manifest import Manifest

    try:
        read = Manifest.from_yaml(data)
    except GitModelsError:
        return False
    assert Manifest.from_yaml(read.to_yaml()) == read
    return True


def main() -> None:
    """Fuzz the parser that the first argument names until libFuzzer has enough."""
    import atheris

    name = sys.argv.pop(1)
    check = TARGETS[name]
    with atheris.instrument_imports(include=["gitmodels.objects"]):
        check(b"")
        check(b"PK\x03\x04" + bytes(100))
    atheris.Setup([sys.argv[0], *sys.argv[1:]], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
