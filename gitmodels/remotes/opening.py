"""Addresses of remotes: which backend one means, which are refused, and how one is told without its secrets.

This room knows how addresses are spelled, and imports a backend only when one is opened:

    /srv/models   ~/models   file:///srv/models      a folder
    s3://bucket/folder  gs://bucket/folder  az://container/folder      object storage
    https://example.org/models  http://…             a folder on a web server, to read only
    git:origin                                       the git remote of that name
    git+https://…  git+ssh://…  git+file://…         another git repository

An address never holds a credential: it is shown, written into the registry, and stands in the history for good.
"""

import posixpath
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels.errors import Invalid
from gitmodels.patterns import pattern
from gitmodels.remotes.backend import PackRemote
from gitmodels.uris import without_credentials

if TYPE_CHECKING:
    from gitmodels.git.repository import GitRepository

MAX_LENGTH = 2000
_CLOUD = ("s3", "gs", "az")
_WEB = ("http", "https")
_GIT = ("https", "http", "ssh", "git", "file")
_BUCKET = pattern(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_HOST = pattern(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:.]{2,45}")
_GIT_NAME = pattern(r"git:[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}")
_FORMS = "a folder, s3://, gs://, az://, https://, git:<name of a git remote> or git+<url of a git repository>"
_LEAVE_OUT = "leave it out: credentials come from the environment, the cloud's own chain or git's credential helpers"


def check(address: str) -> str:
    """``address`` in its one spelling. Raises Invalid for what no backend may be given, without repeating a secret.

    >>> check("s3://models/team/"), check("file:///srv/models")
    ('s3://models/team', '/srv/models')
    """
    if not address or len(address) > MAX_LENGTH or not all(map(str.isprintable, address)):
        raise Invalid("an address of a remote is one line of printable characters", hint=f"it is {_FORMS}")
    if address.startswith("-") or "::" in address.partition("/")[0]:
        raise _refused(address, "it could be read as an option or a command")
    if address.startswith("git:") and "://" not in address:
        if not _GIT_NAME.fullmatch(address) or ".." in address:
            raise _refused(address, "that is no name of a git remote")
        return address
    scheme, found, rest = address.partition("://")
    if not found:
        return _folder(address, address)
    if scheme == "file":
        if not rest.startswith("/"):
            raise _refused(address, "a file:// address names no host", "write file:///path")
        return _folder(urllib.parse.unquote(rest), address)
    return _url(address, scheme)


def shown(address: str) -> str:
    """``address`` as it may be told: without user, password, query and fragment, and without control characters.

    >>> shown("https://ann:secret@example.org/x?token=1")
    'https://example.org/x?***'
    """
    text = "".join(each if each.isprintable() else "?" for each in address[:MAX_LENGTH])
    return without_credentials(text.partition("#")[0]) if "://" in text else text


def open_remote(address: str, *, git: "GitRepository | None" = None, plain_storage: bool = False) -> PackRemote:
    """The remote at ``address``; nothing is asked of it yet.

    ``git`` is the repository whose remotes ``git:`` names; ``plain_storage`` when the environment names an endpoint of
    object storage over plain http. Raises Invalid for an address that is refused,
    MissingDependency for a backend that is not installed.
    """
    address = check(address)
    scheme = address.partition("://")[0] if "://" in address else ""
    if scheme in _CLOUD:
        from gitmodels.remotes.object_storage import ObjectStoragePacks

        return ObjectStoragePacks(address, allow_http=plain_storage)
    if scheme in _WEB:
        from gitmodels.remotes.https import HttpsPacks

        return HttpsPacks(address)
    if scheme or address.startswith("git:"):
        if git is None:
            raise Invalid(f"{shown(address)} needs a git repository to be opened in")
        from gitmodels.remotes.git import GitPacks

        return GitPacks(git, address.removeprefix("git:").removeprefix("git+"))
    from gitmodels.remotes.directory import DirectoryPacks

    return DirectoryPacks(Path(address))


def _folder(path: str, address: str) -> str:
    if not path.startswith(("/", "~/")):
        raise _refused(address, "a folder is named by its whole path", f"it is {_FORMS}")
    return posixpath.normpath(str(Path(path).expanduser()))


def _url(address: str, scheme: str) -> str:
    kind = scheme.removeprefix("git+")
    if scheme not in (*_CLOUD, *_WEB) and not (scheme.startswith("git+") and kind in _GIT):
        raise _refused(address, f"no remote is reached by {scheme[:40]}://", f"it is {_FORMS}")
    try:
        parts = urllib.parse.urlsplit(address)
        port = parts.port
    except ValueError:
        raise _refused(address, "it is no address") from None
    if parts.query or parts.fragment:
        raise _refused(address, "it has a query or a fragment", _LEAVE_OUT)
    if parts.password is not None or (parts.username is not None and kind != "ssh"):
        raise _refused(address, "it holds a user or a password", _LEAVE_OUT)
    if parts.username is not None and (not parts.username or parts.username.startswith("-")):
        raise _refused(address, "it could be read as an option or a command")
    path = urllib.parse.unquote(parts.path)
    if not path.isprintable() or "\\" in path or any(part in (".", "..") for part in path.split("/")):
        raise _refused(address, "its path leads elsewhere")
    _check_host(address, scheme, parts.netloc.rpartition("@")[2], "" if port == 0 else parts.hostname or "")
    return address.rstrip("/")


def _check_host(address: str, scheme: str, place: str, host: str) -> None:
    if scheme in _CLOUD:
        if not _BUCKET.fullmatch(place):
            raise _refused(address, "that is no name of a bucket", f"write {scheme}://bucket/folder")
    elif scheme == "git+file":
        if place:
            raise _refused(address, "a file:// address names no host", "write git+file:///path")
    elif not _HOST.fullmatch(host):
        raise _refused(address, "that is no name of a host")


def _refused(address: str, why: str, hint: str = "") -> Invalid:
    return Invalid(f"the address {shown(address)[:200]} is refused: {why}", hint=hint or f"it is {_FORMS}")
