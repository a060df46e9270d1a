"""A model's environment as files beside its MLmodel, written, read back and compared with what is installed.

The files are MLflow's (requirements.txt, python_env.yaml, conda.yaml, constraints.txt) and one of ours:
requirements.lock, the whole closure pinned. Equal requirements give equal bytes. This room decides nothing about
what is needed: requirements.py does. It installs nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitmodels import yaml
from gitmodels.errors import FileMissing, Invalid
from gitmodels.mlmodel import distributions
from gitmodels.mlmodel.requirement_lines import package_of
from gitmodels.mlmodel.requirements import Requirements

REQUIREMENTS = "requirements.txt"
CONSTRAINTS = "constraints.txt"
PYTHON_ENV = "python_env.yaml"
CONDA = "conda.yaml"
LOCK = "requirements.lock"
ENV_ENTRY = {"conda": CONDA, "virtualenv": PYTHON_ENV}

_BUILD = ("pip", "setuptools", "wheel")
_MAX_FILE = 1 << 20
# Present wherever gitmodels answers for MLflow, so a model saved there is not told that it misses it.
_NOT_COMPARED = frozenset({"mlflow", "mlflow-skinny", "mlflow-tracing", "gitmodels", "pip", "setuptools", "wheel"})


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One requirement that this interpreter does not satisfy; ``installed`` is None when the package is absent."""

    package: str
    required: str
    installed: str | None

    def __str__(self) -> str:
        return f"{self.package} (current: {self.installed or 'uninstalled'}, required: {self.required})"


def files(requirements: Requirements) -> dict[str, bytes]:
    """The environment files by name; the same requirements on the same interpreter give the same bytes."""
    lines = list(requirements.pip)
    if requirements.constraints:
        lines.append(f"-c {CONSTRAINTS}")
    result = {
        REQUIREMENTS: _text(lines),
        PYTHON_ENV: yaml.dump(
            {
                "python": requirements.python,
                "build_dependencies": [_pinned(name) for name in _BUILD],
                "dependencies": [f"-r {REQUIREMENTS}"],
            }
        ),
        CONDA: yaml.dump(_conda(requirements, lines)),
    }
    if requirements.constraints:
        result[CONSTRAINTS] = _text(requirements.constraints)
    if requirements.lock:
        result[LOCK] = _text(requirements.lock)
    return result


def write(directory: Path, requirements: Requirements) -> tuple[str, ...]:
    """Write the environment files into ``directory`` (a model being built); gives their names, sorted."""
    contents = files(requirements)
    for name, data in contents.items():
        (directory / name).write_bytes(data)
    return tuple(sorted(contents))


def conda_of(requirements: Requirements) -> dict[str, Any]:
    """The mapping that ``conda.yaml`` holds for ``requirements``."""
    return _conda(requirements, list(requirements.pip))


def read(directory: Path) -> Requirements:
    """The environment that a model's directory describes, ours or MLflow's.

    Raises FileMissing when it has none, Invalid (or InvalidYaml) when a file is not what its name says.
    """
    conda = _mapping(directory / CONDA)
    python_env = _mapping(directory / PYTHON_ENV)
    pip = _lines(directory / REQUIREMENTS)
    if pip is None and conda is None:
        raise FileMissing(f"{directory.name} holds neither {REQUIREMENTS} nor {CONDA}")
    if pip is None:
        pip = _conda_pip(conda or {})
    return Requirements(
        pip=tuple(line for line in pip if line != f"-c {CONSTRAINTS}"),
        constraints=tuple(_lines(directory / CONSTRAINTS) or ()),
        lock=tuple(_lines(directory / LOCK) or ()),
        python=str((python_env or {}).get("python") or ""),
        conda=conda,
    )


def mismatches(
    requirements: Requirements | Iterable[str], installed: Callable[[str], str | None] = distributions.version
) -> tuple[Mismatch, ...]:
    """The requirements that are not satisfied, in their order. ``installed`` gives a package's version or None.

    Lines that name no package (options, URLs, paths) and markers that do not apply here are passed over.

    >>> [str(found) for found in mismatches(["numpy==1.0", "click"], {"numpy": "2.0", "click": "8.1"}.get)]
    ['numpy (current: 2.0, required: numpy==1.0)']
    """
    lines = requirements.pip if isinstance(requirements, Requirements) else requirements
    found = (_mismatch(line, installed) for line in lines)
    return tuple(item for item in found if item is not None)


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
    return Mismatch(requirement.name, line, version)


def _pinned(name: str) -> str:
    found = distributions.version(name)
    return f"{name}=={found}" if found else name


def _conda(requirements: Requirements, lines: list[str]) -> dict[str, Any]:
    if requirements.conda is None:
        pip = distributions.version("pip")
        dependencies = [f"python={requirements.python}", f"pip<={pip}" if pip else "pip", {"pip": lines}]
        return {"name": "mlflow-env", "channels": ["conda-forge"], "dependencies": dependencies}
    given = list(requirements.conda.get("dependencies", []))
    mine = [{"pip": lines} if isinstance(item, Mapping) else item for item in given]
    if mine == given and lines and not any(isinstance(item, Mapping) for item in given):
        mine.append({"pip": lines})
    return {**requirements.conda, "dependencies": mine}


def _conda_pip(conda: Mapping[str, Any]) -> list[str]:
    dependencies = conda.get("dependencies")
    for item in dependencies if isinstance(dependencies, list) else []:
        if isinstance(item, Mapping) and isinstance(item.get("pip"), list):
            return [str(line) for line in item["pip"]]
    return []


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _bytes(path: Path) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            data = stream.read(_MAX_FILE + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Invalid(f"{path.name} cannot be read: {error.strerror}") from None
    if len(data) > _MAX_FILE:
        raise Invalid(f"{path.name} is larger than {_MAX_FILE} bytes")
    return data


def _lines(path: Path) -> list[str] | None:
    data = _bytes(path)
    if data is None:
        return None
    try:
        lines = [line.strip() for line in data.decode().splitlines()]
    except UnicodeDecodeError:
        raise Invalid(f"{path.name} is not UTF-8") from None
    return [line for line in lines if line and not line.startswith("#")]


def _mapping(path: Path) -> dict[str, Any] | None:
    data = _bytes(path)
    if data is None:
        return None
    value = yaml.load(data, what=path.name)
    if not isinstance(value, dict):
        raise Invalid(f"{path.name} is not a mapping")
    return value
