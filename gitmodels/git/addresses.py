"""Where a remote is: which addresses git may be given, and how a configured remote is told from one.

This room knows the forms of addresses. It opens none: git does, and is told the same rules about protocols. An address
that names a program to run (``ext::``, ``fd::``), or that git or ssh could read as an option, is refused here.
"""

from urllib.parse import unquote

from gitmodels.errors import Invalid, RemoteNotFound
from gitmodels.git.repository import GitRepository
from gitmodels.patterns import pattern
from gitmodels.uris import without_credentials

PROTOCOLS = ("https", "http", "ssh", "git", "file")
_NAME = pattern(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
# As git recognises an address that a program of that name is to fetch from.
_PROGRAM = pattern(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")
_URL = pattern(r"([A-Za-z0-9][A-Za-z0-9+.-]*)://([^/?#]*)(.*)")
_SCP_LIKE = pattern(r"([^/:]*|[^/:]*\[[0-9A-Fa-f:.]+\]):(.*)")
_CONTROL = pattern(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONGEST = 4096
_FORMS = "give https://, ssh://, git://, file://, host:path, or the path of a folder"


def check_address(address: str) -> str:
    """``address`` if it is one that git may be given; raises Invalid, with the forms that are, otherwise.

    >>> check_address("git@example.org:team/models.git")
    'git@example.org:team/models.git'
    >>> check_address("ext::sh -c true")
    Traceback (most recent call last):
    ...
    gitmodels.errors.Invalid: not an address to fetch from: 'ext::sh -c true'
    """
    if not address or len(address) > _LONGEST or _CONTROL.search(address) or address.startswith("-"):
        raise _refused(address)
    if _PROGRAM.match(address):
        raise _refused(address)
    url = _URL.fullmatch(address)
    if url is not None:
        _check_url(address, url[1].lower(), url[2], url[3])
        return address
    scp_like = _SCP_LIKE.fullmatch(address)
    if scp_like is not None and not _is_host(scp_like[1], scp_like[2]):
        raise _refused(address)
    return address


def find(repo: GitRepository, remote: str) -> str:
    """What git is to be called with for ``remote``, the name of a configured remote or an address.

    Raises RemoteNotFound for a name that nobody configured, Invalid for an address that git is not to be given.
    """
    if is_configured(repo, remote):
        return remote
    if _NAME.fullmatch(remote) and "/" not in remote:
        raise RemoteNotFound(
            f"no remote {remote!r} here", hint=f"git remote add {remote} URL; git remote -v lists those there are"
        )
    return check_address(remote)


def is_configured(repo: GitRepository, remote: str) -> bool:
    """Whether ``remote`` is the name of a remote in git's config."""
    if not _NAME.fullmatch(remote) or ".." in remote:
        return False
    return any(repo.config(f"remote.{remote}.{key}") for key in ("url", "pushurl"))


def _check_url(address: str, scheme: str, place: str, path: str) -> None:
    # git decodes what is percent-encoded, so it is looked at as git will see it.
    seen = unquote(place) + unquote(path)
    if scheme not in PROTOCOLS or _CONTROL.search(seen):
        raise _refused(address)
    if scheme == "file":
        return
    if not _is_host(unquote(place), unquote(path).lstrip("/")):
        raise _refused(address)


def _is_host(place: str, path: str) -> bool:
    user, at, host = place.rpartition("@")
    return bool(host) and not host.startswith("-") and not (at and user.startswith("-")) and not path.startswith("-")


def _refused(address: str) -> Invalid:
    return Invalid(f"not an address to fetch from: {without_credentials(address)[:80]!r}", hint=_FORMS)
