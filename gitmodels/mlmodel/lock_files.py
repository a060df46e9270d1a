"""Lock files of Python projects as requirement lines: ``uv.lock``, and ``pylock.toml`` (PEP 751).

This room reads the two formats; it asks no index and runs no program. What such a file locks is what its project was
installed with, so its versions count as they stand.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitmodels.errors import FileMissing, FormatTooNew, Invalid
from gitmodels.mlmodel.redaction import redact_urls

MAX_FILE = 64 << 20
UV_LOCK = "uv.lock"

_PYLOCK = re.compile(r"pylock(\.[^./]+)?\.toml")
# PEP 751 adds these to what markers may ask; an installed package does not know them.
_OF_LOCKS = re.compile(r"\b(extras|dependency_groups)\b")
_LOCAL = ("editable", "virtual", "directory", "path")

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock file says: ``direct`` needs of its project, and ``everything`` they pull in on this machine.

    ``local`` names packages that lie in folders of the project: no index has them.
    """

    direct: tuple[str, ...]
    everything: tuple[str, ...]
    local: tuple[str, ...] = ()


def is_lock(path: Path) -> bool:
    """Whether a file of this name is a lock file.

    >>> is_lock(Path("a/uv.lock")), is_lock(Path("pylock.dev.toml")), is_lock(Path("requirements.txt"))
    (True, True, False)
    """
    return path.name == UV_LOCK or _PYLOCK.fullmatch(path.name) is not None


def read(path: Path, *, groups: Iterable[str] = (), extras: Iterable[str] = ()) -> Locked:
    """What the lock file at ``path`` says, with these dependency groups and extras of its project.

    Raises FileMissing, Invalid for what is not such a file or for a group or extra it has not, FormatTooNew.
    """
    value = _load(path)
    try:
        if path.name == UV_LOCK:
            return _UvLock(value).locked(tuple(groups), tuple(extras))
        return _pylock(value, set(groups), set(extras))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, Invalid):
            raise
        raise Invalid(f"{path.name} is not in the form of a lock file", hint="lock the project again") from None


class _UvLock:
    """A parsed ``uv.lock``."""

    def __init__(self, value: Table) -> None:
        if value["version"] != 1:
            raise FormatTooNew(f"{UV_LOCK} has the format {str(value['version'])[:20]}, known is 1")
        self.packages: list[Table] = list(value["package"])
        self._named: dict[str, list[Table]] = {}
        for package in self.packages:
            self._named.setdefault(package["name"], []).append(package)

    def locked(self, groups: tuple[str, ...], extras: tuple[str, ...]) -> Locked:
        root = next((package for package in self.packages if "." in _places(package)), None)
        if root is None:
            raise Invalid(f"{UV_LOCK} holds no project of its own", hint="name the folder of a member of the workspace")
        edges = [
            *root.get("dependencies", ()),
            *_chosen(root.get("optional-dependencies", {}), extras, "extra"),
            *_chosen(root.get("dev-dependencies", {}), groups, "group"),
        ]
        direct = [(edge, self._target(edge)) for edge in edges]
        lines = [_line(package, edge.get("extra", ()), edge.get("marker")) for edge, package in direct]
        everything, local = self._closure(edges)
        return Locked(_unique(lines), tuple(sorted(everything)), tuple(sorted(local)))

    def _target(self, edge: Table) -> Table:
        for one in self._named[edge["name"]]:
            # Several packages of one name are told apart by version and source; a lone one is just named.
            if edge.get("version") in (None, one.get("version")) and edge.get("source") in (None, one["source"]):
                return one
        raise KeyError(edge["name"])

    def _closure(self, edges: list[Table]) -> tuple[set[str], set[str]]:
        lines: set[str] = set()
        local: set[str] = set()
        seen: set[tuple[str, str, str]] = set()
        waiting = list(edges)
        while waiting:
            edge = waiting.pop()
            if not _applies(edge.get("marker")):
                continue
            package = self._target(edge)
            if line := _line(package):
                lines.add(line)
            else:
                local.add(package["name"])
            for extra in ("", *edge.get("extra", ())):
                key = (package["name"], str(package.get("version")), extra)
                if key not in seen:
                    seen.add(key)
                    optional = package.get("optional-dependencies", {}).get(extra, ())
                    waiting += optional if extra else package.get("dependencies", ())
        return lines, local


