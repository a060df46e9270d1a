"""Repacking the store of a repository, with what its registry knows of likenesses: versions of one model.

This room pairs chunks of neighbouring versions; what is made of a pair the store decides.
"""

from typing import Any

from gitmodels.api import care
from gitmodels.errors import GitModelsError
from gitmodels.objects.chunklist import Chunk
from gitmodels.objects.manifest import Entry
from gitmodels.objects.repack import repack as repack_store
from gitmodels.repo import Repo


def repack(repo: Repo, *, thorough: bool = False) -> dict[str, Any]:
    """Merge small packs, and encode anew when ``thorough``; what it did. Raises as ``objects.repack.repack``."""
    bases = likely_bases(repo) if thorough else {}
    done = repack_store(repo.store, thorough=thorough, bases=bases)
    return {
        "packs_before": done.packs_before,
        "packs_after": done.packs_after,
        "before": done.before,
        "after": done.after,
        "suspect": list(done.suspect),
    }


def likely_bases(repo: Repo) -> dict[bytes, bytes]:
    """For chunks of a version, what stands at the same place of the version before; never a chunk that has one itself.

    The base of a base's place is its own base, so a line of versions leans on the first of them.
    """
    found: dict[bytes, bytes] = {}
    seen: set[bytes] = set()
    before: tuple[str, dict[str, Entry]] = ("", {})
    for reference, manifest in care.manifests(repo):
        model = reference.rpartition("/")[0]
        older = before[1] if before[0] == model else {}
        for entry in manifest.entries:
            for chunk, base in _pairs(repo, entry, older.get(entry.path)):
                if chunk not in seen and chunk != base:
                    found[chunk] = found.get(base, base)
            seen.update(chunk.id for chunk in _chunks(repo, entry))
        before = (model, {entry.path: entry for entry in manifest.entries})
    bases = set(found.values())
    return {chunk: base for chunk, base in found.items() if chunk not in bases}


def _pairs(repo: Repo, entry: Entry, older: Entry | None) -> list[tuple[bytes, bytes]]:
    """The chunks of a file beside those of the older one at its path, where both are cut alike."""
    if older is None or older.blake3 == entry.blake3:
        return []
    new, old = _chunks(repo, entry), _chunks(repo, older)
    if len(new) != len(old):
        return []
    pairs = zip(new, old, strict=True)
    return [(one.id, other.id) for one, other in pairs if one.length == other.length or len(new) == 1]


def _chunks(repo: Repo, entry: Entry) -> tuple[Chunk, ...]:
    try:
        return repo.store.chunks(entry)
    except GitModelsError:
        return ()  # not here, or damaged: others tell
