"""The parent of what is added: an older model whose chunks the new ones may be stored as differences from.

This room finds, for a span of a file, the chunk of the parent's file of the same path that holds the same tensor, by
cutting that file again. Nothing of it is trusted to decide what is read back: a base is a guess that is tried. A parent
that cannot be read is no parent.
"""

from typing import NamedTuple

from gitmodels.errors import GitModelsError
from gitmodels.objects import chunklist, codecs, spans
from gitmodels.objects.catalog import Catalog
from gitmodels.objects.chunklist import Chunk
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.codecs.encoder import LEAST_BASED, MOST_AFTER_BASE
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.ranges import Ranges
from gitmodels.objects.reading import Chunks
from gitmodels.objects.record import NO_BASE
from gitmodels.objects.spans import Span


class Base(NamedTuple):
    """A chunk that stands alone: its id, its bytes, and the pack in which it lies."""

    id: bytes
    data: Buffer
    pack: bytes


class Parent:
    """Finds the bases for the files of one operation.

    Several threads may ask for the bases of one file's chunks at once, but only while nobody opens the next file.
    """

    def __init__(self, manifest: Manifest, catalog: Catalog, contents: Chunks) -> None:
        self._entries = {entry.path: entry for entry in manifest.entries}
        self._catalog = catalog
        self._contents = contents
        self._path = ""
        self._chunks: dict[tuple[str, int], Chunk] = {}

    def open(self, path: str) -> None:
        """Look at the parent's file of this path from now on."""
        self._path = path
        self._chunks = {}
        entry = self._entries.get(path)
        if entry is None:
            return
        try:
            self._chunks = self._cut(entry)
        except GitModelsError:
            return  # damaged, not here, or from a newer version

    def base(self, span: Span, chunk: bytes) -> Base | None:
        """The chunk that stands alone and that ``chunk``, the bytes of ``span``, may be encoded against, if any."""
        if span.length < LEAST_BASED:
            return None
        found = self._chunks.get((span.key, span.width))
        if found is None or found.length < LEAST_BASED:
            return None
        if found.length != span.length if span.width else max(found.length, span.length) > MOST_AFTER_BASE:
            return None
        try:
            base = self._alone(found.id)
        except (GitModelsError, OSError):
            return None
        return None if base is None or base.id == chunk else base

    def _alone(self, chunk: bytes) -> Base | None:
        """The chunk, or the one that it was made from itself."""
        for wanted in (chunk, *self._bases(chunk)):
            for place in self._catalog.reusable(wanted):
                if place.codec not in codecs.BASED:
                    return Base(wanted, self._contents.at(place, self._path), place.pack)
        return None

    def _bases(self, chunk: bytes) -> list[bytes]:
        found = (self._contents.base_of(place) for place in self._catalog.find(chunk))
        return [base for base in found if base != NO_BASE]

    def _cut(self, entry: Entry) -> dict[tuple[str, int], Chunk]:
        """The chunks of a stored file by key and width of their spans; the first where several are alike."""
        if entry.chunks is None:
            whole = Chunk(bytes.fromhex(entry.blake3), entry.size)
            return {("", 0): whole}
        listed = chunklist.decode(self._contents.read(bytes.fromhex(entry.chunks), entry.path), entry.size)
        ranges = Ranges(entry, listed, self._contents.read)
        named: dict[tuple[str, int], Chunk] = {}
        for span, chunk in zip(spans.cut(ranges.read, entry.size) or (), listed, strict=False):
            if span.length != chunk.length:
                break  # it was cut by other rules
            if span.key:
                named.setdefault((span.key, span.width), chunk)
        return named
