"""Which remotes of objects there are, by name: this clone's own, those everybody shares, and git's own remotes.

This room reads git config (``gitmodels-remote.<name>.url``, ``gitmodels.objects``); what the registry says it is given.
A name of this clone's own hides a shared one; any git remote can be named, too, and keeps packs on its host.
"""

from collections.abc import Mapping
from typing import Literal

from gitmodels.errors import Invalid, RemoteNotFound
from gitmodels.git.repository import GitRepository
from gitmodels.values import frozen

SECTION = "gitmodels-remote"
DEFAULT_KEY = "gitmodels.objects"
Kept = Literal["personal", "shared", "git"]


@frozen
class Named:
    """A remote by its name: its address, as written, who it is for, and whether it is used when none is named."""

    name: str
    address: str
    kept: Kept
    default: bool = False


def listed(git: GitRepository, shared: Mapping[str, str], preferred: str | None) -> list[Named]:
    """All remotes that are configured, sorted by name; ``shared`` and ``preferred`` are what the registry says.

    When none is named, what git config ``gitmodels.objects`` says is used, else ``preferred``, else the only one, else
    the git remote ``origin``.
    """
    found: dict[str, tuple[str, Kept]] = {name: (address, "shared") for name, address in shared.items()}
    for key in git.config_names(SECTION):
        name = key.removeprefix(f"{SECTION}.").removesuffix(".url")
        if key.endswith(".url") and (url := git.config(key)):
            found[name] = (url, "personal")
    for name in git.remotes():
        found.setdefault(name, (f"git:{name}", "git"))
    chosen = _chosen(git, {name: kept for name, (_, kept) in found.items()}, preferred)
    return [Named(name, address, kept, name == chosen) for name, (address, kept) in sorted(found.items())]


def find(git: GitRepository, shared: Mapping[str, str], preferred: str | None, name: str | None = None) -> Named:
    """The remote ``name``, or the one that is used when none is named. Raises RemoteNotFound."""
    known = listed(git, shared, preferred)
    for each in known:
        if each.name == name or (name is None and each.default):
            return each
    if name is None:
        raise RemoteNotFound(
            "no remote keeps the objects of this registry",
            hint="git models remote add NAME ADDRESS, or git remote add origin URL",
        )
    names = f"there are {', '.join(each.name for each in known)}" if known else "git models remote add"
    raise RemoteNotFound(f"no remote is called {name[:80]}", hint=names)


def add_personal(git: GitRepository, name: str, address: str, *, default: bool = False) -> None:
    """Let ``name`` mean ``address`` in this clone. Raises Invalid for a name that it cannot have, Conflict."""
    if git.config(f"{SECTION}.{name}.url") not in (None, address):
        raise Invalid(f"the remote {name} is another one in this clone", hint=f"git models remote rm {name}")
    git.set_config(f"{SECTION}.{name}.url", address)
    if default:
        git.set_config(DEFAULT_KEY, name)


def remove_personal(git: GitRepository, name: str) -> bool:
    """Let ``name`` mean nothing of this clone's own; whether it did. Raises Conflict."""
    if git.config(f"{SECTION}.{name}.url") is None:
        return False
    git.unset_config(f"{SECTION}.{name}.url")
    if git.config(DEFAULT_KEY) == name:
        git.unset_config(DEFAULT_KEY)
    return True


def _chosen(git: GitRepository, kept: Mapping[str, Kept], preferred: str | None) -> str | None:
    for name in (git.config(DEFAULT_KEY), preferred):
        if name in kept:
            return name
    own = [name for name, who in kept.items() if who != "git"]
    if len(own) == 1:
        return own[0]
    return "origin" if "origin" in kept else None
