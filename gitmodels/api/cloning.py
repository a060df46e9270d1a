"""Cloning a registry: an ordinary git repository that follows it, with every record and no bytes of models.

This room knows what is fetched and in what order it appears. Models come when they are loaded; a plain ``git clone``
of a repository with a registry in it works as well.
"""

import os
import shutil
from pathlib import Path

from gitmodels import processes
from gitmodels.api import clone_settings
from gitmodels.errors import AlreadyExists, FileMissing, RegistryNotFound, RemoteError
from gitmodels.git import cloning, transport
from gitmodels.git.remote_program import Progress
from gitmodels.repo import Repo
from gitmodels.uris import without_credentials


def clone(address: str, target: Path, *, bare: bool = False, progress: Progress | None = None) -> Repo:
    """A new repository at ``target`` that follows the registry at ``address``: all of it, or nothing is made.

    Its history is whole, so that ``log`` and pushing work; the contents of records come when they are read, where the
    server can leave them out. Raises AlreadyExists, FileMissing, RegistryNotFound where ``address`` has none,
    Invalid for an address that git is not to be given, and RemoteError.
    """
    if os.path.isdir(address):
        address = os.path.abspath(address)  # as git does: it is kept, and counts from elsewhere then
    target = Path(os.path.abspath(target))
    if os.path.lexists(target) and (not target.is_dir() or any(target.iterdir())):
        raise AlreadyExists(f"{target} is there already", hint="choose another folder")
    if not target.parent.is_dir():
        raise FileMissing(f"no such folder: {target.parent}", hint="make it first")
    fresh = target.parent / f".{processes.new_name('clone')}"
    try:
        repo = Repo.open(git_dir=cloning.make(fresh, address, bare=bare).git_dir)
        fetch_branch(repo, address, progress=progress)
        os.rename(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    repo = Repo.open(target)
    clone_settings.install(repo)
    return repo


def fetch_branch(repo: Repo, address: str, *, progress: Progress | None = None) -> None:
    """Bring the registry's branch of ``origin``, whose address is ``address``, without the contents of files.

    Raises RegistryNotFound where there is no such branch, RemoteError.
    """
    wanted = [f"+{repo.registry.branch.ref}:{repo.registry.tracking(cloning.REMOTE)}"]
    try:
        transport.fetch_refs(repo.git, cloning.REMOTE, wanted, filter="blob:none", progress=progress)
    except RemoteError as error:
        raise no_registry(repo, address) if error.fields.get("kind") == "no-ref" else error from None


def no_registry(repo: Repo, address: str) -> RegistryNotFound:
    """The error for a repository that has no registry."""
    branch = repo.registry.branch.ref.removeprefix("refs/heads/")
    return RegistryNotFound(
        f"no model registry at {without_credentials(address)}: it has no branch {branch}",
        hint="git models push in the repository that has one",
    )
