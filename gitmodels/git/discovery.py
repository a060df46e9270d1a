"""Where a repository is: its git folder, its common folder, and whether it is one we can serve.

This room reads ``.git`` files, ``commondir`` and the owners of folders; it opens nothing and writes nothing. What is
not plain (another owner, a folder that only half looks like git's) is left to libgit2, which is as strict as git.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from gitmodels.errors import Corrupt, NotSupported, RepositoryNotFound
from gitmodels.git import raw
from gitmodels.values import frozen

_MAX_POINTER_BYTES = 8192
_FORMATS = {fmt.name: fmt for fmt in (raw.SHA1, raw.SHA256)}
# What a repository may ask of its readers, so far as it makes no difference to how we read.
_HARMLESS = frozenset({"noop", "preciousobjects", "partialclone", "relativeworktrees", "objectformat", "refstorage"})


@frozen
class Place:
    """Where a repository was found: its git folder, and the work tree that led there (None: its config tells)."""

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
    git_dir = None if ceilings else _plainly_around(os.path.realpath(start))
    if git_dir is None:
        from gitmodels.git import libgit2

        git_dir = libgit2.discover(start, ceilings)
    for folder in (start, *start.parents):
        if (folder / ".git").is_file():
            return Place(git_dir, folder)
        if (folder / ".git").exists() or folder == git_dir:
            break
    return Place(git_dir)


def _plainly_around(here: str) -> Path | None:
    """The git folder of the repository around ``here``; None where that takes more than looking, or there is none."""
    device = os.stat(here).st_dev
    while os.stat(here).st_dev == device:
        inner = os.path.join(here, ".git")
        try:
            mode = os.lstat(inner).st_mode
        except OSError:
            mode = 0
        if stat.S_ISDIR(mode):
            return Path(inner) if is_git_dir(inner) else None
        if mode:
            return _plainly_named(inner) if stat.S_ISREG(mode) else None
        if os.path.lexists(os.path.join(here, "HEAD")):
            return Path(here) if is_git_dir(here) else None
        if here == os.path.dirname(here):
            return None
        here = os.path.dirname(here)
    return None


def _plainly_named(pointer: str) -> Path | None:
    try:
        target = os.path.realpath(_follow_git_file(Path(pointer)))
    except (Corrupt, RepositoryNotFound):
        return None
    return Path(target) if is_git_dir(target) else None


def is_git_dir(path: str) -> bool:
    """Whether the folder ``path`` has what makes a git folder: a HEAD, and objects and refs in its common folder."""
    try:
        common = str(common_dir_of(Path(path), {}))
    except Corrupt:
        return False
    folders = (os.path.join(common, "objects"), os.path.join(common, "refs"))
    return os.path.isfile(os.path.join(path, "HEAD")) and all(map(os.path.isdir, folders))


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


def is_own(place: Place) -> bool:
    """Whether git's ownership check is plainly passed: the repository's folders belong to whoever runs this.

    Whoever else may be trusted (``safe.directory``, root behind sudo) is for git or libgit2 to say.
    """
    work_tree = place.work_tree or (place.git_dir.parent if place.git_dir.name == ".git" else None)
    paths = [place.git_dir] if work_tree is None else [place.git_dir, work_tree, work_tree / ".git"]
    try:
        owners = {os.lstat(path).st_uid for path in paths[:2]}
        if len(paths) == 3 and paths[2].exists():
            owners.add(os.lstat(paths[2]).st_uid)
    except OSError:
        return False
    return owners == {os.geteuid()}


def check_format(own: Mapping[str, str | None]) -> raw.ObjectFormat:
    """The object format that the repository's own config names. Raises NotSupported for one that is not read here."""
    name = (own.get("extensions.objectformat") or "sha1").lower()
    if name not in _FORMATS:
        raise NotSupported(
            f"this repository uses {name} object ids, which are not known here",
            hint="update gitmodels: pip install -U gitmodels",
        )
    storage = own.get("extensions.refstorage") or "files"
    if storage.lower() != "files":
        raise NotSupported(
            f"this repository keeps its refs as {storage}, which is not supported yet",
            hint="run git refs migrate --ref-format=files",
        )
    return _FORMATS[name]


def is_plain(own: Mapping[str, str | None]) -> bool:
    """Whether nothing in the repository's own config changes where its parts are or how they are to be read."""
    extensions = {key.removeprefix("extensions.") for key in own if key.startswith("extensions.")}
    return extensions <= _HARMLESS and "core.worktree" not in own


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
