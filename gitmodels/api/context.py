"""Which repository the fluent interface works on: set by a URI, by the environment, or the one around the folder.

The only reader of the process's environment below the adapters (through ``Settings``). This room opens a Repo and
remembers it; it knows no verbs.
"""

import os
import warnings
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gitmodels.api.settings import Settings
from gitmodels.errors import Conflict, Invalid, RepositoryNotFound
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef, RemoteRef, parse_uri, registry_address, without_credentials

_SERVERS = ("http", "https", "sqlite", "postgresql", "mysql", "mssql", "databricks", "databricks-uc", "uc")
# Each with the id of its folder: where another repository stands by now, it is opened anew.
_opened: dict[tuple[str, Settings], tuple[Repo, tuple[int, int]]] = {}
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
    path = text if registry_address(text) is not None else os.path.abspath(_local_path(text))
    open_repository(path, settings())
    _chosen = path


def chosen() -> str | None:
    """The path that was chosen by a URI, or None."""
    return _chosen


def repository() -> Repo:
    """The repository in force. Raises RepositoryNotFound with the way out."""
    return _in_force(settings())


def _in_force(now: Settings) -> Repo:
    _tell_ignored(now)
    path = _chosen or now.registry
    key = (path if path and os.path.isabs(path) else os.path.join(_folder(), path or ""), now)
    known = _opened.get(key) if registry_address(path or "") is None else None
    if known is not None and known[1] == _identity(known[0]):
        return known[0]
    repo = open_repository(path, now)
    _opened[key] = (repo, _identity(repo))
    return repo


def registry_repository() -> Repo:
    """The repository whose registry is asked: that in force, or the one that its ``.gitmodels.yaml`` names.

    What was chosen by a URI or by the environment counts before the file.
    """
    now = settings()
    repo = _in_force(now)
    return repo if _chosen or now.registry else elsewhere(repo, now)


def elsewhere(repo: Repo, now: Settings) -> Repo:
    """The registry that the work tree of ``repo`` names, to be read; ``repo`` itself where it names none."""
    from gitmodels.api import named_registry

    address = named_registry.address(repo)
    if address is None:
        return repo
    from gitmodels.api import far

    return far.opened(address, now)


def of_ref(repo: Repo, ref: ModelRef | None, now: Settings) -> Repo:
    """Where ``ref`` is looked up from ``repo``: there, when a run logged a model of that id, else in its registry."""
    if ref is not None and ref.model_id is not None and repo.runs.models.find(ref.model_id):
        return repo
    return elsewhere(repo, now)


def _refuse_elsewhere(repo: Repo) -> None:
    """Nothing is registered here where the work tree names another registry: nobody would look for it here."""
    from gitmodels.api import named_registry

    def refuse() -> None:
        address = named_registry.address(repo)
        if address is not None:
            raise Conflict(
                f"the registry of this repository is {without_credentials(address)}, as {named_registry.FILE} says",
                hint="git models clone it, and write there; -C, --git-dir and GITMODELS_REGISTRY name another one",
            )

    repo.refuse_registering = refuse


def open_repository(path: str | os.PathLike[str] | None, now: Settings) -> Repo:
    """The repository at ``path`` (a path or a local URI), or where git's variables and the current folder say.

    ``git+<url>`` is a registry far away, to be read: the repository that stands in for it, as it is now.
    """
    address = registry_address(str(path)) if path else None
    if address is not None:
        from gitmodels.api import far

        return far.opened(address, now)
    try:
        repo = Repo.open(
            _local_path(str(path)) if path else ".",
            git_dir=now.git_dir if path is None else None,
            author=(now.author_name, now.author_email),
            store=now.store,
            cache=now.cache,
        )
    except RepositoryNotFound as error:
        raise RepositoryNotFound(error.message, hint="git init, or gitmodels.set_registry_uri(path)") from None
    repo.plain_storage = now.plain_storage
    repo.registry_started = lambda: _tell_git(repo)
    if path is None and now.git_dir is None:
        _refuse_elsewhere(repo)
    return repo


def _tell_git(repo: Repo) -> None:
    """A registry that the first write starts is one like any that ``init`` starts."""
    from gitmodels.api import clone_settings

    clone_settings.install(repo)


def located(uri: str | os.PathLike[str], repo: Repo | None = None) -> tuple[Repo, str]:
    """The repository that ``uri`` speaks of, and what it names there: far away for ``git+<url>#<ref>``.

    ``models:/<name>@pinned`` is what ``models.lock`` beside the code says, and in the registry it names. Anything else
    is looked up in ``repo``, by default the repository in force.
    """
    ref = parse_uri(str(uri))
    if isinstance(ref, ModelRef) and ref.pinned:
        from gitmodels.api import pinned

        now = settings()
        if (registry := pinned.pin_of(ref.name, now.work_tree).registry) is not None:
            from gitmodels.api import far

            return far.opened(registry, now, pinned.resolved(ref, now.work_tree)), str(uri)
    if isinstance(ref, RemoteRef):
        from gitmodels.api import far

        return far.opened(ref.url, settings(), ref.ref), ref.ref.uri
    if repo is None and isinstance(ref, ModelRef) and not (_chosen or settings().registry):
        return of_ref(repository(), ref, settings()), str(uri)
    return repo or repository(), str(uri)


def open_uri(text: str | os.PathLike[str]) -> Repo | None:
    """The repository that a URI names, for a client of its own; None for a server's URI, after the warning."""
    shown = str(text)
    scheme = urlsplit(shown).scheme.split("+")[0] or shown
    if scheme in _SERVERS:
        _refuse_or_warn(shown)
        return None
    return open_repository(shown, settings())


def uri() -> str:
    """Where runs and models go, as a URI: ``gitmodels:///path``."""
    return f"gitmodels://{repository().location.resolve()}"


def _folder() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        raise RepositoryNotFound("the current folder was removed", hint="cd to a folder that exists") from None


def _identity(repo: Repo) -> tuple[int, int]:
    try:
        state = os.stat(repo.git.common_dir)
    except OSError:
        return (0, 0)
    return (state.st_dev, state.st_ino)


def _tell_ignored(now: Settings) -> None:
    for name in now.ignored:
        if name not in _warned:
            _warned.add(name)
            warnings.warn(f"{name} is ignored: no server is used", UserWarning, stacklevel=4)


def _local_path(text: str) -> str:
    if "@" in text.split("/")[0]:
        raise Invalid(
            f"a remote repository cannot be worked on: {without_credentials(text)[:200]}",
            hint="git clone it and name the clone",
        )
    parts = urlsplit(text)
    if parts.scheme in ("gitmodels", "file"):
        return str(Path(unquote(parts.netloc + parts.path)))
    if parts.scheme and len(parts.scheme) > 1:
        raise Invalid(f"not a registry: {without_credentials(text)[:200]}", hint="name a path, or gitmodels:///path")
    return text


def _refuse_or_warn(text: str) -> None:
    shown = without_credentials(text.split("@")[-1] if "://" in text else text)[:200]
    if settings().strict_uri:
        raise Invalid(f"no server is used by gitmodels: {shown}", hint="name a path, or unset GITMODELS_STRICT_URI")
    if shown not in _warned:
        _warned.add(shown)
        try:
            place = str(repository().location)
        except RepositoryNotFound:
            place = "the git repository around the current folder"
        warnings.warn(f"no server is used ({shown}): runs and models go to {place}", UserWarning, stacklevel=4)
