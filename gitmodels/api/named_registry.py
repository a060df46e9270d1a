"""Which registry a code repository names for all who work in it: ``.gitmodels.yaml`` at the top of its work tree.

The file is data of whoever may write to that repository, so it is read as such: one address of a form that git may be
given, and nothing that could run. What is loaded from there is trusted no more than anything else from elsewhere.
"""

import os
import stat

from gitmodels.errors import Invalid
from gitmodels.repo import Repo
from gitmodels.uris import registry_address

FILE = ".gitmodels.yaml"
_MOST = 64 << 10


def address(repo: Repo) -> str | None:
    """The address that the work tree of ``repo`` names, as git takes it; None where there is no such file.

    Raises Invalid for a file that says anything else.
    """
    if repo.git.work_tree is None:
        return None
    path = repo.git.work_tree / FILE
    try:
        # Never through a link: the file itself is what was reviewed.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _wrong(f"cannot be read: {error.strerror}") from None
    with os.fdopen(fd, "rb") as stream:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise _wrong("is no file")
        data = stream.read(_MOST + 1)
    return parse(data)


def parse(data: bytes) -> str:
    r"""The address that the bytes of the file name. Raises Invalid.

    >>> parse(b"registry: git+https://example.org/models.git\n")
    'https://example.org/models.git'
    """
    from gitmodels.fields import Fields
    from gitmodels.git.addresses import check_address

    if len(data) > _MOST:
        raise _wrong("is too large")
    get = Fields.parse(data, FILE)
    found = registry_address(get.text("registry"))
    if unknown := sorted(get.rest()):
        raise _wrong(f"says {unknown[0][:40]!r}, which means nothing")
    if found is None:
        raise _wrong("names no address")
    return check_address(found)


def _wrong(what: str) -> Invalid:
    return Invalid(f"{FILE} {what}", hint="it holds one line: registry: git+<url of the repository>")
