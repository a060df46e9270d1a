"""A registry and tracking store of MLflow's at one URI, opened for the length of an import or export.

This room knows MLflow's URIs, its settings and its errors; it knows nothing of what is registered there.
"""

import contextlib
import importlib.util
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from gitmodels.errors import FileMissing, GitModelsError, Invalid, MissingDependency, RemoteError
from gitmodels.exchange.mlflow.tables import Tables
from gitmodels.uris import without_credentials
from gitmodels.values import frozen

EXAMPLES = "mlflow:sqlite:///mlflow.db, mlflow:http://127.0.0.1:5000 or mlflow:./mlruns"
_FAR = ("http", "https", "databricks", "databricks-uc", "uc")
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
_ANSWERS_WITHIN_S = 10
# MLflow's own seven tries take minutes to say that nobody is there.
_TRIES = 2


@frozen
class Place:
    """MLflow's client for the store at ``uri``; its tables, where that is a database that can be opened from here.

    ``is_far``: what it says of paths is about another machine's.
    """

    uri: str
    client: Any
    tables: Tables | None
    is_far: bool

    @property
    def shown(self) -> str:
        """The URI as it may be told."""
        return without_credentials(self.uri)[:200]


@contextlib.contextmanager
def opened(location: str, *, make: bool = False) -> Iterator[Place]:
    """The store at ``location``, a URI of MLflow's or a folder; with ``make``, a database is made where there is none.

    Raises MissingDependency without MLflow, Invalid, FileMissing, and RemoteError for a server that does not answer.
    """
    if importlib.util.find_spec("mlflow") is None:
        raise MissingDependency("MLflow is not installed", hint="pip install 'gitmodels[mlflow]'")
    uri = checked(location, make=make)
    far = urlsplit(uri).scheme in _FAR or uri in _FAR
    if urlsplit(uri).scheme in ("http", "https"):
        _greet(uri)
    with _settings(uri):
        with reaching(f"cannot open {without_credentials(uri)[:200]}"):
            from mlflow.tracking import MlflowClient

            client = MlflowClient(tracking_uri=uri, registry_uri=uri)
            # A database is looked at, and made, when it is first asked.
            client.search_registered_models(max_results=1)
            tables = Tables.of(uri) if urlsplit(uri).scheme.partition("+")[0] in _DATABASES else None
        try:
            yield Place(uri, client, tables, far)
        finally:
            if tables is not None:
                tables.close()


def checked(location: str, *, make: bool = False) -> str:
    """The URI that ``location`` names. Raises Invalid for none of MLflow's, FileMissing where nothing is there.

    >>> checked("http://127.0.0.1:5000")
    'http://127.0.0.1:5000'
    """
    scheme = urlsplit(location).scheme.lower()
    if not location or scheme.partition("+")[0] == "gitmodels":
        raise Invalid(f"not a store of MLflow's: {without_credentials(location)[:200]!r}", hint=EXAMPLES)
    if scheme.partition("+")[0] == "sqlite":
        path = unquote(location.partition("///")[2])
        if not make and not os.path.isfile(path):
            raise FileMissing(f"no such database: {path[:200]}", hint=f"name one that MLflow made: {EXAMPLES}")
        return location
    if scheme in _FAR or scheme.partition("+")[0] in _DATABASES or location in _FAR:
        return location
    folder = unquote(urlsplit(location).path) if scheme == "file" else location
    if scheme not in ("", "file"):
        raise Invalid(f"not a store of MLflow's: {without_credentials(location)[:200]!r}", hint=EXAMPLES)
    if not os.path.isdir(folder):
        raise FileMissing(f"no such folder: {folder[:200]}", hint=EXAMPLES)
    return os.path.abspath(folder)


def is_nowhere(location: str) -> bool:
    """Whether ``location`` names a database that is still to be made."""
    try:
        checked(location)
    except FileMissing:
        return urlsplit(location).scheme.partition("+")[0] == "sqlite"
    return False


@contextlib.contextmanager
def reaching(doing: str, hint: str = "") -> Iterator[None]:
    """Tell what MLflow or its stores raise as one line; what was done before stays, and the same call goes on there."""
    try:
        yield
    except GitModelsError:
        raise
    except Exception as error:
        # Every artifact store and database has errors of its own, and MLflow wraps some of them.
        words = " ".join(str(error).split())[:300]
        told = f"{doing}: {type(error).__name__}: {without_credentials(words)}"
        raise RemoteError(told, hint=hint or "run it again when that is mended: it goes on from here") from error


def is_missing(error: Exception) -> bool:
    """Whether MLflow says that there is no such thing, and not that something failed."""
    return getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST"


def _greet(uri: str) -> None:
    parts = urlsplit(uri)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), _ANSWERS_WITHIN_S):
            pass
    except (OSError, ValueError) as error:
        raise RemoteError(
            f"no server answers at {without_credentials(uri)[:200]}: {error}",
            hint="start it, or name the database it keeps its registry in; what was done before stays",
        ) from error


@contextlib.contextmanager
def _settings(uri: str) -> Iterator[None]:
    """MLflow as it serves a command: it names ``uri`` where it asks nobody, waits for seconds, and draws no bars."""
    import mlflow
    from mlflow import environment_variables as variables

    wanted = [("MLFLOW_HTTP_REQUEST_MAX_RETRIES", _TRIES), ("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")]
    if not urlsplit(uri).scheme:
        wanted.append(("MLFLOW_ALLOW_FILE_STORE", "true"))
    known = [(getattr(variables, name, None), value) for name, value in wanted]
    unset = [(variable, value) for variable, value in known if variable is not None and not variable.is_set()]
    before = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    levels = {name: logging.getLogger(name).level for name in ("mlflow", "alembic")}
    for variable, value in unset:
        variable.set(value)
    for name in levels:
        logging.getLogger(name).setLevel(logging.ERROR)
    # Its SQL store asks the store in force, not its own, for logged models.
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        for variable, _ in unset:
            variable.unset()
