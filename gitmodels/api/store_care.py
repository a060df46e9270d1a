"""Checking and repairing the object store of a repository, with the models that damage hurts.

This room joins fsck and repair with what the registry says: which files consist of the chunks that are hurt, and which
of what is lacking others have, because it was published.
"""

import os
from collections.abc import Iterable
from typing import Any

from gitmodels.api import care
from gitmodels.api.publication import Publication
from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError, RemoteNotFound
from gitmodels.objects.folder_source import FolderSource
from gitmodels.objects.fsck import Damage, fsck
from gitmodels.objects.manifest import Entry
from gitmodels.objects.repair import Repaired, Source, repair
from gitmodels.objects.rounds import Round
from gitmodels.repo import Repo
from gitmodels.values import frozen, replace


@frozen
class Wish:
    """How thoroughly to look, for how many seconds at most, whether to repair, and with files of which folder."""

    full: bool = False
    seconds: float | None = None
    repair: bool = False
    folder: str | os.PathLike[str] | None = None


_QUICK = Wish()


@frozen
class Finding:
    """One thing that is wrong, as ``fsck --json`` tells it."""

    kind: str
    file: str
    offset: int
    chunk: Digest | None
    detail: str
    healed: bool
    models: list[str]
    files: list[str]
    repaired: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is damage that nobody has put right."""
        return not (self.healed or self.repaired or self.kind == "absent")

    def document(self) -> dict[str, Any]:
        """The finding as programs read it."""
        return {name: getattr(self, name) for name in self.__match_args__}


@frozen
class Checked:
    """What was found, how many packs a limited check has not read yet, and why no remote could be asked."""

    findings: list[Finding]
    left: int = 0
    trouble: str = ""


def check(repo: Repo, wish: Wish = _QUICK) -> Checked:
    """Every damage of the store and every registered file it lacks; repaired when that is wished.

    Raises Locked and GitModelsError when the store cannot be written, FileMissing for a folder that is not there.
    """
    limited = Round(repo.store, wish.seconds) if wish.full and wish.seconds is not None else None
    damages = fsck(repo.store, full=wish.full, limited=limited)
    lacking = _lacking(repo)
    findings = [*_damaged(repo, damages), *_missing(repo, lacking)]
    elsewhere = _Elsewhere(repo, {each.chunk for each in findings if each.kind == "absent" and each.chunk})
    if wish.repair and findings:
        findings = _repaired(findings, _repair(repo, damages, lacking, wish.folder, elsewhere))
    return Checked(findings, limited.left if limited is not None else 0, elsewhere.trouble)


def _lacking(repo: Repo) -> dict[Digest, list[tuple[str, str]]]:
    """The ids that versions need and the store lacks, with version and path of the files that need them."""
    found: dict[Digest, list[tuple[str, str]]] = {}
    for name, manifest in care.manifests(repo):
        try:
            lacking = set(repo.store.missing(manifest))
        except GitModelsError:
            continue  # a damaged chunk list: told as damage
        for entry in manifest.entries if lacking else ():
            for each in lacking & set(_ids(repo, entry)):
                found.setdefault(each, []).append((name, entry.path))
            # What no file names itself is the base of one of its chunks.
        for each in lacking - found.keys():
            found[each] = [(name, "")]
    return found


def _ids(repo: Repo, entry: Entry) -> Iterable[Digest]:
    yield entry.blake3
    if entry.chunks is not None:
        yield entry.chunks
        try:
            yield from (Digest(chunk.id.hex()) for chunk in repo.store.chunks(entry))
        except GitModelsError:
            return


def _damaged(repo: Repo, damages: list[Damage]) -> list[Finding]:
    hurt = {each.chunk for each in damages if each.chunk is not None}
    users: dict[Digest, list[tuple[str, str]]] = {}
    for name, manifest in care.manifests(repo) if hurt else ():
        for entry in manifest.entries:
            for each in hurt.intersection(_ids(repo, entry)):
                users.setdefault(each, []).append((name, entry.path))
    return [
        Finding(
            each.kind,
            each.file,
            each.offset,
            each.chunk,
            each.detail,
            each.healed,
            *_told(users.get(each.chunk, []) if each.chunk else []),
        )
        for each in damages
    ]


def _missing(repo: Repo, lacking: dict[Digest, list[tuple[str, str]]]) -> list[Finding]:
    if not lacking:
        return []
    publication = Publication(repo)
    findings = []
    for digest, users in lacking.items():
        # What others can have is no damage: a clone holds what it fetched.
        elsewhere = publication.known and all(_is_published(publication, name) for name, _ in users)
        kind, detail = ("absent", "is not here") if elsewhere else ("missing", "is not in the store")
        findings.append(Finding(kind, "", 0, digest, f"{digest} {detail}", False, *_told(users)))
    return findings


def _is_published(publication: Publication, reference: str) -> bool:
    name, _, number = reference.rpartition("/")
    return int(number) not in publication.unpublished(name)


def _told(users: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    models = list(dict.fromkeys(name for name, _ in users))
    return models, list(dict.fromkeys(f"{name}:{path}" for name, path in users if path))


class _Elsewhere:
    """The remote as a source of what is lost here. What a clone need not hold is not asked for.

    A remote that cannot be reached gives nothing, and is told: what can be saved without it is saved.
    """

    def __init__(self, repo: Repo, absent: set[Digest]) -> None:
        self._repo = repo
        self._absent = absent
        self._source: Source | None = None
        self.trouble = ""

    def __call__(self, chunk: bytes) -> bytes | None:
        if self.trouble or Digest(chunk.hex()) in self._absent:
            return None
        try:
            if self._source is None:
                from gitmodels.remotes.transfer import source

                self._source = source(self._repo.store, self._repo.remote())
            return self._source(chunk)
        except RemoteNotFound:
            self._source = _nothing
            return None
        except GitModelsError as error:
            self.trouble = error.message
            return None


def _nothing(_: bytes) -> None:
    return None


def _repair(
    repo: Repo,
    damages: list[Damage],
    lacking: dict[Digest, list[tuple[str, str]]],
    folder: str | os.PathLike[str] | None,
    elsewhere: Source,
) -> Repaired:
    sources: list[Source] = []
    if folder is not None:
        entries = (entry for _, manifest in care.manifests(repo) for entry in manifest.entries)
        sources.append(FolderSource(repo.store, folder, entries))
    sources.append(elsewhere)
    done = repair(repo.store, damages, lacking, sources)
    # With a chunk list back, it is known which chunks of that file are lacking.
    further = _lacking(repo) if done.healed else {}
    if further.keys() - lacking.keys():
        more = repair(repo.store, [], further, sources)
        done = replace(done, healed=(*done.healed, *more.healed), lost=(*done.lost, *more.lost))
    return done


def _repaired(findings: list[Finding], done: Repaired) -> list[Finding]:
    lost = set(done.lost)
    marked = []
    for each in findings:
        gone = each.file.rpartition("/")[2] in done.quarantined or each.file in done.dropped or each.kind == "index"
        healed = each.chunk is not None and each.chunk not in lost
        fine = healed if each.kind in ("missing", "absent", "base") else gone and (each.chunk is None or healed)
        marked.append(replace(each, repaired=fine))
    return marked
