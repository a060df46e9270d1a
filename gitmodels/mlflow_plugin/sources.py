"""Where the bytes of a new version are: told by a source, and handed on as a folder here.

In a process of the user's own a source is what the user may read. In a server it was sent by somebody else, so it is
only ever compared with what the tracking store says belongs to the run or the logged model that was named, segment by
segment, and what is read lies there after all links are followed: a spelling that leads elsewhere leads nowhere. This
room knows MLflow's artifact stores; it knows nothing of registries.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from gitmodels.errors import FileMissing, GitModelsError, Invalid
from gitmodels.mlflow_plugin.opened import in_server
from gitmodels.patterns import pattern
from gitmodels.uris import without_credentials

_SCHEME = pattern(r"[A-Za-z][A-Za-z0-9+.-]+:")
# Schemes in which ? and # never mean anything: in them they only ever served to be cut off by one reader of two.
_PLAIN = ("file", "models", "runs", "mlflow-artifacts")
_PROXIED = "mlflow-artifacts"
# Nobody escapes a path as often as this.
_ROUNDS = 8


def is_local(source: str) -> bool:
    """Whether ``source`` is a path or a ``file:`` URI."""
    return not _SCHEME.match(source) or source[:5].lower() == "file:"


def check_spelling(source: str) -> None:
    """Raise Invalid for a URI that one reader may take for another place than the next one."""
    refusal = Invalid(
        f"Invalid model version source: {without_credentials(source)[:200]!r}. It must name one place, without "
        "relative parts, escaped or not."
    )
    plain = source
    for _ in range(_ROUNDS):
        if any(ord(char) < 32 or ord(char) == 127 for char in plain) or "\\" in plain:
            raise refusal
        if any(part in (".", "..") for part in urlsplit(plain).path.split("/") + plain.split("/")):
            raise refusal
        further = unquote(plain)
        if further == plain:
            break
        plain = further
    else:
        raise refusal
    scheme = source.partition(":")[0].lower()
    if scheme in _PLAIN and any(mark in plain for mark in "?#;"):
        raise refusal
    if scheme == "file" and urlsplit(source).netloc not in ("", "localhost"):
        raise refusal


@contextlib.contextmanager
def fetched(source: str, roots: tuple[str, ...], tracking_uri: str | None) -> Iterator[Path]:
    """The folder or file that ``source`` names, here for the block. What is far away is brought.

    ``roots`` are the artifact locations of the run and the logged model that were named. Raises Invalid, FileMissing,
    and GitModelsError where it cannot be brought.
    """
    if _SCHEME.match(source) or in_server():
        check_spelling(source)
    if in_server():
        with _proven(source, roots) as path:
            yield path
    elif is_local(source):
        yield _existing(_path(source), source)
    else:
        with brought(source, tracking_uri) as path:
            yield path


@contextlib.contextmanager
def _proven(source: str, roots: tuple[str, ...]) -> Iterator[Path]:
    root = root_of(source, roots)
    if root is None:
        raise Invalid(
            f"Invalid model version source: {without_credentials(source)[:200]!r}. A server registers only what lies "
            "in the artifact directory of the run specified by the run_id, or of the logged model specified by the "
            "model_id.",
            hint="log the model to a run first",
        )
    if is_local(source):
        yield inside(source, root)
        return
    if source.startswith(f"{_PROXIED}:"):
        source = _destination(source)
        if is_local(source):
            yield _existing(_path(source), source)
            return
    with brought(source, None) as path:
        yield path


def root_of(source: str, roots: Iterable[str]) -> str | None:
    """The first of ``roots`` that ``source`` is or lies in, by how they are spelled."""
    return next((root for root in roots if _is_within(source, root)), None)


def inside(source: str, root: str) -> Path:
    """The local file or folder ``source``, which lies in ``root`` after all links are followed. Raises Invalid."""
    path, top = (Path(os.path.realpath(_path(each))) for each in (source, root))
    if top != path and top not in path.parents:
        raise Invalid(f"Invalid model version source: {source[:200]!r} leads out of its run through a link.")
    return _existing(path, source)


def _is_within(source: str, root: str) -> bool:
    """Whether ``source`` is ``root`` or lies in it, by every segment of both."""
    if is_local(source) != is_local(root):
        return False
    if is_local(source):
        ours, theirs = _path(source).parts, Path(os.path.abspath(_path(root))).parts
        return _path(source).is_absolute() and ours[: len(theirs)] == theirs
    one, other = urlsplit(source), urlsplit(root)
    if (one.scheme, one.netloc, one.query) != (other.scheme, other.netloc, other.query):
        return False
    ours, theirs = (tuple(part for part in each.path.split("/") if part) for each in (one, other))
    return bool(theirs) and ours[: len(theirs)] == theirs


def _destination(source: str) -> str:
    """Where this server keeps what it serves as ``mlflow-artifacts:``."""
    from mlflow.server import ARTIFACTS_DESTINATION_ENV_VAR

    top = os.environ.get(ARTIFACTS_DESTINATION_ENV_VAR)
    if not top:
        raise Invalid("this server serves no artifacts", hint="start it with --serve-artifacts")
    return f"{top.rstrip('/')}/{urlsplit(source).path.strip('/')}"


@contextlib.contextmanager
def brought(source: str, tracking_uri: str | None) -> Iterator[Path]:
    """What lies far away, in a folder of its own for the block. Raises GitModelsError where it cannot be brought."""
    from mlflow.artifacts import download_artifacts

    shown = without_credentials(source)[:200]
    with tempfile.TemporaryDirectory(prefix="gitmodels-source-") as folder:
        try:
            options: dict[str, Any] = {"tracking_uri": tracking_uri} if tracking_uri else {}
            found = Path(download_artifacts(artifact_uri=source, dst_path=folder, **options))
        except GitModelsError:
            raise
        except Exception as error:
            # Every artifact store raises errors of its own; nothing was registered.
            raise GitModelsError(
                f"cannot read the model at {shown!r}: {type(error).__name__}: {error}",
                hint="nothing was registered; try again when it can be reached",
            ) from error
        yield _existing(found, shown)


def _path(source: str) -> Path:
    from mlflow.utils.file_utils import local_file_uri_to_path

    return Path(local_file_uri_to_path(source))


def _existing(path: Path, source: str) -> Path:
    if not path.exists():
        raise FileMissing(
            f"No such file or directory: {source[:200]!r}", hint="a version keeps its bytes, so they must be there now"
        )
    return path
