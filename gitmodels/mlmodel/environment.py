"""A model's environment as files beside its MLmodel, written and read back.

The files are MLflow's (requirements.txt, python_env.yaml, conda.yaml, constraints.txt) and one of ours:
requirements.lock, the whole closure pinned. Equal requirements give equal bytes. This room decides nothing about
what is needed: requirements.py does. It installs nothing.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gitmodels import yaml
from gitmodels.errors import FileMissing, Invalid
from gitmodels.mlmodel import distributions
from gitmodels.mlmodel.requirements import Requirements, conda_python

REQUIREMENTS = "requirements.txt"
CONSTRAINTS = "constraints.txt"
PYTHON_ENV = "python_env.yaml"
CONDA = "conda.yaml"
LOCK = "requirements.lock"
NAMES = (REQUIREMENTS, CONSTRAINTS, PYTHON_ENV, CONDA, LOCK)
ENV_ENTRY = {"conda": CONDA, "virtualenv": PYTHON_ENV}

_BUILD = ("pip", "setuptools", "wheel")
_MAX_FILE = 1 << 20


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
    """The environment that a model's directory describes, ours or MLflow's. Raises as ``of_files``."""
    found = {name: data for name in NAMES if (data := _bytes(directory / name)) is not None}
    return of_files(found, directory.name)


def of_files(files: Mapping[str, bytes], what: str = "the model") -> Requirements:
    """The environment that a model's small files describe, by name; others than NAMES are passed over.

    Raises FileMissing when they describe none, Invalid (or InvalidYaml) when a file is not what its name says.
    """
    conda = _mapping(files, CONDA)
    python_env = _mapping(files, PYTHON_ENV)
    pip = _lines(files, REQUIREMENTS)
    if pip is None and conda is None:
        raise FileMissing(f"{what} holds neither {REQUIREMENTS} nor {CONDA}")
    if pip is None:
        pip = _conda_pip(conda or {})
    return Requirements(
        pip=tuple(line for line in pip if line != f"-c {CONSTRAINTS}"),
        constraints=tuple(_lines(files, CONSTRAINTS) or ()),
        lock=tuple(_lines(files, LOCK) or ()),
        python=_python(python_env or {}) or conda_python(conda or {}),
        conda=conda,
    )


def _python(python_env: Mapping[str, Any]) -> str:
    value = python_env.get("python")
    # Without quotes YAML reads 3.10 as a number; and nothing here is as old as Python 3.1.
    return "3.10" if value == 3.1 and isinstance(value, float) else str(value or "")


def other_packages(conda: Mapping[str, Any] | None) -> tuple[str, ...]:
    """What a conda environment asks for besides Python, pip and what pip installs: no index of Python has it.

    >>> other_packages({"dependencies": ["python=3.11", "pip", "cudatoolkit=11", {"pip": ["numpy"]}]})
    ('cudatoolkit=11',)
    """
    given = (conda or {}).get("dependencies")
    texts = [item for item in given if isinstance(item, str)] if isinstance(given, list) else []
    return tuple(item for item in texts if re.match(r"(python|pip)\s*($|[<>=!~])", item) is None)


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


def _lines(files: Mapping[str, bytes], name: str) -> list[str] | None:
    data = files.get(name)
    if data is None:
        return None
    try:
        lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise Invalid(f"{name} is not UTF-8") from None
    return [line for line in lines if line and not line.startswith("#")]


def _mapping(files: Mapping[str, bytes], name: str) -> dict[str, Any] | None:
    data = files.get(name)
    if data is None:
        return None
    value = yaml.load(data, what=name)
    if not isinstance(value, dict):
        raise Invalid(f"{name} is not a mapping")
    return value
