"""New repositories that follow one remote: made with the system's git, without anybody's templates or hooks.

This room knows how a repository is made. What is fetched into it, and when, is up to the caller.
"""

from pathlib import Path

from gitmodels.errors import Conflict, MissingDependency
from gitmodels.git import addresses, program
from gitmodels.git.repository import GitRepository

REMOTE = "origin"


def make(path: Path, address: str, *, bare: bool) -> GitRepository:
    """A new repository at ``path``, which must not exist, whose ``origin`` is at ``address``; nothing is fetched.

    Raises Invalid for an address that git is not to be given, MissingDependency without git, and Conflict when the
    repository cannot be made.
    """
    addresses.check_address(address)
    if program.output(["--version"]) is None:
        raise MissingDependency("git cannot be started", hint="install git and see that it is on PATH")
    kind = ["--bare"] if bare else []
    if program.output(["init", "--quiet", "--template=", *kind, "--", str(path.absolute())]) is None:
        raise Conflict(f"cannot make a repository at {path}", hint="choose a folder that can be written")
    repo = GitRepository.open(path)
    repo.set_config(f"remote.{REMOTE}.url", address)
    repo.set_config(f"remote.{REMOTE}.fetch", f"+refs/heads/*:refs/remotes/{REMOTE}/*")
    return repo
