"""What killed processes left in a repository: temporary files, locks, journals of runs, folders for loaders.

This room finds them and has them cleared by the rooms that made them; what a living process uses is never touched.
Those rooms are imported to clear: ``git models status`` only asks for the journals.
"""

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from gitmodels import processes
from gitmodels.repo import Repo
from gitmodels.runs import journal


def find(repo: Repo) -> list[Path]:
    """Everything that processes of ours left and nobody uses, each path once, sorted."""
    abandoned = list(_abandoned(repo))
    found = {*repo.store.leftovers(), *repo.views.leftovers(), *abandoned, *_held_by(_all_locks(repo), abandoned)}
    found |= {path for path in journal.found_in(_journals(repo)) if _is_left(path)}
    return sorted(found)


def clear(repo: Repo) -> None:
    """Clear them: journals become runs that FAILED, the rest goes. Raises Locked when the repository is busy."""
    from gitmodels.git import ref_lock
    from gitmodels.git.packs import PackFolder
    from gitmodels.objects.staging import remove_leftover

    repo.runs.recover()
    repo.views.sweep()
    with repo.git.queue():
        # Looked for once, and in the queue: a process that is killed gives the queue away some time before it is seen
        # to be gone, and its file, beside those of the store, is what tells that its lock is dead. Who is seen to be
        # gone from here on is for the next who clears.
        dead = [*repo.store.leftovers(), *_abandoned(repo)]
        for lock in _held_by(_all_locks(repo), dead):
            ref_lock.remove_abandoned(str(lock), repo.git.own_dir / "tmp")
        PackFolder(repo.git.common_dir, repo.git.object_format).sweep()
        for path in dead:
            remove_leftover(path)


def journals(repo: Repo) -> tuple[list[str], list[str]]:
    """The ids of the runs that go on, and of those whose process is gone."""
    found = journal.found_in(_journals(repo))
    left = {path.stem for path in found if _is_left(path)}
    return sorted({path.stem for path in found} - left), sorted(left)


def foreign_locks(repo: Repo) -> list[Path]:
    """Locks in our way that are not ours: another git's, or one that a killed git left."""
    found = _not_ours(repo)
    # Of two looks: one of ours that is given back in the middle of a look is not seen to be ours.
    return sorted(found & _not_ours(repo)) if found else []


def _not_ours(repo: Repo) -> set[Path]:
    locks = set(_all_locks(repo))
    ours = [path for path in (repo.git.own_dir / "tmp").glob("*") if processes.is_ours(path.name)]
    return locks - set(_held_by(locks, ours))


def _abandoned(repo: Repo) -> Iterator[Path]:
    """Temporary files of the git room whose process is gone."""
    for folder in (repo.git.own_dir / "tmp", repo.git.common_dir / "objects" / "pack"):
        for path in folder.glob("*") if folder.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):
                state = path.lstat()
                # Folders are the store's, which works beside the queue and may leave one at any moment.
                if not stat.S_ISDIR(state.st_mode) and processes.is_abandoned(path.name, state.st_mtime):
                    yield path


def _held_by(locks: Iterable[Path], files: Iterable[Path]) -> Iterator[Path]:
    """Those of the locks that are links to one of these files of processes of ours."""
    own: set[tuple[int, int]] = set()
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            own.add(_identity(path))
    for lock in locks:
        with contextlib.suppress(FileNotFoundError):
            if _identity(lock) in own:
                yield lock


def _all_locks(repo: Repo) -> Iterator[Path]:
    common = repo.git.common_dir
    # git's own of the configuration too: a git that was killed leaves it, and nothing can be configured until it goes.
    names = (f"{repo.registry.branch.ref}.lock", "packed-refs.lock", "config.lock")
    candidates = [common / name for name in names]
    yield from (path for path in candidates if path.exists())
    folder = common / "refs" / "gitmodels"
    yield from (path for path in folder.rglob("*.lock") if path.is_file())


def _identity(path: Path) -> tuple[int, int]:
    state = path.lstat()
    return state.st_ino, state.st_dev


def _journals(repo: Repo) -> Path:
    return repo.git.own_dir / "journals"


def _is_left(path: Path) -> bool:
    """Whether no process holds the journal: the one that runs a run keeps it locked."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return False  # ended since, or another user's
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
