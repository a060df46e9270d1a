"""Collecting garbage in a repository: which names count, what is removed, and what killed processes left.

This room joins what repositories need (roots), what the store does about it (gc) and the leftovers; a store that
several repositories share is collected with the names of all of them.
"""

import time
from collections.abc import Callable
from typing import Any

from gitmodels.api import leftovers
from gitmodels.api.roots import Roots, united
from gitmodels.errors import Conflict, GitModelsError
from gitmodels.objects import gc
from gitmodels.objects.gc import Collected, When
from gitmodels.objects.marks import Wanted
from gitmodels.repo import Repo
from gitmodels.runs.expiry import parse_age

CONFIG = "gitmodels.gcGrace"
DEFAULT = "14 days"


def collect(
    repo: Repo, *, grace: str | None = None, drop_deleted: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """Remove what nothing needs any more, and tell what went; with ``dry_run`` what would go, and change nothing.

    ``grace`` is how long the doomed stay (``14 days``, ``now``, ``never``; default git config ``gitmodels.gcGrace``).
    With ``drop_deleted`` the bytes of versions that are marked as deleted everywhere are not needed.
    Raises Invalid for a grace that is no age; Conflict, Corrupt, Locked and what else ``gc.collect`` raises.
    """
    age = parse_age(grace or repo.git.config(CONFIG), DEFAULT, CONFIG)
    now = time.time_ns() // 1_000_000
    left = [str(path) for path in leftovers.find(repo)]
    if not dry_run and left:
        leftovers.clear(repo)
    roots = [Roots(each, now, drop_deleted=drop_deleted) for each in _users(repo)]
    done = gc.collect(repo.store, _together(roots), When(now, age), dry_run=dry_run)
    surplus = repo.store.cache.surplus()
    if not dry_run:
        repo.store.cache.drop()
    return {
        "dry_run": dry_run,
        "grace": None if age is None else age / 1000,
        "kept": done.kept,
        "doomed": done.doomed,
        "waiting": done.waiting,
        "removed": done.removed,
        "packs": list(done.packs),
        "rewritten": list(done.rewritten),
        "models": _gone(roots, done),
        "spared": sorted({f"{name} ({ref})" for each in roots for name, ref in each.spared.items()}),
        "suspect": list(done.suspect),
        "leftovers": left,
        "cached": sum(status.st_size for _, status in surplus),
    }


def _users(repo: Repo) -> list[Repo]:
    """The repository, and all others that store in the same place. Raises Conflict for one that cannot be opened."""
    found = [repo]
    here = repo.git.common_dir.resolve()
    owner = repo.store_root.resolve().parent
    others = {*repo.store.users(), *([owner] if (owner / "HEAD").is_file() and (owner / "objects").is_dir() else [])}
    for path in sorted(others - {here}):
        try:
            found.append(Repo.open(git_dir=path, store=repo.store_root, cache=repo.cache_root))
        except GitModelsError as error:
            raise Conflict(
                f"another repository that uses this object store cannot be opened: {error.message}",
                hint=f"if it is gone for good, remove its file in {repo.store.root / 'users'}; nothing was removed",
            ) from None
    return found


def _together(roots: list[Roots]) -> Callable[[], Wanted]:
    def ask() -> Wanted:
        wanted = [each() for each in roots]
        return Wanted(united(one.kept for one in wanted), united(one.published for one in wanted))

    return ask


def _gone(roots: list[Roots], done: Collected) -> list[str]:
    """What lost bytes, of all that was left out on purpose."""
    return sorted(label for each in roots for label, named in each.left_out.items() if named.ids & done.chunks)
