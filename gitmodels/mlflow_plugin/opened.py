"""The registry that a URI of MLflow's names: opened once a thread, written as MLflow's user.

``gitmodels:///path`` is a repository here, ``gitmodels+https://…`` and its kin one elsewhere, where each change is
published at once. This room knows where a registry is and who asks; what is asked is said above.
"""

import contextlib
import functools
import os
import socket
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from gitmodels.api import context, far_writing
from gitmodels.errors import Conflict, Invalid, RepositoryNotFound
from gitmodels.git.raw import Identity
from gitmodels.names import check_model_name, check_version
from gitmodels.registry.registry import Ask, Registry
from gitmodels.repo import Repo
from gitmodels.uris import without_credentials
from gitmodels.values import frozen

Result = TypeVar("Result")

SCHEME = "gitmodels"
# Between a repository and what lies in its registry; no folder of a place is spelled so.
_MARK = "/-/"
_USER = "mlflow.user"
# How often a change is asked of a registry far away while others are quicker.
_TRIES = 5


@frozen
class Place:
    """Where a registry is: a folder here, or an address of git's elsewhere."""

    folder: str = ""
    address: str = ""

    @classmethod
    def parse(cls, uri: str) -> "Place":
        """The place that a registry URI names. Raises Invalid.

        >>> Place.parse("gitmodels:///srv/models").folder, Place.parse("gitmodels+https://host/m.git").address
        ('/srv/models', 'https://host/m.git')
        """
        parts = urlsplit(uri)
        scheme, plus, rest = parts.scheme.partition("+")
        shown = without_credentials(uri)[:200]
        if scheme != SCHEME:
            raise Invalid(f"not a registry of gitmodels: {shown}", hint="gitmodels:///path, or gitmodels+https://…")
        if parts.query or parts.fragment:
            raise Invalid(f"a registry is named, nothing in it: {shown}", hint="leave ? and # away")
        if plus:
            return cls(address=f"{rest}{uri[len(parts.scheme) :]}")
        if parts.netloc:
            raise Invalid(f"a registry here has no host: {shown}", hint="write three slashes: gitmodels:///path")
        if not parts.path:
            raise Invalid("a registry's path is missing", hint="gitmodels:///path")
        return cls(folder=os.path.abspath(unquote(parts.path)))

    @property
    def uri(self) -> str:
        """The registry URI of this place."""
        return f"{SCHEME}+{self.address}" if self.address else f"{SCHEME}://{quote(self.folder)}"

    def version_uri(self, name: str, number: int) -> str:
        """The URI of a version's files: what MLflow downloads from."""
        return f"{self.uri.replace(_MARK, '/%2D/')}{_MARK}{quote(name, safe='')}/{number}"


def parse_version_uri(uri: str) -> tuple[Place, str, int, str]:
    """Place, model, number and path inside the version of a URI that ``version_uri`` made. Raises Invalid.

    >>> parse_version_uri("gitmodels:///srv/models/-/Credit%20Risk/3/MLmodel")[1:]
    ('Credit Risk', 3, 'MLmodel')
    """
    place, mark, named = uri.partition(_MARK)
    name, slash, rest = named.partition("/")
    number, _, inner = rest.partition("/")
    if not mark or not slash:
        raise Invalid(f"not a version's files: {without_credentials(uri)[:200]}", hint="name models:/<name>/<version>")
    return Place.parse(place), check_model_name(unquote(name)), check_version(number), inner.strip("/")


class Opened:
    """The registry at ``uri``. A repository that was moved and another that stands there now are noticed.

    Threads share nothing of a repository here but the search index; one far away is read by one of them at a time.
    """

    def __init__(self, uri: str) -> None:
        self.place = Place.parse(uri)
        self._own = threading.local()
        self._far = threading.RLock()
        self._all = types.SimpleNamespace()
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Repo]:
        """The repository, to be read. Raises RepositoryNotFound, and RemoteError for one far away."""
        if self.place.address:
            with self._far:
                yield context.open_repository(f"git+{self.place.address}", context.settings())
        else:
            yield self._here(self._own)

    @contextlib.contextmanager
    def searching(self) -> Iterator[Registry]:
        """The registry, to be searched by one thread at a time: there is one search index for all of them.

        Raises as ``reading`` does.
        """
        if self.place.address:
            with self.reading() as repo:
                yield repo.registry
        else:
            with self._turn:
                yield self._here(self._all).registry

    def apply(self, ask: Ask[Result]) -> Result:
        """Commit one change, as MLflow's user. Raises what ``ask`` raises, and as ``writing`` does."""
        for _ in range(_TRIES - 1):
            try:
                with self.writing() as written:
                    return written.repo.registry.apply(ask)
            except Conflict as error:
                # Somebody was quicker there: it is asked of what is there now.
                if not error.fields.get("lost"):
                    raise
        with self.writing() as written:
            return written.repo.registry.apply(ask)

    @contextlib.contextmanager
    def writing(self) -> Iterator[far_writing.Written]:
        """The repository, its registry signed by MLflow's user; one far away has it all when the block ends.

        Raises Conflict where it can only be read, and RemoteError where it cannot be published.
        """
        if self.place.address:
            with self._far, far_writing.published(self.place.address, context.settings()) as written:
                written.repo.registry.author = author(written.repo.author)
                yield written
            return
        with self.reading() as repo:
            repo.git.check_writable()
            repo.registry.author = author(repo.author)
            yield far_writing.Written(repo)

    def _here(self, place: Any) -> Repo:
        """The repository as it was kept in ``place``, or opened now and kept there."""
        now = context.settings()
        kept = getattr(place, "kept", None)
        if kept is not None and kept[1] == now and kept[2] == _identity(kept[0]):
            found: Repo = kept[0]
            return found
        try:
            repo = context.open_repository(self.place.folder, now)
        except RepositoryNotFound:
            raise RepositoryNotFound(
                f"no git repository at {self.place.folder}", hint=f"git init --bare {self.place.folder}"
            ) from None
        place.kept = (repo, now, _identity(repo))
        return repo


@functools.lru_cache(maxsize=100)
def opened_at(uri: str) -> Opened:
    """The registry at ``uri``, the same one for all who ask in this process. Raises Invalid."""
    return Opened(uri)


def _identity(repo: Repo) -> tuple[int, int] | None:
    try:
        status = os.stat(repo.git.common_dir)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def author(configured: Identity) -> Identity:
    """Who acts: the user whose request a server answers, else MLflow's user here with git's e-mail address."""
    asking = _request_user()
    if asking is not None:
        return Identity.clean(asking, asking if "@" in asking else f"{asking}@{socket.gethostname()}")
    from mlflow.tracking.context.default_context import DefaultRunContext

    user = DefaultRunContext().tags().get(_USER)
    return Identity.clean(str(user or configured.name), configured.email)


def in_server() -> bool:
    """Whether a server of MLflow's answers a request in this thread: whoever asks is not whom it runs as."""
    return _flask() is not None


def _request_user() -> str | None:
    flask = _flask()
    known = flask.request.authorization if flask is not None else None
    user = known.username if known is not None else None
    return str(user) if user else None


def _flask() -> Any:
    flask: Any = sys.modules.get("flask")
    return flask if flask is not None and flask.has_request_context() else None
