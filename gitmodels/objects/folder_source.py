"""Chunks out of files that the user still has: whatever in a folder is byte for byte a file of a model.

This room reads the caller's files and trusts none: a file counts when its BLAKE3 is the one looked for. It stores
nothing.
"""

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from gitmodels import digest as digests
from gitmodels.errors import GitModelsError
from gitmodels.objects import chunklist, sources, spans
from gitmodels.objects.chunklist import Builder, Chunk
from gitmodels.objects.manifest import Entry
from gitmodels.objects.spans import opaque
from gitmodels.objects.store import ObjectStore


class FolderSource:
    """Gives chunks of ``entries`` (files of models) from the files below ``directory`` that are still what they were.

    Raises FileMissing and InvalidModel for what is no folder.
    """

    def __init__(self, store: ObjectStore, directory: str | os.PathLike[str], entries: Iterable[Entry]) -> None:
        self._store = store
        self._places: dict[bytes, tuple[Path, int, int]] = {}
        self._lists: dict[bytes, bytes] = {}
        wanted: dict[int, dict[str, Entry]] = defaultdict(dict)
        for entry in entries:
            wanted[entry.size][entry.blake3] = entry
        with sources.opened_root(directory):
            pass
        for top, _, names in os.walk(directory):
            for name in sorted(names):
                self._look(Path(top, name), wanted)

    def __call__(self, chunk: bytes) -> bytes | None:
        """The bytes at the place where the chunk should be, unverified; None when no file has it."""
        if chunk in self._lists:
            return self._lists[chunk]
        if chunk not in self._places:
            return None
        path, offset, length = self._places[chunk]
        try:
            with open(path, "rb") as stream:
                stream.seek(offset)
                return stream.read(length)
        except OSError:
            return None

    def _look(self, path: Path, wanted: dict[int, dict[str, Entry]]) -> None:
        try:
            if path.is_symlink() or not path.is_file():
                return
            candidates = wanted.get(path.stat().st_size)
            entry = candidates.get(digests.of_file(path)) if candidates else None
        except OSError:
            return
        if entry is None:
            return
        offset = 0
        for chunk in self._chunks(path, entry):
            self._places[chunk.id] = (path, offset, chunk.length)
            offset += chunk.length

    def _chunks(self, path: Path, entry: Entry) -> tuple[Chunk, ...]:
        """The chunks of the file as its list has them; where the list is lost, as a list of that id had them."""
        if entry.chunks is None:
            return (Chunk(bytes.fromhex(entry.blake3), entry.size),)
        try:
            return self._store.chunks(entry)
        except GitModelsError:
            pass
        with open(path, "rb") as stream:
            descriptor = stream.fileno()
            cuts = (spans.cut(lambda at, count: os.pread(descriptor, count, at), entry.size), opaque.spans(entry.size))
            for cut in cuts:
                if cut is None:
                    continue
                stream.seek(0)
                builder = Builder()
                for span in cut:
                    builder.add(bytes.fromhex(digests.of_bytes(stream.read(span.length))), span.length)
                data = builder.data()
                if digests.of_bytes(data) == entry.chunks:
                    self._lists[bytes.fromhex(entry.chunks)] = bytes(data)
                    return chunklist.decode(data, entry.size)
        return ()
