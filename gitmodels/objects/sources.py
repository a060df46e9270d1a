"""The files that are added: found, named and opened without following a link or waiting for anybody.

This room knows folders and open files. It reads no contents and knows no ids. A folder given to be added is not
trusted: between listing and opening, a name in it may turn into a link, a pipe or another file.
"""

import os
import stat
from collections.abc import Container, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from gitmodels.errors import FileMissing, Invalid, InvalidModel, InvalidName
from gitmodels.names import MAX_PATH_DEPTH, check_file_path
from gitmodels.objects.manifest import MAX_FILES, check_together

_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFDIR: "a folder",
}


class Folder(NamedTuple):
    """One folder of the tree: its path inside the model ("" for the root) and the names of its files."""

    path: str
    files: tuple[str, ...]


class State(NamedTuple):
    """What tells whether a file changed while it was read."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


_FIELDS = attrgetter("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")


def state_of(status: os.stat_result) -> State:
    """The state that a status tells."""
    # One of three calls a file; the constructor of a named tuple takes three times as long.
    return tuple.__new__(State, _FIELDS(status))


@contextmanager
def opened_root(directory: str | os.PathLike[str]) -> Iterator[int]:
    """A descriptor of the folder to add. Raises FileMissing and InvalidModel."""
    try:
        descriptor = os.open(directory, _OPEN_FOLDER)
    except FileNotFoundError:
        raise FileMissing(f"no such folder: {os.fspath(directory)}") from None
    except NotADirectoryError:
        raise InvalidModel(f"not a folder: {os.fspath(directory)}", hint="add it as a single file") from None
    except OSError as error:
        raise InvalidModel(f"cannot read {os.fspath(directory)}: {error.strerror}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def walk(root: int, leave_out: Container[str] = ()) -> list[Folder]:
    """The folders under ``root`` that hold files, the names of their files checked and sorted.

    Files and folders at the paths ``leave_out`` are passed over, whatever they are. Raises InvalidModel for a tree
    without files and for anything that is neither file nor folder, InvalidName for names that some system could not
    hold, and for two that could not lie side by side everywhere.
    """
    folders: list[Folder] = []
    waiting = [""]
    count = 0
    while waiting:
        path = waiting.pop()
        files, inner = _listed(root, path, leave_out)
        count += len(files)
        if count > MAX_FILES:
            raise InvalidModel(
                f"a model has at most {MAX_FILES} files", hint="pack the data into fewer files, such as one archive"
            )
        if files:
            folders.append(Folder(path, tuple(sorted(files))))
        waiting += inner
    if not folders:
        raise InvalidModel("the folder holds no file", hint="give the folder that the model was saved to")
    check_together(joined(folder.path, name) for folder in folders for name in folder.files)
    return sorted(folders)


@contextmanager
def opened_folder(root: int, path: str) -> Iterator[int]:
    """A descriptor of the folder at ``path`` under ``root``, none of whose parts may be a link."""
    descriptor = os.dup(root)
    try:
        for part in path.split("/") if path else ():
            try:
                inner = os.open(part.encode(), _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=descriptor)
            except OSError as error:
                raise InvalidModel(f"cannot open folder {path!r}: {error.strerror}") from error
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def open_file(folder: int | None, name: str | os.PathLike[str]) -> tuple[int, State]:
    """A descriptor of a regular file and its state. Neither links are followed nor pipes waited for.

    Raises FileMissing, InvalidModel for other kinds of file, and Invalid when it cannot be read.
    """
    shown = os.fspath(name)
    try:
        descriptor = os.open(shown.encode() if folder is not None else shown, _OPEN_FILE, dir_fd=folder)
    except FileNotFoundError:
        raise FileMissing(f"no such file: {shown}") from None
    except OSError as error:
        raise _cannot_open(folder, shown, error) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _wrong_kind(shown, status.st_mode)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, state_of(status)


def state(descriptor: int) -> State:
    """The state of an open file now."""
    return tuple.__new__(State, _FIELDS(os.fstat(descriptor)))


def state_at(folder: int | None, name: str | os.PathLike[str]) -> State | None:
    """The state of the regular file of this name now, unopened; None when there is no such file."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    return state_of(status) if stat.S_ISREG(status.st_mode) else None


def single(path: Path) -> str:
    """The name that a file added on its own has in its manifest. Raises InvalidName."""
    return check_file_path(name_text(path.name, ""))


def joined(folder: str, name: str) -> str:
    """The path of a file inside the model."""
    return f"{folder}/{name}" if folder else name


def _listed(root: int, path: str, leave_out: Container[str]) -> tuple[list[str], list[str]]:
    """The names of the files in a folder and the paths of the folders in it."""
    if path.count("/") >= MAX_PATH_DEPTH:
        raise InvalidName(f"folders are nested deeper than {MAX_PATH_DEPTH}: {path[:80]!r}…")
    files: list[str] = []
    inner: list[str] = []
    with opened_folder(root, path) as descriptor, os.scandir(descriptor) as entries:
        for item in entries:
            name = name_text(item.name, path)
            if joined(path, name) in leave_out:
                continue
            if item.is_file(follow_symlinks=False):
                check_file_path(joined(path, name))
                files.append(name)
                if len(files) > MAX_FILES:
                    break
            elif item.is_dir(follow_symlinks=False):
                inner.append(check_file_path(joined(path, name)))
            else:
                raise _wrong_kind(joined(path, name), item.stat(follow_symlinks=False).st_mode)
    return files, inner


def name_text(name: str, folder: str) -> str:
    """A name in ``folder`` as the system gave it, when it is UTF-8. Raises InvalidName."""
    if name.isascii():
        return name
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        where = f" in {folder!r}" if folder else ""
        raise InvalidName(f"a file name{where} is not UTF-8 (hex {raw.hex()[:80]})", hint="rename the file") from None


def _cannot_open(folder: int | None, name: str, error: OSError) -> Invalid:
    try:
        mode = os.lstat(name.encode() if folder is not None else name, dir_fd=folder).st_mode
    except OSError:
        mode = stat.S_IFREG
    if not stat.S_ISREG(mode):
        return _wrong_kind(name, mode)
    return Invalid(f"cannot read {name}: {error.strerror}", hint="nothing was changed")


def _wrong_kind(name: str, mode: int) -> InvalidModel:
    kind = _KINDS.get(stat.S_IFMT(mode), "no regular file")
    hint = "give the file it points to" if stat.S_ISLNK(mode) else "a model consists of regular files only"
    return InvalidModel(f"{name[:200]!r} is {kind}", hint=hint)
