"""Where a repository is: its git folder, its common folder, and whether it is one we can serve.

This room reads ``.git`` files, ``commondir`` and the repository's own config; it opens nothing and writes nothing.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2

from gitmodels.errors import Corrupt, Invalid, NotSupported, RepositoryNotFound
from gitmodels.git import raw

_MAX_POINTER_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository was found: its git folder, and the work tree that led there (None: libgit2 finds out)."""

    git_dir: Path
    work_tree: Path | None = None


def find(path: Path, git_dir: Path | None, environ: Mapping[str, str]) -> Place:
    """``git_dir`` when given, else ``GIT_DIR`` of ``environ``, else the repository around ``path``.

    Raises RepositoryNotFound when there is none.
    """
    start = Path(os.path.abspath(path))
    named = git_dir or (Path(environ["GIT_DIR"]) if environ.get("GIT_DIR") else None)
    if named is not None:
        place = _named(start / named, start)
    else:
        place = _around(start, environ.get("GIT_CEILING_DIRECTORIES", ""))
    if environ.get("GIT_WORK_TREE"):
        return Place(place.git_dir, Path(os.path.abspath(start / environ["GIT_WORK_TREE"])))
    return place


def _named(named: Path, start: Path) -> Place:
    found = _follow_git_file(Path(os.path.abspath(named)))
    if not (found / "HEAD").is_file():
        raise RepositoryNotFound(f"not a git repository: {named}", hint="give the repository's .git folder")
    # The .git file of a separate git folder is the only thing that knows the work tree.
    for folder in (named, named.parent, start):
        if (folder / ".git").is_file() and _follow_git_file(folder / ".git") == found:
            return Place(found, Path(os.path.abspath(folder)))
    return Place(found)


def _around(start: Path, ceilings: str) -> Place:
    if not start.exists():
        raise RepositoryNotFound(f"no such folder: {start}")
    if not start.is_dir():
        start = start.parent
    try:
        discovered = pygit2.discover_repository(str(start), False, ceilings)
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise RepositoryNotFound(f"no git repository around {start}: {error}", hint="run git init") from None
    if discovered is None:
        raise RepositoryNotFound(f"no git repository around {start}", hint="run git init")
    git_dir = Path(discovered.rstrip("/") or "/")
    for folder in (start, *start.parents):
        if (folder / ".git").is_file():
            return Place(git_dir, folder)
        if (folder / ".git").exists() or folder == git_dir:
            break
    return Place(git_dir)


def common_dir_of(git_dir: Path, environ: Mapping[str, str]) -> Path:
    """The folder that all work trees of the repository share: ``GIT_COMMON_DIR``, the ``commondir`` file, or itself.

    Raises Corrupt when the ``commondir`` file cannot be read.
    """
    if environ.get("GIT_COMMON_DIR"):
        return Path(os.path.abspath(environ["GIT_COMMON_DIR"]))
    pointer = git_dir / "commondir"
    if not pointer.exists():
        return git_dir
    return Path(os.path.normpath(git_dir / _read_pointer(pointer)))


def check_format(common_dir: Path) -> raw.ObjectFormat:
    """The object format of the repository.

    Raises NotSupported for a format or extension that libgit2 cannot read (SHA-256, reftable), Corrupt for a config
    file that cannot be parsed.
    """
    path = common_dir / "config"
    if not path.is_file():
        return raw.SHA1
    try:
        config = pygit2.Config(str(path))
        name = _value(config, "extensions.objectformat") or "sha1"
        storage = _value(config, "extensions.refstorage") or "files"
    except (pygit2.GitError, OSError, ValueError) as error:
        raise Corrupt(f"the repository's config cannot be read: {error}", hint=f"mend {path}") from None
    if name.lower() != "sha1":
        raise NotSupported(
            f"this repository uses {name} object ids, which the installed libgit2 cannot read",
            hint="keep the registry in a repository made by git init --object-format=sha1",
        )
    if storage.lower() != "files":
        raise NotSupported(
            f"this repository keeps its refs as {storage}, which is not supported yet",
            hint="run git refs migrate --ref-format=files",
        )
    return raw.SHA1


def open_handle(place: Place) -> pygit2.Repository:
    """libgit2's handle on exactly ``place``.

    Raises RepositoryNotFound when it is no repository, Invalid when git's ownership check refuses it.
    """
    git_dir = place.git_dir
    try:
        handle = pygit2.Repository(str(git_dir), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
        if place.work_tree is not None:
            handle.workdir = str(place.work_tree)  # for this handle only; nothing is written
        return handle
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        text = " ".join(str(error).split())
        if "not owned by" in text:
            folder = git_dir.parent if git_dir.name == ".git" else git_dir
            raise Invalid(
                f"git detected dubious ownership: {text}",
                hint=f"if you trust it: git config --global --add safe.directory '{folder}'",
            ) from None
        if "extension" in text or "repositoryformatversion" in text or "repository version" in text:
            raise NotSupported(f"this git repository cannot be opened: {text}") from None
        raise RepositoryNotFound(f"not a git repository: {git_dir} ({text})") from None


def _follow_git_file(path: Path) -> Path:
    if path.is_file():
        text = _read_pointer(path)
        if not text.startswith("gitdir: "):
            raise RepositoryNotFound(f"not a git repository: {path}")
        return Path(os.path.normpath(path.parent / text[8:].strip()))
    # A work tree is what people mean by "the repository".
    inner = path / ".git"
    return _follow_git_file(inner) if inner.exists() and not (path / "HEAD").is_file() else path


def _read_pointer(path: Path) -> str:
    try:
        with open(path, "rb") as stream:
            text = os.fsdecode(stream.read(_MAX_POINTER_BYTES)).strip()
    except OSError as error:
        raise Corrupt(f"cannot read {path}: {error.strerror}") from None
    if not text or "\0" in text:
        raise Corrupt(f"{path} does not name a folder")
    return text


def _value(config: pygit2.Config, key: str) -> str | None:
    try:
        return str(config[key])
    except KeyError:
        return None
