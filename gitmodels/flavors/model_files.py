"""Paths that a model's own files name: joined inside the model's directory, or refused.

An MLmodel file is data from a stranger. This room knows nothing of its schema; it only never leaves the directory,
neither by ``..`` nor through a symbolic link.
"""

import shutil
from pathlib import Path, PurePosixPath

from gitmodels.errors import FileMissing, InvalidModel
from gitmodels.names import hidden_character

_NOT_CODE = frozenset({"__pycache__", ".DS_Store", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


def check_relative(relative: object, what: str) -> str:
    """``relative`` without a trailing slash when it stays inside the directory it is joined to; ``what`` names it.

    Raises InvalidModel for anything absolute, with a ``..`` part, a backslash, a drive or a control character.

    >>> check_relative("data/model.bin", "model_path")
    'data/model.bin'
    """
    if not isinstance(relative, str) or not relative:
        raise InvalidModel(f"MLmodel: {what} is not a path")
    path = PurePosixPath(relative)
    odd = "\\" in relative or ":" in relative or hidden_character(relative)
    if odd or path.is_absolute() or ".." in path.parts:
        shown = relative[:200].encode("unicode_escape").decode()
        raise InvalidModel(f"MLmodel: {what} leaves the model's directory: '{shown}'")
    return str(path)


def inside(directory: Path, relative: object, what: str) -> Path:
    """The existing file or folder ``relative`` of the model in ``directory``.

    Raises InvalidModel when it leaves the directory, FileMissing when it is not there.
    """
    path = directory / check_relative(relative, what)
    if not path.exists():
        raise FileMissing(f"the model lacks the file its MLmodel names as {what}: {relative}")
    if not path.resolve().is_relative_to(directory.resolve()):
        raise InvalidModel(f"MLmodel: {what} is a symbolic link that leaves the model's directory: {relative}")
    return path


def copy_into(source: Path, target: Path, *, code: bool = False) -> None:
    """A copy of a file or folder at ``target``, whose parents are made; with ``code``, caches stay behind.

    Links are followed: a model holds bytes, not links. git's own files (``.git``, ``.gitignore``, ``.gitattributes``)
    are no part of a model and stay behind. Raises FileMissing when ``source`` does not exist, InvalidModel when it
    cannot be copied.
    """
    if not source.exists():
        raise FileMissing(f"no such file or folder: {source}")
    if source.is_dir() and target.resolve().is_relative_to(source.resolve()):
        raise InvalidModel(f"{source} cannot be copied into a model that is saved inside it", hint="save it elsewhere")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if source.is_dir():
            shutil.copytree(source, target, ignore=_skip_caches if code else _skip_git, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(source, target)
    except OSError as error:
        raise InvalidModel(f"{source} cannot be copied into the model: {error.strerror or 'see its files'}") from error


def _skip_git(_folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.lower().startswith(".git")}


def _skip_caches(folder: str, names: list[str]) -> set[str]:
    caches = {name for name in names if name in _NOT_CODE or name.endswith((".pyc", ".pyo"))}
    return caches | _skip_git(folder, names)
