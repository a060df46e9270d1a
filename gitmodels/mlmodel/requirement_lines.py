"""Lines of a requirements file: reading them with what they refer to, and folding several lines of one package.

This room knows pip's file format and PEP 508, as far as MLflow does; it knows no models and installs nothing.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels.errors import FileMissing, Invalid
from gitmodels.mlmodel.distributions import normalise
from gitmodels.mlmodel.redaction import redact_urls
from gitmodels.patterns import pattern
from gitmodels.values import frozen

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from gitmodels.mlmodel.lock_files import Locked

MAX_FILE = 1 << 20
MAX_NESTING = 16

_INCLUDE = pattern(r"(?:-(?P<short>[rc])\s*|--(?P<long>requirement|constraint)(?:\s+|=))(?P<path>\S.*)")
_COMMENT = pattern(r"(^|\s)#.*$")
_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")

Source = str | os.PathLike[str] | Iterable[str]


@frozen
class Lines:
    """Requirement lines, constraint lines, and whether a credential was taken out of any.

    ``locked`` is everything that the requirements pull in where a lock file said it, ``local`` what lies in folders
    of its project.
    """

    requirements: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    redacted: bool = False
    locked: tuple[str, ...] = ()
    local: tuple[str, ...] = ()


def read(source: Source | object) -> Lines:
    """The lines of ``source``: a path (also of a ``uv.lock`` or ``pylock.toml``), or the lines themselves.

    Comments and blank lines go, continued lines are joined, ``-r`` and ``-c`` files are read in place: relative to
    the file that names them, or to the working folder for lines given directly. Credentials in URLs are taken out.
    Raises FileMissing for a file that is not there, Invalid for anything else that cannot be read as lines.

    >>> read(["numpy  # for arrays", "", "--index-url https://u:p@host/simple"]).requirements
    ('numpy', '--index-url https://host/simple')
    """
    if isinstance(source, str | os.PathLike):
        from gitmodels.mlmodel import lock_files

        path = Path(source)
        if lock_files.is_lock(path):
            return of_lock(lock_files.read(path))
        found = list(_walk(_load(path), path.parent, constraint=False, depth=1))
    else:
        lines: list[object] = list(source) if isinstance(source, Iterable) else [None]
        if not all(isinstance(line, str) for line in lines):
            raise Invalid(
                "`pip_requirements` must be either a string path to a pip requirements file on the local filesystem or "
                f"an iterable of pip requirement strings, but got `{type(source)}`"
            )
        found = list(_walk([str(line) for line in lines], Path(), constraint=False, depth=0))
    clean = [(redact_urls(line), constraint) for line, constraint in found]
    return Lines(
        requirements=tuple(line for line, constraint in clean if not constraint),
        constraints=tuple(line for line, constraint in clean if constraint),
        redacted=clean != found,
    )


def of_lock(lock: "Locked") -> Lines:
    """What a lock file says, as lines."""
    return Lines(lock.direct, locked=lock.everything, local=lock.local)


def package_of(line: str) -> str:
    """The normalised package name that a requirement line starts with; ``""`` for options, paths and URLs.

    >>> package_of("Scikit_Learn[docs]>=1 ; python_version > '3'"), package_of("-e .")
    ('scikit-learn', '')
    """
    match = _NAME.match(line)
    if match is None or re.match(r"\s*(\[[^\]]*\])?\s*($|[<>=!~;@(]|--)", line[match.end() :]) is None:
        return ""
    return normalise(match[0])


def fold(lines: Iterable[str]) -> tuple[str, ...]:
    """``lines`` with several for one package (and marker) made into one: extras united, version ranges joined.

    What is not a plain requirement (options, paths, hashes) stays as it is, once. Raises Invalid when two lines pin
    different versions, or one pins what another excludes.

    >>> fold(["numpy", "x>1", "x[extra]", "numpy==2.0"])
    ('numpy==2.0', 'x[extra]>1')
    """
    from packaging.requirements import InvalidRequirement, Requirement

    kept: dict[tuple[str, str], Requirement | str] = {}
    for line in lines:
        try:
            new = Requirement(line)
        except InvalidRequirement:
            kept.setdefault((line, ""), line)
            continue
        key = (normalise(new.name), str(new.marker or ""))
        old = kept.get(key)
        kept[key] = new if old is None or isinstance(old, str) else _join(old, new)
    return tuple(str(item) for item in kept.values())


def _join(old: "Requirement", new: "Requirement") -> "Requirement":
    from packaging.specifiers import SpecifierSet

    wanted = {str(item) for item in (*old.specifier, *new.specifier)}
    # torch==2.7.1+cu128 beside torch==2.7.1: the one that an index has stays.
    wanted -= {item for item in wanted if "+" in item and item.partition("+")[0] in wanted}
    joined = SpecifierSet(",".join(sorted(wanted)), prereleases=True)
    pins = {item.version for item in joined if item.operator == "==" and "*" not in item.version}
    if len(pins) > 1 or any(not joined.contains(pin) for pin in pins):
        raise Invalid(
            f"The specified requirements versions are incompatible: {old} and {new}",
            hint="name the package once, or give the whole list as pip_requirements",
        )
    new.specifier = joined
    new.extras = old.extras | new.extras
    new.url = new.url or old.url
    return new


def _walk(lines: list[str], folder: Path, *, constraint: bool, depth: int) -> Iterator[tuple[str, bool]]:
    if depth > MAX_NESTING:
        raise Invalid(f"requirements files include each other more than {MAX_NESTING} deep")
    for line in _logical(lines):
        include = _INCLUDE.fullmatch(line)
        if include is None:
            yield line, constraint
            continue
        path = folder / include["path"].strip("'\"")
        inner = constraint or include["short"] == "c" or include["long"] == "constraint"
        yield from _walk(_load(path), path.parent, constraint=inner, depth=depth + 1)


def _logical(lines: list[str]) -> Iterator[str]:
    pending = ""
    for line in lines:
        text = _COMMENT.sub("", line).strip()
        if text.endswith("\\"):
            pending += text[:-1]
            continue
        if joined := (pending + text).strip():
            yield joined
        pending = ""
    if pending.strip():
        yield pending.strip()


def _load(path: Path) -> list[str]:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise Invalid(f"requirements file {path} is larger than {MAX_FILE} bytes")
        return data.decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise FileMissing(f"requirements file {path} does not exist") from None
    except UnicodeDecodeError:
        raise Invalid(f"requirements file {path} is not UTF-8") from None
    except OSError as error:
        raise Invalid(f"requirements file {path} cannot be read: {error.strerror}") from None
