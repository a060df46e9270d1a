"""Git's configuration as git itself reads it: system, global, local and work tree's, with what they include.

One ``git config --list`` answers every question, and is asked again when a file it read has changed. Where there is no
git program, or it does not read this repository, libgit2 is asked instead. This room knows keys and values, not their
meaning.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels.errors import Corrupt
from gitmodels.git import program
from gitmodels.values import frozen

if TYPE_CHECKING:
    import pygit2

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off", "")
_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}

# A file as it was: inode, time of modification and size; None for one that is not there.
_Stamp = tuple[int, int, int] | None
# None is git's "key without a value", which as a boolean is true.
_Values = dict[str, str | None]


@frozen
class _Listing:
    values: _Values
    own: _Values
    stamps: dict[str, _Stamp]


class Config:
    """The configuration of the repository whose git folder is ``git_dir``."""

    def __init__(self, git_dir: Path, common_dir: Path) -> None:
        self._git_dir = git_dir
        self._common_dir = common_dir
        self._file = f"{common_dir}/config"
        self._listing: _Listing | None = None
        self._handle: pygit2.Repository | None = None

    def value(self, key: str) -> str | None:
        """The value of ``key``, or None; keys are ``section.name`` or ``section.any text.name``."""
        return self._values().get(canonical(key))

    def flag(self, key: str, default: bool = False) -> bool:
        """The value of ``key`` as git reads a boolean; ``default`` when it is absent or no boolean."""
        values, name = self._values(), canonical(key)
        if name not in values:
            return default
        value = as_flag(values[name])
        return default if value is None else value

    def names(self) -> list[str]:
        """Every key that has a value."""
        return list(self._values())

    def own_values(self) -> dict[str, str | None]:
        """What the repository's own file says, as a format is judged by: nobody else's files count.

        Raises Corrupt when it cannot be read.
        """
        listing = self._listed()
        if listing is not None:
            return listing.own
        if not os.path.isfile(self._file):
            return {}
        from gitmodels.git import libgit2

        return libgit2.config_values(Path(self._file))

    def ask_libgit2(self, handle: "pygit2.Repository") -> None:
        """Take the values from ``handle`` from now on."""
        self._handle = handle

    @property
    def is_listed(self) -> bool:
        """Whether git itself reads the repository and has told its configuration."""
        return self._listed() is not None

    def _values(self) -> _Values:
        if self._handle is None:
            listing = self._listed()
            if listing is not None:
                return listing.values
            return self.own_values()
        from gitmodels.git import libgit2

        try:
            return libgit2.config_values(self._handle)
        except Corrupt:
            return {}

    def _listed(self) -> _Listing | None:
        known = self._listing
        if known is None or any(_stamp(path) != stamp for path, stamp in known.stamps.items()):
            known = self._listing = self._list()
        return known

    def _list(self) -> _Listing | None:
        # Taken before git reads the file it is most likely to change in.
        before = _stamp(self._file)
        arguments = [f"--git-dir={self._git_dir}", "config", "--list", "-z", "--show-scope", "--show-origin"]
        data = program.output(arguments)
        if data is None:
            return None
        values: _Values = {}
        own: _Values = {}
        stamps: dict[str, _Stamp] = {}
        for scope, origin, key, value in _rows(data):
            values[key] = value
            if origin.startswith("file:"):
                path = os.path.join(self._git_dir, origin[5:])
                stamps.setdefault(path, _stamp(path))
                if scope == "local" and path == self._file:
                    own[key] = value
        stamps[self._file] = before
        if before is not None and before[2] and not own:
            return None  # git took it for no repository: libgit2 says why
        return _Listing(values, own, stamps)


def canonical(key: str) -> str:
    """``key`` as it is listed: section and name in lower case, what stands between them as it is.

    >>> canonical("Remote.Origin.Promisor")
    'remote.Origin.promisor'
    """
    section, _, rest = key.partition(".")
    middle, dot, name = rest.rpartition(".")
    return f"{section.lower()}.{middle}{dot}{name.lower()}"


def as_flag(value: str | None) -> bool | None:
    """``value`` as git reads a boolean, None when it is none.

    >>> as_flag("Yes"), as_flag(None), as_flag("2k"), as_flag("maybe")
    (True, True, True, None)
    """
    if value is None or value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    digits = value.lower()
    number = digits[:-1] if digits[-1:] in _UNITS else digits
    with contextlib.suppress(ValueError):
        return int(number, 0) != 0
    return None


def _rows(data: bytes) -> Iterator[tuple[str, str, str, str | None]]:
    """Scope, origin, key and value of each entry."""
    fields = data.decode("utf-8", "surrogateescape").split("\0")
    for place in range(0, len(fields) - 2, 3):
        key, separator, value = fields[place + 2].partition("\n")
        yield fields[place], fields[place + 1], key, value if separator else None


def _stamp(path: str) -> _Stamp:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size
