"""Git LFS: the files that pointers of a commit stand for, from the repository's own LFS storage, as one version.

Layout: ``<git folder>/lfs/objects/ab/cd/<oid>``, the folder ``lfs`` elsewhere where git config ``lfs.storage`` says so
(git-lfs, docs/spec.md and docs/man/git-lfs-config.adoc). Nothing is fetched: what is missing is named.
"""

from collections.abc import Iterator

from gitmodels.errors import FileMissing, Invalid
from gitmodels.exchange import revision
from gitmodels.exchange.bringing import Arrival, bring, one_name, only
from gitmodels.exchange.gathering import Claim, Gathering, Kept, Piece, Tracked
from gitmodels.exchange.lfs_pointer import MAX_SIZE, Pointer, parse
from gitmodels.exchange.plan import Choice, Step
from gitmodels.exchange.revision import File, Revision, is_chosen
from gitmodels.patterns import pattern
from gitmodels.repo import Repo

_OF_GIT = pattern(r"(^|/)\.git")
_HINT = "git lfs fetch --all"


def read_lfs(location: str, repo: Repo, choice: Choice) -> Iterator[Step]:
    """Bring the files of the pointers at ``location`` (``PATH`` or ``PATH#REV``) as a version of the chosen name.

    With ``--path`` only what it names, and then also what git itself holds there: a configuration beside its weights.
    Raises Invalid for pointers that are none and for a missing name, FileMissing for bytes that are not there.
    """
    only(choice, "paths")
    name = one_name(choice)
    found = revision.opened(location)
    chosen = _chosen(found, choice)
    folder = revision.common_folder([file.path for file, _ in chosen])
    cut = len(folder) + 1 if folder else 0
    pieces = tuple(_piece(found, file, pointer, file.path[cut:]) for file, pointer in chosen)
    what = f"{len(pieces)} files" if len(pieces) > 1 else chosen[0][0].path[:200]
    text = f"{what} of {found.commit[:10]}"
    arrival = Arrival(name, f"lfs:{found.origin}", Gathering(pieces), text, code=found.code)
    yield from bring(repo, choice, arrival)


def _chosen(found: Revision, choice: Choice) -> list[tuple[File, Pointer | None]]:
    # What git itself reads is no part of a model.
    files = (file for file in found.below(found.folder) if not _OF_GIT.search(file.path))
    looked = ((file, pointer_of(found, file)) for file in files if is_chosen(file.path, choice.paths))
    chosen = [(file, pointer) for file, pointer in looked if pointer is not None or choice.paths]
    if not any(pointer for _, pointer in chosen):
        which = " of these paths" if choice.paths else ""
        raise FileMissing(
            f"{found.commit[:10]} has no pointer of Git LFS{which}", hint="git lfs ls-files tells which there are"
        )
    return chosen


def pointer_of(found: Revision, file: File) -> Pointer | None:
    """The pointer that a file of the commit is; None for one that git holds itself. Raises Invalid."""
    if not 0 < file.size < MAX_SIZE:
        return None
    return parse(found.git.objects.read(file.oid, "blob"), file.path)


def piece(found: Revision, file: File, path: str) -> Piece:
    """A file of the commit as ``path`` of a model: what its pointer stands for, or what git holds. Raises Invalid."""
    return _piece(found, file, pointer_of(found, file), path)


def _piece(found: Revision, file: File, pointer: Pointer | None, path: str) -> Piece:
    objects = found.git.objects
    if pointer is None:
        return Tracked(path, file.path, lambda: objects.read(file.oid, "blob"))
    oid = pointer.oid
    place = f"{_storage(found)}/objects/{oid[:2]}/{oid[2:4]}/{oid}"
    return Kept(path, file.path, (place,), Claim("sha256", oid, pointer.size), _HINT)


def _storage(found: Revision) -> str:
    configured = found.git.config("lfs.storage") or "lfs"
    if "\0" in configured:
        raise Invalid("git config lfs.storage is no path")
    return str(found.git.common_dir / configured)
