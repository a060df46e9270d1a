"""Which repository the fluent interface works on: set by a URI, by the environment, or the one around the folder.

The only reader of the process's environment below the adapters (through ``Settings``). This room opens a Repo and
remembers it; it knows no verbs.
"""

import os
import warnings
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gitmodels.api.settings import Settings
from gitmodels.errors import Invalid, RepositoryNotFound
from gitmodels.repo import Repo

_SERVERS = ("http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks", "databricks-uc", "uc")
_opened: dict[tuple[str, Settings], Repo] = {}
_chosen: str | None = None
_warned: set[str] = set()


def settings() -> Settings:
    """What the environment says now."""
    return Settings.read(os.environ)


def choose(uri: str | os.PathLike[str] | None) -> None:
    """Work on the repository that ``uri`` names from now on; None goes back to the environment and the folder.

    A path, ``file:`` and ``gitmodels:`` name a local repository. A server's URI (``http:``, ``sqlite:``,
    ``databricks`` …) warns once that no server is used, or raises Invalid under ``GITMODELS_STRICT_URI``.
    """
    global _chosen
    if uri is None or str(uri) == "":
        _chosen = None
        return
    text = str(uri)
    scheme = urlsplit(text).scheme.split("+")[0] or text
    if scheme in _SERVERS and not text.startswith("git+"):
        _refuse_or_warn(text)
        return
    _chosen = _local_path(text)
    repository()


def chosen() -> str | None:
    """The path that was chosen by a URI, or None."""
    return _chosen


def repository() -> Repo:
    """The repository in force. Raises RepositoryNotFound with the way out."""
    now = settings()
    path = _chosen or (_local_path(now.registry) if now.registry else None)
    key = (path or os.getcwd(), now)
    repo = _opened.get(key)
    if repo is None:
        repo = open_repository(path, now)
        _opened[key] = repo
    return repo


def open_repository(path: str | os.PathLike[str] | None, now: Settings) -> Repo:
    """The repository at ``path``, or where git's variables and the current folder say."""
    try:
        return Repo.open(
            path or ".",
            git_dir=now.git_dir if path is None else None,
            author=(now.author_name, now.author_email),
            store=now.store,
            cache=now.cache,
        )
    except RepositoryNotFound as error:
        raise RepositoryNotFound(error.message, hint="git init, or gitmodels.set_registry_uri(path)") from None


def open_uri(text: str | os.PathLike[str]) -> Repo | None:
    """The repository that a URI names, for a client of its own; None for a server's URI, after the warning."""
    shown = str(text)
    scheme = urlsplit(shown).scheme.split("+")[0] or shown
    if scheme in _SERVERS:
        _refuse_or_warn(shown)
        return None
    return open_repository(_local_path(shown), settings())


def uri() -> str:
    """Where runs and models go, as a URI: ``gitmodels:///path``."""
    return f"gitmodels://{repository().location.resolve()}"


def _local_path(text: str) -> str:
    if text.startswith("git+") or "@" in text.split("/")[0]:
        raise Invalid(f"a remote repository cannot be worked on: {text[:200]}", hint="git clone it and name the clone")
    parts = urlsplit(text)
    if parts.scheme in ("gitmodels", "file"):
        return str(Path(unquote(parts.netloc + parts.path)))
    if parts.scheme and len(parts.scheme) > 1:
        raise Invalid(f"not a registry: {text[:200]}", hint="name a path, or gitmodels:///path")
    return text


def _refuse_or_warn(text: str) -> None:
    shown = text.split("@")[-1][:200] if "://" in text else text[:200]
    if settings().strict_uri:
        raise Invalid(f"no server is used by gitmodels: {shown}", hint="name a path, or unset GITMODELS_STRICT_URI")
    if shown not in _warned:
        _warned.add(shown)
        try:
            place = str(repository().location)
        except RepositoryNotFound:
            place = "the git repository around the current folder"
        warnings.warn(f"no server is used ({shown}): runs and models go to {place}", UserWarning, stacklevel=4)
