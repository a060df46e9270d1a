"""Checking a remote of objects, and putting back what it lost, with the models that hurts.

This room joins what the remote holds with what the registry says should be there: the bytes of every version that is
published and not deleted. A remote that is no git host of the registry should hold all that was ever registered.
"""

from collections.abc import Iterator

from gitmodels.api import care
from gitmodels.api.publication import Publication
from gitmodels.api.store_care import Checked, Finding, Wish
from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError, Invalid, RemoteError
from gitmodels.objects import chunklist
from gitmodels.objects.manifest import Entry
from gitmodels.registry.records import DELETED
from gitmodels.remotes.restoring import Examination, Flaw
from gitmodels.repo import Repo


def check(repo: Repo, name: str, wish: Wish) -> Checked:
    """What is wrong with the remote ``name``; with ``wish.repair`` put right as far as this clone has what is lost.

    Raises RemoteNotFound, RemoteError, Invalid for wishes that only a store can fulfil, Corrupt for damage here that is
    in the way.
    """
    if wish.seconds is not None or wish.folder is not None:
        raise Invalid("--from and --max-duration are for the store of this clone", hint="leave them out with --remote")
    remote = repo.remote(name)
    found = Examination(repo.store, remote, full=wish.full, progress=repo.store.progress)
    users = _users(repo, found)
    lacking = [chunk for chunk in users if not found.has(chunk)]
    flaws = found.flaws
    if wish.repair and (flaws or lacking):
        found.heal(users, repo.store.progress)
        # With a chunk list back there, it is known which chunks of that file are lacking, too.
        further = _users(repo, found)
        if further.keys() - users.keys():
            lacking += [chunk for chunk in further.keys() - users.keys() if not found.has(chunk)]
            users = further
            found.heal(users, repo.store.progress)
    hurt = {chunk for flaw in flaws for chunk in flaw.chunks}
    findings = [_of_flaw(flaw, users, flaw not in found.flaws) for flaw in flaws]
    for chunk in lacking:
        if chunk not in hurt:
            told = f"{chunk.hex()} is not on {remote.address}"
            findings.append(_finding("missing", "", chunk, told, users[chunk], found.has(chunk)))
    return Checked(findings)


def _users(repo: Repo, found: Examination) -> dict[bytes, list[tuple[str, str]]]:
    """The chunks that should be there, each with the versions and paths of the files that need it."""
    publication = Publication(repo)
    state = repo.registry.state()
    users: dict[bytes, list[tuple[str, str]]] = {}
    for reference, manifest in care.manifests(repo):
        name, _, number = reference.rpartition("/")
        if state.meta(name, int(number)).status == DELETED:
            continue
        if publication.known and int(number) in publication.unpublished(name):
            continue
        for entry in manifest.entries:
            for chunk in _chunks(repo, entry, found):
                users.setdefault(chunk, []).append((reference, entry.path))
    return users


def _chunks(repo: Repo, entry: Entry, found: Examination) -> Iterator[bytes]:
    """The ids of what a file consists of; its chunk list alone where nobody has that any more."""
    if entry.chunks is None:
        yield bytes.fromhex(entry.blake3)
        return
    listed = bytes.fromhex(entry.chunks)
    yield listed
    try:
        here = repo.store.contents.lacking(listed) is None
        data = repo.store.contents.read(listed, entry.path) if here else found.read(listed)
        if data is not None:
            yield from (chunk.id for chunk in chunklist.decode(data, entry.size))
    except RemoteError:
        raise
    except GitModelsError:
        return  # a damaged chunk list: fsck of this clone tells


def _of_flaw(flaw: Flaw, users: dict[bytes, list[tuple[str, str]]], repaired: bool) -> Finding:
    needed = [pair for chunk in sorted(flaw.chunks) for pair in users.get(chunk, ())]
    return _finding(flaw.kind, flaw.name, None, flaw.detail, needed, repaired)


def _finding(
    kind: str, file: str, chunk: bytes | None, detail: str, users: list[tuple[str, str]], repaired: bool
) -> Finding:
    models = list(dict.fromkeys(name for name, _ in users))
    files = list(dict.fromkeys(f"{name}:{path}" for name, path in users))
    digest = None if chunk is None else Digest(chunk.hex())
    return Finding(kind, file, 0, digest, detail, False, models, files, repaired)
