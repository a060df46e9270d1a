"""What libgit2 does for us: opening a repository that is not a plain one, ownership, the state of a work tree.

The only module that loads pygit2, which costs more than all else a reading command does: it is imported inside
functions, by whoever writes config, looks at the work tree, or met something that ``object_files``, ``config`` or
``discovery`` do not read themselves.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import pygit2

from gitmodels.errors import Corrupt, Invalid, NotSupported, RepositoryNotFound
from gitmodels.git.object_files import Absent
from gitmodels.git.pack_reading import KINDS, Damaged


def discover(start: Path, ceilings: str) -> Path:
    """The git folder of the repository around ``start``. Raises RepositoryNotFound."""
    try:
        discovered = pygit2.discover_repository(str(start), False, ceilings)
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise RepositoryNotFound(f"no git repository around {start}: {error}", hint="run git init") from None
    if discovered is None:
        raise RepositoryNotFound(f"no git repository around {start}", hint="run git init")
    return Path(discovered.rstrip("/") or "/")


def open_handle(git_dir: Path, work_tree: Path | None, beside: Sequence[str] = ()) -> pygit2.Repository:
    """libgit2's handle on exactly ``git_dir``, reading the folders of objects ``beside`` too.

    Raises RepositoryNotFound when it is no repository, Invalid when git's ownership check refuses it.
    """
    try:
        handle = pygit2.Repository(str(git_dir), pygit2.enums.RepositoryOpenFlag.NO_SEARCH)
        if work_tree is not None:
            handle.workdir = str(work_tree)  # for this handle only; nothing is written
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
    for path in beside:
        with contextlib.suppress(pygit2.GitError, KeyError, OSError):
            handle.odb.add_disk_alternate(path)
    return handle


def work_tree_of(handle: pygit2.Repository) -> Path | None:
    """The work tree of ``handle``, None when it is bare."""
    # libgit2 knows a folder's work tree better than we do; of a bare repository's it says what it likes.
    workdir = None if handle.is_bare else handle.workdir
    return Path(workdir.rstrip("/") or "/") if workdir else None


def read_object(handle: pygit2.Repository, oid: str) -> tuple[str, bytes]:
    """Kind and bytes of object ``oid``. Raises Absent or Damaged."""
    try:
        number, data = handle.odb.read(oid)
    except KeyError:
        raise Absent(oid) from None
    except (ValueError, OSError, pygit2.GitError) as error:
        raise Damaged(str(error)) from None
    return KINDS[int(number)], data


def config_values(source: pygit2.Repository | Path) -> dict[str, str | None]:
    """Every key of a repository's config, or of one file, with the value that counts. Raises Corrupt."""
    try:
        config = pygit2.Config(str(source)) if isinstance(source, Path) else source.config
        # Asked for by key: what the iteration gives first is of no certain file.
        return {key: config[key] for key in {entry.name for entry in config}}
    except (pygit2.GitError, OSError, ValueError) as error:
        raise Corrupt(f"the repository's config cannot be read: {error}", hint="mend it with git config -e") from None


def set_config(path: Path, key: str, value: str | None) -> None:
    """Set ``key`` in the config file ``path``, or with None unset it. Raises OSError, ValueError or KeyError."""
    try:
        config = pygit2.Config(str(path))
        if value is None:
            del config[key]
        else:
            config[key] = value
    except pygit2.GitError as error:
        raise OSError(str(error)) from None
