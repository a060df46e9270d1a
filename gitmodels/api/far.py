"""Registries far away, by their address alone: no clone, a bare repository in the user's cache folder stands in for it.

It is shallow and holds of git's objects only what was asked for; models lie in its own object store. Several processes
share it, and whatever is in it may be removed at any time: it comes again. This room knows how it is kept, fresh and
small; what is read from it is read like any repository. Nothing is ever written through it.
"""

import contextlib
import fcntl
import os
import shutil
import time
import warnings
from pathlib import Path

from gitmodels import digest, processes
from gitmodels.api import cloning
from gitmodels.api.settings import Settings
from gitmodels.errors import Conflict, Corrupt, Invalid, NotFound, RemoteError
from gitmodels.git.branch import Branch
from gitmodels.git.repository import GitRepository
from gitmodels.patterns import pattern
from gitmodels.registry import layout
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef, without_credentials

# What all of them together may take before those that were not used for longest go.
LIMIT = 64 << 30
# Asked again sooner than this, the same process takes what it saw.
_FRESH_S = 1.0
# A name alone is a token where the web asks for one, and no secret where ssh does.
_SECRET = pattern(r"[a-z+]+://[^/@]*:[^/@]*@|https?://[^/@]*@")
_held: dict[Path, int] = {}
_open: dict[tuple[Path, Path | None, Path | None], Repo] = {}
_seen: dict[Path, float] = {}


def opened(address: str, now: Settings, ref: ModelRef | None = None) -> Repo:
    """The repository that stands in for the registry at ``address``, as of now.

    What is recorded of ``ref`` comes along in a few requests; anything else comes when it is read. Where the address
    cannot be reached, all is as of the last time it could be, with one warning. Raises RegistryNotFound when there is
    no registry, RemoteError when it cannot be reached and never was, Invalid for an address with a password, Conflict
    for a registry that took back what it had.
    """
    from gitmodels.git import sparse

    folder = folder_of(address, now)
    if os.path.isdir(address):
        address = os.path.abspath(address)
    is_new = not folder.is_dir()
    # A handle of its own: what is handed out is never to be written through, not even while it is renewed.
    cache = sparse.open_cache(folder, address)
    if is_new:
        _make_room(folder)
    key = (folder, now.store, now.cache)
    repo = _open.get(key)
    if repo is None:
        repo = _open[key] = Repo.open(git_dir=folder, store=now.store, cache=now.cache)
        words = f"the registry at {without_credentials(address)} can only be read from here"
        repo.git.read_only = words, "register in a clone of it, then git models push"
    repo.plain_storage = now.plain_storage
    _renew(repo, cache, address, ref)
    return repo


def folder_of(address: str, now: Settings, kind: str = "") -> Path:
    """Where a repository that stands in for the registry at ``address`` is; this process holds it from now on.

    There is one of each ``kind``. Raises Invalid for an address with a password.
    """
    if _SECRET.match(address):
        raise Invalid(
            f"a password or token stands in the address {without_credentials(address)[:200]}",
            hint="leave it to git's credential helpers, ~/.netrc or ssh keys: it would be kept in the cache",
        )
    place = os.path.abspath(address) if os.path.isdir(address) else address
    name = "-".join([digest.of_bytes(place.encode())[:32], *filter(None, [kind])])
    folder = now.user_cache / "gitmodels" / "registries" / f"{name}.git"
    _hold(folder.with_suffix(".lock"))
    return folder


def look_again(address: str, now: Settings) -> None:
    """Ask the registry at ``address`` anew when it is opened next, however short ago it was asked."""
    _seen.pop(folder_of(address, now), None)


def _renew(repo: Repo, cache: GitRepository, address: str, ref: ModelRef | None) -> None:
    folder = cache.common_dir
    known = repo.registry.branch.tip()
    is_fresh = time.monotonic() - _seen.get(folder, -_FRESH_S) < _FRESH_S
    try:
        _bring(cache, repo.registry.branch, ref, known if is_fresh else None)
    except Conflict as error:
        if not error.fields.get("rewritten"):
            raise
        shown = error.message.replace("the branch", f"the registry at {without_credentials(address)}", 1)
        raise Conflict(shown, hint=error.hint, **error.fields) from None
    except RemoteError as error:
        if error.fields.get("kind") == "no-ref" and known is not None:
            raise Conflict(
                f"the registry at {without_credentials(address)} is gone, and was there once",
                hint=f"ask who did it; rm -r {folder} forgets what was seen",
                rewritten=True,
            ) from None
        if error.fields.get("kind") == "no-ref":
            raise cloning.no_registry(repo, address) from None
        shown = error.message.replace("the remote origin", f"the registry at {without_credentials(address)}", 1)
        if known is None:
            raise RemoteError(shown, hint=error.hint, **error.fields) from None
        warnings.warn(f"{shown}: models are as they were last seen", UserWarning, stacklevel=4)
    with contextlib.suppress(OSError):
        os.utime(folder)
    if not is_fresh:
        _seen[folder] = time.monotonic()


def _bring(cache: GitRepository, branch: Branch, ref: ModelRef | None, commit: str | None) -> None:
    """Bring the tip, or take ``commit`` for it, and what is read to resolve ``ref`` and to tell of its version."""
    from gitmodels.git.sparse import fetch_paths

    paths = [layout.REGISTRY_FILE]
    if ref is not None and ref.name:
        paths.append(layout.model_file(ref.name))
        if ref.alias is not None:
            paths.append(layout.alias_file(ref.name, ref.alias))
        elif ref.version is None:
            paths += [f"{layout.model_folder(ref.name)}/{part}/" for part in ("versions", "meta")]
    tree = fetch_paths(cache, branch.ref, paths, commit=commit)
    if ref is None or not ref.name:
        return
    # A name that is not there, or a record that is damaged, is told by whoever reads it for good.
    with contextlib.suppress(NotFound, Corrupt):
        tip = commit or branch.tip()
        number = State(tree, tip).pointed(ref.name, ref.alias) if ref.alias is not None else ref.version
        if number is not None:
            version = [f"{layout.version_folder(ref.name, number)}/", layout.meta_file(ref.name, number)]
            fetch_paths(cache, branch.ref, version, commit=tip)


def _hold(lock: Path) -> None:
    """Keep the repository for as long as this process lives."""
    if lock in _held:
        return
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _held[lock] = descriptor


def _make_room(kept: Path) -> None:
    """Remove the registries that nobody holds, those used longest ago first, until all together are small enough."""
    found = []
    for path in kept.parent.iterdir():
        if path.suffix == ".git":
            found.append((path.stat().st_mtime, path, _size(path)))
        elif processes.is_abandoned(path.name, path.lstat().st_mtime):
            shutil.rmtree(path, ignore_errors=True)
    total = sum(size for _, _, size in found)
    for _, path, size in sorted(found):
        if total <= LIMIT or path == kept:
            continue
        with contextlib.suppress(OSError), open(path.with_suffix(".lock"), "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
            total -= size


def _size(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512
    return total
