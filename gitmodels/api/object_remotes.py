"""The verbs on remotes of objects: which there are, adding and removing one, trying one.

This room joins what this clone says (git config) with what everybody shares (the registry). It knows no backend.
"""

from gitmodels.errors import InvalidName
from gitmodels.registry.changes import configure
from gitmodels.registry.configuration import is_name
from gitmodels.remotes import opening, settings
from gitmodels.remotes.probe import Tried, probe
from gitmodels.remotes.settings import Named
from gitmodels.repo import Repo
from gitmodels.values import replace


def listed(repo: Repo) -> list[Named]:
    """All remotes, sorted by name, without secrets. Raises InvalidRecord for a registry that says nonsense."""
    return [replace(each, address=opening.shown(each.address)) for each in repo.named_remotes()]


def add(repo: Repo, name: str, address: str, *, personal: bool = False, default: bool = False) -> str:
    """Let ``name`` mean ``address``, for everybody or in this clone only; the address as it is kept.

    Raises Invalid for an address that is refused, InvalidName, AlreadyExists, Conflict.
    """
    address = opening.check(address)
    if not is_name(name):
        raise InvalidName(f"a remote is not called {name[:80]!r}", hint="letters, digits, '.', '_' and '-'")
    if personal:
        settings.add_personal(repo.git, name, address, default=default)
    else:
        repo.registry.apply(lambda state, at: configure.add_remote(state, name, address, default=default))
    return address


def remove(repo: Repo, name: str) -> bool:
    """Let ``name`` mean nothing; True when it was this clone's own. What lies there stays. Raises RemoteNotFound."""
    if settings.remove_personal(repo.git, name):
        return True
    repo.registry.existing_state()
    repo.registry.apply(lambda state, at: configure.remove_remote(state, name))
    return False


def tried(repo: Repo, name: str | None = None) -> tuple[str, list[Tried]]:
    """The address of the remote, and what it can do. Raises RemoteNotFound, Invalid, MissingDependency."""
    remote = repo.remote(name)
    return remote.address, probe(remote)
