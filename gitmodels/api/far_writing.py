"""Registries far away, written by their address alone: what was done is published, or it was not done.

A bare clone in the user's cache folder stands in for the registry while it is written, beside the one that stands in
for it while it is read. Processes take turns at it, and nothing unpublished is ever left in it: what the registry
refused is taken back. This room joins cloning and publishing; what is written it does not know.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from gitmodels import processes
from gitmodels.api import cloning, far, publishing
from gitmodels.api.settings import Settings
from gitmodels.errors import Conflict, RegistryNotFound
from gitmodels.git import cloning as repositories
from gitmodels.registry.replay import Renumbered
from gitmodels.registry.tracking import Tracking
from gitmodels.repo import Repo


class Written:
    """A repository while its registry is written, and afterwards what became of the numbers that were given."""

    def __init__(self, repo: Repo) -> None:
        self.repo = repo
        self.renumbered: tuple[Renumbered, ...] = ()

    def number(self, name: str, number: int) -> int:
        """The number that the version ``number`` of ``name`` was published with: others may have been quicker."""
        found = (one.became for one in self.renumbered if (one.name, one.number) == (name, number))
        return next(found, number)


@contextlib.contextmanager
def published(address: str, now: Settings) -> Iterator[Written]:
    """The registry at ``address`` as it is now, to be written in the block; at its end all of that is published.

    A registry is started where the repository there has none. Raises what the block raises, Invalid for an address
    with a password, and RemoteError and Conflict as pushing does: then nothing was done. A Conflict has the field
    ``lost`` when it was found by publishing: others were quicker, and the same asked again may well succeed.
    """
    folder = far.folder_of(address, now, "written")
    with _alone(folder.with_suffix(".turn")):
        repo = _clone(address, folder, now)
        _take_back(repo)
        publishing.pull(repo)
        written = Written(repo)
        try:
            yield written
            written.renumbered = _publish(repo)
        except BaseException:
            _take_back(repo)
            raise
        finally:
            far.look_again(address, now)


def _publish(repo: Repo) -> tuple[Renumbered, ...]:
    try:
        return publishing.push(repo).renumbered
    except RegistryNotFound:
        return ()  # nothing was written
    except Conflict as error:
        error.fields["lost"] = True
        raise


def _take_back(repo: Repo) -> None:
    """Leave nothing that is not published, also of what a killed process had begun."""
    registry = repo.registry
    there = Tracking(registry, repositories.REMOTE).known()
    with repo.git.queue():
        if registry.branch.tip() not in (None, there):
            registry.branch.refs.replace(registry.branch.ref, there)
            if there is not None:
                registry.mirror()


def _clone(address: str, folder: Path, now: Settings) -> Repo:
    if not folder.is_dir():
        try:
            cloning.clone(address, folder, bare=True)
        except RegistryNotFound:
            fresh = folder.parent / f".{processes.new_name('clone')}"
            try:
                repositories.make(fresh, address, bare=True)
                os.rename(fresh, folder)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    repo = Repo.open(git_dir=folder, author=(now.author_name, now.author_email), store=now.store, cache=now.cache)
    repo.plain_storage = now.plain_storage
    return repo


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until nobody else, in whatever process or thread, is in here with ``path``."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)
