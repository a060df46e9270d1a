"""A few paths of a branch that lies elsewhere, for the price of the folders on the way to them.

A cache is a bare repository of ours, shallow and partial, with one remote, ``origin``: the tip of a branch is fetched
without its history and all but the top of its tree, later tips with the bare commits since the last, which show that
nothing was rewritten; then the trees and files on the way to what is asked for, level by level, each level in one
request. Where a server filters less, or not at all, more comes than was asked for and fewer requests are made. This
room knows trees and fetching, not what the paths mean.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from gitmodels import processes
from gitmodels.errors import Conflict, Invalid, RemoteError
from gitmodels.git import addresses, durable, raw, skeleton
from gitmodels.git.fork import stands_on
from gitmodels.git.ref_files import RefFiles
from gitmodels.git.refs import Refs
from gitmodels.git.remote_program import Progress
from gitmodels.git.repository import GitRepository
from gitmodels.git.transport import fetch_objects, fetch_refs
from gitmodels.git.tree import TreeView, load_root, load_tree

ORIGIN = "origin"
# The root and what stands in it; below lie folders of hundreds.
_TOP = "tree:2"
# What to ask a server for that does not filter so: everything but files, then everything.
_FILTERS = (_TOP, "blob:none", None)
# Of the commits since the last tip only the root of each is wanted.
_FILTERS_SINCE = ("tree:1", "blob:none", None)
_ASKED = "refs/gitmodels/asked"
_ANY, _ONLY_ITSELF, _AND_WHAT_STANDS_IN_IT = "", "tree:0", "tree:1"
_KIND = "sparse"
# A git whose caller was killed may go on for a while.
_LEFT_AFTER_S = 120.0
_PATIENCE_S = 120.0


def open_cache(path: Path, address: str, fmt: raw.ObjectFormat = raw.SHA1) -> GitRepository:
    """The cache at ``path`` for the repository at ``address``, made when it is not there; nothing is fetched yet.

    ``fmt`` is how ids are made there: RemoteError of the kind ``format`` says that it is the other one.
    Processes may make the same one at once. Raises Invalid for an address git is not to be given or a cache of another
    one, GitModelsError when it cannot be written.
    """
    addresses.check_address(address)
    if not path.exists():
        _create(path, address, fmt)
    repo = GitRepository.open(git_dir=path)
    if repo.config(f"remote.{ORIGIN}.url") != address:
        raise Invalid(f"{path} is a cache of another repository", hint="remove that folder")
    return repo


def fetch_paths(
    cache: GitRepository,
    ref: str,
    paths: Iterable[str],
    *,
    commit: str | None = None,
    progress: Progress | None = None,
) -> TreeView:
    """The tree of the branch ``ref``, of which what stands at ``paths`` can be read, as far as it exists there.

    A path that ends in a slash is a folder with what stands in it, subfolders without their content. With ``commit``,
    one that was fetched earlier, the branch is not asked for again. Raises RemoteError with its ``kind``, Conflict when
    the branch does not stand on what it was when it was last asked for, Locked when others keep fetching for two
    minutes.

    What is asked for together is fetched together: ask for all paths of one step at once.
    """
    if commit is None:
        _fetch_tip(cache, ref, progress)
        commit = RefFiles(cache.common_dir).read(ref)
        if commit is None:
            raise RemoteError(f"{cache.config(f'remote.{ORIGIN}.url')} has no {ref}", kind="no-ref")
    root = load_root(cache.objects, commit)
    ways = [_Way(path, root) for path in dict.fromkeys(paths)]
    while True:
        lacking = _advance(cache, ways)
        if not lacking:
            return TreeView(cache.objects, commit=commit)
        # A file comes whatever the filter: it goes along with the folders.
        filters = sorted(set(lacking.values()) - {_ANY}) or [_ONLY_ITSELF]
        for filter in filters:
            wanted = [oid for oid, own in lacking.items() if own == filter or (own == _ANY and filter == filters[0])]
            fetch_objects(cache, ORIGIN, wanted, filter=filter, progress=progress)
        if cache.objects.missing(lacking):
            raise RemoteError(f"the remote did not send {len(lacking)} objects it has", kind="no-object")


class _Way:
    """How far one path has been followed: the tree or file it stands at, and the names that are left."""

    def __init__(self, path: str, root: str) -> None:
        self.oid = root
        self.is_folder = path.endswith("/") or not path
        self.names = [name for name in path.split("/") if name]
        self.is_tree = True
        self.done = False

    def step(self, entries: raw.Entries) -> None:
        """Go to the next name among ``entries``, or end where it is not there."""
        entry = entries.get(self.names.pop(0))
        self.done = entry is None
        if entry is not None:
            self.is_tree = raw.is_tree_mode(entry[0])
            # What stands below a file, or is neither file nor folder, is not there.
            self.done = (bool(self.names) and not self.is_tree) or not (self.is_tree or raw.is_blob_mode(entry[0]))
            self.oid = entry[1]


def _advance(cache: GitRepository, ways: list[_Way]) -> dict[str, str]:
    """Follow each way as far as objects are here; those that are lacking next, each with the filter to ask with."""
    lacking: dict[str, str] = {}
    for way in ways:
        while not way.done:
            at_end = not way.names
            inside = _ANY if not way.is_tree else _AND_WHAT_STANDS_IN_IT if at_end and way.is_folder else _ONLY_ITSELF
            if cache.objects.missing((way.oid,)):
                # The same tree may be on one way and the end of another: then what stands in it is wanted.
                lacking[way.oid] = max(lacking.get(way.oid, ""), inside)
                break
            if not at_end:
                way.step(load_tree(cache.objects, way.oid).entries)
                continue
            way.done = True
            if inside == _AND_WHAT_STANDS_IN_IT:
                # The tree may have come without what stands in it, as one on the way to something else.
                below = [oid for mode, oid in load_tree(cache.objects, way.oid).entries.values() if _is_here(mode)]
                lacking |= dict.fromkeys(cache.objects.missing(below), _ONLY_ITSELF)
    return lacking


def _is_here(mode: bytes) -> bool:
    return raw.is_tree_mode(mode) or raw.is_blob_mode(mode)


def _fetch_tip(cache: GitRepository, ref: str, progress: Progress | None) -> None:
    # git gives up at once where another git moves the edge of the history or the ref.
    with cache.queue(_PATIENCE_S):
        _remove_left_locks(cache.common_dir, ref)
        _fetch_tip_alone(cache, ref, progress)


def _remove_left_locks(folder: Path, ref: str) -> None:
    """Remove the locks that a killed git left in a cache, where nobody but we works, and one at a time."""
    for name in ("shallow.lock", f"{ref}.lock", "packed-refs.lock", "config.lock"):
        with contextlib.suppress(OSError):
            if time.time() - os.stat(folder / name).st_mtime > _LEFT_AFTER_S:
                os.unlink(folder / name)


def _fetch_tip_alone(cache: GitRepository, ref: str, progress: Progress | None) -> None:
    files = RefFiles(cache.common_dir)
    known = files.read(ref)
    # git would take a history that was rewritten for a shallow one that moved on. So later tips come with what leads
    # from the last to them, beside the branch, which only moves when that is seen.
    wanted, depth = (f"+{ref}:{ref}", 1) if known is None else (f"+{ref}:{_ASKED}", None)
    for filter in _FILTERS if known is None else _FILTERS_SINCE:
        try:
            fetch_refs(cache, ORIGIN, [wanted], depth=depth, filter=filter, progress=progress)
            break
        except RemoteError as error:
            if error.kind != "no-filter" or filter is None:
                raise
    found = files.read(_ASKED) if known is not None else known
    if known is None or found is None or found == known:
        return
    if not stands_on(cache, found, known):
        raise Conflict(
            f"the branch was rewritten: {known[:10]}, which it had once, is not in what is there now ({found[:10]})",
            hint=f"ask who did it; rm -r {cache.common_dir} forgets what was seen",
            rewritten=True,
        )
    Refs(cache).replace(ref, found)


def _create(path: Path, address: str, fmt: raw.ObjectFormat) -> None:
    made = path.parent / processes.new_name(_KIND)
    with durable.storage_errors(f"make the cache {path}"):
        durable.make_folders(path.parent)
        try:
            skeleton.write(made, fmt, _configuration(address))
            try:
                os.rename(made, path)
            except OSError:
                if not path.exists():
                    raise
        finally:
            shutil.rmtree(made, ignore_errors=True)


def _configuration(address: str) -> list[str]:
    quoted = address.replace("\\", "\\\\").replace('"', '\\"')
    remote = [f'[remote "{ORIGIN}"]', f'url = "{quoted}"', "promisor = true", f"partialclonefilter = {_TOP}"]
    return ["[extensions]", f"partialClone = {ORIGIN}", *remote]