def _pylock(value: Table, groups: set[str], extras: set[str]) -> Locked:
    if not str(value["lock-version"]).startswith("1."):
        raise FormatTooNew(f"pylock.toml has the format {str(value['lock-version'])[:20]}, known is 1")
    asked = {"extras": extras, "dependency_groups": groups or set(value.get("default-groups", ()))}
    lines, everything, local = [], [], []
    for package in value["packages"]:
        marker = package.get("marker")
        of_locks = marker is not None and _OF_LOCKS.search(marker) is not None
        applies = _applies(marker, asked if of_locks else None)
        if of_locks and not applies:
            continue
        line = _line(_as_uv(package))
        if not line:
            local.append(package["name"])
            continue
        lines.append(line if marker is None or of_locks else f"{line} ; {marker}")
        if applies:
            everything.append(line)
    return Locked(_unique(lines), tuple(sorted(everything)), tuple(sorted(local)))


def _as_uv(package: Table) -> Table:
    """A package of ``pylock.toml`` in the form that ``uv.lock`` gives it."""
    source: dict[str, Any] = {"registry": package.get("index") or ""}
    if "directory" in package:
        source = {"directory": package["directory"]["path"]}
    elif (vcs := package.get("vcs")) is not None:
        inside = f"?subdirectory={vcs['subdirectory']}" if vcs.get("subdirectory") else ""
        source = {"git": f"{vcs['url']}{inside}#{vcs['commit-id']}", "kind": vcs["type"]}
    elif (archive := package.get("archive")) is not None:
        source = {"url": archive["url"]} if "url" in archive else {"path": archive["path"]}
    return {"name": package["name"], "version": package.get("version"), "source": source}


def _line(package: Table, extras: Iterable[str] = (), marker: str | None = None) -> str:
    """The requirement line of one locked package; ``""`` for one that lies in a folder of the project."""
    source = package["source"]
    if any(kind in source for kind in _LOCAL):
        return ""
    name = package["name"] + (f"[{','.join(sorted(extras))}]" if extras else "")
    if "git" in source:
        line = f"{name} @ {_git_url(source['git'], source.get('kind', 'git'))}"
    elif "url" in source:
        line = f"{name} @ {redact_urls(source['url'])}"
    else:
        # No index but the one it came from knows a local label such as +cpu.
        line = f"{name}=={package['version'].partition('+')[0]}"
    return f"{line} ; {marker}" if marker else line


def _git_url(source: str, kind: str) -> str:
    """What uv writes as ``url?rev=…&subdirectory=…#commit``, as pip reads it: ``git+url@commit#subdirectory=…``."""
    url, _, commit = source.partition("#")
    url, _, query = url.partition("?")
    asked = dict(part.partition("=")[::2] for part in query.split("&"))
    inside = f"#subdirectory={asked['subdirectory']}" if asked.get("subdirectory") else ""
    return redact_urls(f"{kind}+{url}@{commit}{inside}")


def _places(package: Table) -> set[str]:
    return {str(package["source"].get(kind)) for kind in ("editable", "virtual", "directory")}


def _chosen(known: Mapping[str, Iterable[Table]], names: tuple[str, ...], what: str) -> list[Table]:
    for name in names:
        if name not in known:
            has = ", ".join(sorted(known)) or "none"
            raise Invalid(f"{UV_LOCK} has no {what} {name[:80]!r}", hint=f"it has: {has}")
    return [edge for name in names for edge in known[name]]


def _applies(marker: str | None, asked: Mapping[str, set[str]] | None = None) -> bool:
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker

    try:
        return Marker(marker).evaluate() if asked is None else Marker(marker).evaluate(dict(asked), context="lock_file")
    except (InvalidMarker, TypeError):
        # An older packaging does not know the markers of lock files: what only an extra asks for is left out.
        return asked is None


def _unique(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in lines if line))


def _load(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise FileMissing(f"lock file {path} does not exist") from None
    except OSError as error:
        raise Invalid(f"lock file {path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise Invalid(f"lock file {path} is larger than {MAX_FILE} bytes")
    try:
        return tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        raise Invalid(f"lock file {path} is not TOML") from None
