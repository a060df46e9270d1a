"""Which tensors of two models differ, from headers and chunk ids: what is equal is never decoded.

By how much their values differ is read only where it is asked for, and of tensors that changed only. This room knows
manifests, chunk lists and what a file's format says of its parts. Reading goes through a store that fetches nothing; a
file whose bytes are not here is told as such. Of safetensors files types and shapes are known too, of other formats
that are cut by tensor the names and lengths.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from gitmodels.errors import Corrupt, ObjectNotFound
from gitmodels.objects.chunklist import Chunk
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.ranges import Ranges
from gitmodels.review.sides import TENSOR_FILES
from gitmodels.review.spelling import size
from gitmodels.review.verdicts import Finding, Verdict
from gitmodels.values import frozen, replace

if TYPE_CHECKING:
    from gitmodels.objects.store import ObjectStore
    from gitmodels.review.tensor_values import ReadTensor

# Told one by one; of more the first, and how many there are.
MAX_TOLD = 40
_VALUES = "values changed"


@frozen
class Part:
    """One tensor of a file: its name, what it is (``F32[2,3]``, empty where not known), and where its bytes lie."""

    name: str
    kind: str
    offset: int
    length: int


@frozen
class Stored:
    """One stored file, opened to be compared: its tensors, and the chunks it consists of."""

    parts: dict[str, Part]
    chunks: tuple[Chunk, ...]
    ends: Sequence[int]

    def covering(self, part: Part) -> list[tuple[int, int, bytes]]:
        """The chunks that hold ``part``: start and end counted from its first byte, and their ids."""
        number = bisect_right(self.ends, part.offset)
        found = []
        while number < len(self.ends) and self.ends[number] - self.chunks[number].length < part.offset + part.length:
            start = self.ends[number] - self.chunks[number].length - part.offset
            found.append((start, start + self.chunks[number].length, self.chunks[number].id))
            number += 1
        return found


def compare_weights(
    store: "ObjectStore", old: Manifest | None, new: Manifest | None, *, values: bool = False
) -> Iterator[Finding]:
    """One finding for every tensor that came, went, or has another shape, type or bytes, and a sum for each file.

    With ``values`` the changed tensors of safetensors files are read, and told by how much they differ.
    """
    if old is None or new is None or old.digest == new.digest:
        return
    before = {entry.path: entry for entry in old.entries}
    for entry in new.entries:
        was = before.get(entry.path)
        if was is not None and was.blake3 != entry.blake3 and entry.path.endswith(TENSOR_FILES):
            yield from _file(store, was, entry, values)


def _file(store: "ObjectStore", old: Entry, new: Entry, values: bool) -> Iterator[Finding]:
    try:
        before, after = _opened(store, old), _opened(store, new)
        found = list(_tensors(store, (old, before), (new, after))) if before and after else []
        if values and before and after:
            found = [_valued(store, (old, before), (new, after), each) for each in found[:MAX_TOLD]] + found[MAX_TOLD:]
    except ObjectNotFound:
        text = "not compared: its bytes are not all here"
        yield Finding("tensors", Verdict.NOTE, new.path, text)
        return
    except Corrupt as error:
        yield Finding("tensors", Verdict.WARN, new.path, f"not compared: {error.message[:200]}")
        return
    if before is None or after is None:
        return
    yield from found[:MAX_TOLD]
    if len(found) > MAX_TOLD:
        yield Finding("tensors", Verdict.NOTE, new.path, f"and {len(found) - MAX_TOLD} more tensors")
    yield _sum(new.path, before, after, found)


def _opened(store: "ObjectStore", entry: Entry) -> Stored | None:
    """The file by its chunks; None when its format names no tensors. Raises ObjectNotFound and Corrupt."""
    chunks = store.chunks(entry)
    # Not as a loader reads: what is not here is not fetched for a look.
    read = Ranges(entry, chunks, store.contents.read)
    parts = _parts(read, entry)
    return Stored(parts, chunks, list(accumulate(chunk.length for chunk in chunks))) if parts else None


def _parts(read: Ranges, entry: Entry) -> dict[str, Part]:
    if entry.path.endswith(".safetensors"):
        from gitmodels.errors import Invalid
        from gitmodels.objects import tensors

        try:
            known = tensors.tensors(read.read, read.size, entry.path)
        except Invalid:
            return {}
        return {
            name: Part(name, f"{one.dtype}[{','.join(map(str, one.shape))}]", one.offset, one.length)
            for name, one in known.items()
        }
    from gitmodels.objects import spans

    offset, found = 0, {}
    for part in spans.parts(read.read, read.size) or ():
        if part.name and part.length:
            found[part.name] = Part(part.name, "", offset, part.length)
        offset += part.length
    return found


def _tensors(store: "ObjectStore", old: tuple[Entry, Stored], new: tuple[Entry, Stored]) -> Iterator[Finding]:
    before, after = old[1].parts, new[1].parts
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            yield Finding("tensors", Verdict.NOTE, name, "added", None, _said(now))
        elif now is None and was is not None:
            yield Finding("tensors", Verdict.NOTE, name, "removed", _said(was), None)
        elif was is not None and now is not None:
            yield from _changed(store, (*old, was), (*new, now))


def _changed(
    store: "ObjectStore", old: tuple[Entry, Stored, Part], new: tuple[Entry, Stored, Part]
) -> Iterator[Finding]:
    was, now = old[2], new[2]
    if was.kind != now.kind or was.length != now.length:
        shapes = [part.kind.partition("[")[2] for part in (was, now)]
        types = [part.kind.partition("[")[0] for part in (was, now)]
        words = ["another type"] * (types[0] != types[1]) + ["another shape"] * (shapes[0] != shapes[1])
        text = " and ".join(words) or "another length"
        yield Finding(
            "tensors", Verdict.WARN if types[0] != types[1] else Verdict.NOTE, now.name, text, _said(was), _said(now)
        )
        return
    differing = _differing(store, old, new)
    if differing:
        share = "all" if differing >= now.length else f"{size(differing)} of {size(now.length)}"
        text = f"{_VALUES}: {share} of it" if share == "all" else f"{_VALUES}: in {share}"
        yield Finding("tensors", Verdict.OK, now.name, text, _said(was), _said(now))


def _valued(store: "ObjectStore", old: tuple[Entry, Stored], new: tuple[Entry, Stored], found: Finding) -> Finding:
    """``found`` with how far the values are apart, where they changed and are numbers."""
    was, now = old[1].parts.get(found.subject), new[1].parts.get(found.subject)
    if was is None or now is None or not found.text.startswith(_VALUES):
        return found
    from gitmodels.review import tensor_values

    dtype = now.kind.partition("[")[0]
    if not tensor_values.has_values(dtype):
        return found
    one, two = (
        _reader(Ranges(entry, stored.chunks, store.contents.read), part)
        for (entry, stored), part in ((old, was), (new, now))
    )
    distance = tensor_values.apart(one, two, now.length, dtype)
    return replace(found, text=f"{found.text}; {distance}", numbers=distance.numbers())


def _reader(ranges: Ranges, part: Part) -> "ReadTensor":
    return lambda offset, length: ranges.read(part.offset + offset, length)


def _differing(store: "ObjectStore", old: tuple[Entry, Stored, Part], new: tuple[Entry, Stored, Part]) -> int:
    """How many bytes of a tensor lie in pieces that differ; pieces that are equal are not read."""
    (was, before, part), (entry, after, other) = old, new
    mine, theirs = before.covering(part), after.covering(other)
    if [each[:2] for each in mine] == [each[:2] for each in theirs]:
        pairs = zip(mine, theirs, strict=True)
        apart = [(start, end) for (start, end, one), (_, _, two) in pairs if one != two]
        if all(start >= 0 and end <= part.length for start, end in apart):
            return sum(end - start for start, end in apart)
    # Short tensors share a chunk with their neighbours: these few bytes are looked at.
    one = Ranges(was, before.chunks, store.contents.read).read(part.offset, part.length)
    two = Ranges(entry, after.chunks, store.contents.read).read(other.offset, other.length)
    return part.length if one != two else 0


def _sum(path: str, old: Stored, new: Stored, found: Sequence[Finding]) -> Finding:
    words = {"added": 0, "removed": 0, "reshaped or retyped": 0, "changed": 0}
    for each in found:
        key = each.text if each.text in ("added", "removed") else "reshaped or retyped"
        words["changed" if each.text.startswith(_VALUES) else key] += 1
    known = {chunk.id for chunk in old.chunks}
    fresh = sum(chunk.length for chunk in new.chunks if chunk.id not in known)
    whole = sum(chunk.length for chunk in new.chunks)
    counted = ", ".join(f"{count} {word}" for word, count in words.items() if count) or "none differs"
    text = f"{counted}, of {len(new.parts)} tensors; {size(fresh)} of {size(whole)} are new"
    return Finding("tensors", Verdict.NOTE if words["reshaped or retyped"] else Verdict.OK, path, text)


def _said(part: Part) -> str:
    return part.kind or size(part.length)
