"""What a model was made with against what is installed here: found, and told once per process and model.

This room reads a model's requirement lines and the versions of installed distributions. It decides nothing: a model
whose packages differ is loaded all the same.
"""

import logging
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from gitmodels.mlmodel import distributions
from gitmodels.mlmodel.requirement_lines import package_of

# Present wherever gitmodels answers for MLflow, so a model saved there is not told that it misses it.
_NOT_COMPARED = frozenset({"mlflow", "mlflow-skinny", "mlflow-tracing", "gitmodels", "pip", "setuptools", "wheel"})
_MAX_FILE = 1 << 20
_MAX_LINES = 2_000
_SHOWN = 12
_told: set[str] = set()
_silent: ContextVar[bool] = ContextVar("_silent", default=False)
_logger = logging.getLogger("gitmodels")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One requirement that this interpreter does not satisfy.

    ``wanted`` is its version range (``==1.0``), ``installed`` None when the package is absent.
    """

    package: str
    required: str
    installed: str | None
    wanted: str = ""

    def __str__(self) -> str:
        return f"{self.package} (current: {self.installed or 'uninstalled'}, required: {self.required})"


def find(lines: Iterable[str], installed: Callable[[str], str | None] = distributions.version) -> tuple[Mismatch, ...]:
    """The requirement lines that are not satisfied, in their order. ``installed`` gives a package's version or None.

    Lines that name no package (options, URLs, paths) and markers that do not apply here are passed over.

    >>> [str(found) for found in find(["numpy==1.0", "click"], {"numpy": "2.0", "click": "8.1"}.get)]
    ['numpy (current: 2.0, required: numpy==1.0)']
    """
    found = (_mismatch(line, installed) for line in lines)
    return tuple(item for item in found if item is not None)


def of_python(wanted: object) -> Mismatch | None:
    """The mismatch of Python itself: another major or minor version than ``wanted`` (``3.11.7``); None without one.

    >>> of_python(platform.python_version()) is None, of_python("2.7.1").wanted
    (True, '2.7')
    """
    parts = str(wanted or "").split(".")[:2]
    here = platform.python_version()
    if len(parts) < 2 or not all(part.isdigit() for part in parts) or parts == here.split(".")[:2]:
        return None
    version = ".".join(parts)
    return Mismatch("python", f"python=={version}.*", here, version)


@contextmanager
def silent() -> Iterator[None]:
    """Inside the block nothing is told, and what was not told there still will be."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def tell(reference: str, key: str, directory: Path, python: object) -> None:
    """Log one warning with a table when the model in ``directory`` was made with other packages than are here.

    Once per process and ``key``. ``reference`` is how the user named the model, ``python`` the version it was saved
    with. What cannot be read says nothing.
    """
    if key in _told or _silent.get():
        return
    _told.add(key)
    found = list(find(_lines(directory / "requirements.txt")))
    if (other := of_python(python)) is not None:
        found.insert(0, other)
    if found:
        _logger.warning("%s", _text(reference, found), extra={"is_table": True})


def _text(reference: str, found: list[Mismatch]) -> str:
    rows = [("PACKAGE", "MADE WITH", "HERE")]
    rows += [(item.package, item.wanted.removeprefix("==") or "any", item.installed or "–") for item in found[:_SHOWN]]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"  {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}" for row in rows]
    if len(found) > _SHOWN:
        lines.append(f"  and {len(found) - _SHOWN} more")
    head = f"{reference} was made with other packages than are installed here (git models env shows all it needs):"
    return "\n".join([head, *lines])


def _mismatch(line: str, installed: Callable[[str], str | None]) -> Mismatch | None:
    name = package_of(line)
    if not name or name in _NOT_COMPARED:
        return None
    version = installed(name)
    # The form we write is answered without loading packaging.
    if version is not None and line in (f"{name}=={version}", f"{name}=={version.partition('+')[0]}"):
        return None
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line.partition(" --")[0])
    except InvalidRequirement:
        return None
    if requirement.marker and not requirement.marker.evaluate():
        return None
    if version is not None and requirement.specifier.contains(version, prereleases=True):
        return None
    return Mismatch(requirement.name, line, version, str(requirement.specifier))


def _lines(path: Path) -> list[str]:
    try:
        with open(path, "rb") as stream:
            text = stream.read(_MAX_FILE).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return []
    lines = (raw.strip() for raw in text.splitlines()[:_MAX_LINES])
    return [line for line in lines if line and not line.startswith(("#", "-"))]
