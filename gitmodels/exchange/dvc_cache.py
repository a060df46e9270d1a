"""Where DVC keeps bytes on this machine: the cache of a project and those of its remotes that are folders.

Layouts: ``files/md5/ab/cdef…`` since DVC 3.0 and ``ab/cdef…`` before (dvc/cachemgr.py); a folder's listing has ``.dir``
behind its MD5. Which folder that is, ``.dvc/config`` and ``.dvc/config.local`` say (dvc/config.py). Remotes elsewhere
are never asked.
"""

import configparser
import os
from collections.abc import Iterator
from pathlib import Path

from gitmodels.errors import Invalid
from gitmodels.exchange.dvc_files import MD5
from gitmodels.exchange.revision import Revision
from gitmodels.patterns import pattern
from gitmodels.values import frozen

_MAX_CONFIG = 1 << 20
_REMOTE = pattern(r"""['"]?remote\s+"(?P<name>[^"]+)"['"]?""")
_ADDRESS = pattern(r"[A-Za-z][A-Za-z0-9+.-]*://")
HINT = "dvc pull, and for older commits dvc fetch --all-tags"


@frozen
class Cache:
    """The folders that hold objects, the first to be asked first."""

    folders: tuple[str, ...]

    def places(self, name: str, algorithm: str) -> tuple[str, ...]:
        """Where the object ``name`` (an MD5, a listing's with ``.dir``) may lie, the likeliest place first."""
        new, old = f"files/md5/{name[:2]}/{name[2:]}", f"{name[:2]}/{name[2:]}"
        ways = (new, old) if algorithm == MD5 else (old, new)
        return tuple(f"{folder}/{way}" for folder in self.folders for way in ways)


def cache_of(found: Revision, root: str) -> Cache:
    """The cache of the DVC project in the folder ``root`` of the repository. Raises Invalid for a damaged config."""
    place = found.git.work_tree
    own = Path(os.path.abspath(place / root / ".dvc")) if place is not None else None
    config = _config(found, f"{root}/.dvc/config" if root else ".dvc/config", own)
    folders = []
    if (configured := config.get("cache", {}).get("dir")) is not None:
        folders.append(_resolved(configured, own))
    elif own is not None:
        folders.append(str(own / "cache"))
    default = config.get("core", {}).get("remote")
    remotes = {match["name"]: values for name, values in config.items() if (match := _REMOTE.fullmatch(name))}
    for name in sorted(remotes, key=lambda each: (each != default, each)):
        folders.append(_resolved(remotes[name].get("url", ""), own))
    return Cache(tuple(dict.fromkeys(filter(None, folders))))


def _config(found: Revision, path: str, own: Path | None) -> dict[str, dict[str, str]]:
    """What the commit says, the work tree, and this clone alone: the last word counts."""
    merged: dict[str, dict[str, str]] = {}
    for text in _texts(found, path, own):
        parser = configparser.RawConfigParser(strict=False, interpolation=None, delimiters=("=",))
        try:
            parser.read_string(text.decode())
        except (configparser.Error, UnicodeDecodeError) as error:
            line = str(error).splitlines()[0]
            raise Invalid(f"{path} is no configuration of DVC: {line[:200]}") from None
        for section in parser.sections():
            values = {key: value.strip().strip("'\"") for key, value in parser.items(section) if value}
            merged.setdefault(section, {}).update(values)
    return merged


def _texts(found: Revision, path: str, own: Path | None) -> Iterator[bytes]:
    if (data := found.text(path, _MAX_CONFIG)) is not None:
        yield data
    for name in ("config", "config.local") if own is not None else ():
        file = Path(own or "", name)
        if file.is_file() and not file.is_symlink():
            with open(file, "rb") as stream:
                yield stream.read(_MAX_CONFIG)


def _resolved(said: str, own: Path | None) -> str:
    """The folder that a setting names; empty for an address, and for one that depends on who asks."""
    if not said or _ADDRESS.match(said) or said.startswith("~") or "\0" in said:
        return ""
    if os.path.isabs(said):
        return said
    return os.path.abspath(own / said) if own is not None else ""
