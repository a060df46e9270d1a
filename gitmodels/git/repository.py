"""One git repository: where it is, who the user is, what code is checked out, and the queue of its writers.

This room opens every kind of repository (bare, linked work tree, submodule, separate git folder, hook) alike. It
knows no registry, reads no environment itself and never changes HEAD, the index or a work tree.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pygit2

from gitmodels.errors import Conflict, Invalid
from gitmodels.git import code_state, discovery
from gitmodels.git.code_state import CodeState
from gitmodels.git.objects import ObjectReader
from gitmodels.git.queue import DEFAULT_TIMEOUT_S, Queue
from gitmodels.git.raw import Identity, ObjectFormat

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]*(\.[^\x00-\x1f\x7f]+)?\.[A-Za-z][A-Za-z0-9-]*")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NOTHING: Mapping[str, str] = {}


class GitRepository:
    """A git repository, opened by ``GitRepository.open``.

    ``git_dir`` is this work tree's git folder, ``common_dir`` the one all work trees share, ``work_tree`` None for a
    bare repository, ``own_dir`` the folder that is ours below the common one (made at the first write).
    """

    def __init__(self, place: discovery.Place, environ: Mapping[str, str] = _NOTHING) -> None:
        """Use ``open``."""
        self.git_dir = place.git_dir
        self._place = place
        self.common_dir = discovery.common_dir_of(place.git_dir, environ)
        self.object_format: ObjectFormat = discovery.check_format(self.common_dir)
        # Inside a pre-receive hook the pushed objects are in quarantine, found through these two only.
        alternates = [environ.get("GIT_OBJECT_DIRECTORY", "")]
        alternates += environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(os.pathsep)
        self._alternates = [os.path.abspath(path) for path in alternates if path]
        self._quarantined = bool(environ.get("GIT_QUARANTINE_PATH"))
        self._handle: pygit2.Repository | None = self._open_handle()
        # libgit2 knows a folder's work tree better than we do; of a bare repository's it says what it likes.
        workdir = None if self._handle.is_bare else self._handle.workdir
        self.work_tree = Path(workdir.rstrip("/") or "/") if workdir else None
        self.own_dir = self.common_dir / "gitmodels"
        self.objects = ObjectReader(self._open_handle, incomplete=self.incomplete)
        self._queue = Queue(self.own_dir / "lock.git")

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str] = ".",
        git_dir: str | os.PathLike[str] | None = None,
        *,
        environ: Mapping[str, str] = _NOTHING,
    ) -> "GitRepository":
        """The repository around ``path``, or the one whose git folder is ``git_dir``.

        ``environ`` is the environment git gave a hook (``GIT_DIR``, ``GIT_WORK_TREE``, …); nothing is read from the
        process's own. Raises RepositoryNotFound, NotSupported (SHA-256, reftable) or Invalid (dubious ownership).

        >>> GitRepository.open("/")
        Traceback (most recent call last):
        ...
        gitmodels.errors.RepositoryNotFound: no git repository around /
        """
        named = Path(git_dir) if git_dir is not None else None
        return cls(discovery.find(Path(path), named, environ), environ)

    @property
    def handle(self) -> pygit2.Repository:
        """libgit2's handle, for reading only."""
        if self._handle is None:
            self._handle = self._open_handle()
        return self._handle

    def config(self, key: str) -> str | None:
        """The value of ``key`` in git's config (system, global and local together), or None."""
        try:
            return str(self.handle.config[key])
        except (KeyError, ValueError, pygit2.GitError):
            return None

    def config_flag(self, key: str, default: bool = False) -> bool:
        """The value of ``key`` as git reads a boolean; ``default`` when it is absent or no boolean."""
        try:
            return bool(self.handle.config.get_bool(key))
        except (KeyError, ValueError, pygit2.GitError):
            return default

    def set_config(self, key: str, value: str) -> None:
        """Write ``key`` into the repository's own config.

        Raises Invalid for a malformed key or a value with control characters, which git's config cannot carry
        safely; Conflict when the file is locked or cannot be written.
        """
        if not _KEY.fullmatch(key):
            raise Invalid(f"not a git config key: {key[:80]!r}", hint="keys look like section.name")
        if _CONTROL.search(value):
            raise Invalid(f"the value for {key} holds a control character")
        self._refuse_quarantine()
        path = self.common_dir / "config"
        try:
            pygit2.Config(str(path))[key] = value
        except (pygit2.GitError, OSError, ValueError) as error:
            raise Conflict(
                f"cannot write {path}: {error}", hint="another git may hold config.lock; try again"
            ) from None

    def identity(self, name: str | None = None, email: str | None = None) -> Identity:
        """Who acts here: what is given (``GIT_AUTHOR_NAME``, …), else git's config, else <user>@<host>. Never fails."""
        user = _user()
        return Identity.clean(
            name or self.config("user.name") or user,
            email or self.config("user.email") or f"{user}@{_host()}",
        )

    def code_state(self) -> CodeState:
        """HEAD's commit and branch, and whether a tracked file differs from it (untracked files do not count).

        What cannot be read (a damaged index, a broken HEAD) counts as dirty: it cannot be proven clean.
        """
        return code_state.read(self.handle, self.work_tree)

    @contextlib.contextmanager
    def queue(self, timeout: float = DEFAULT_TIMEOUT_S) -> Iterator[None]:
        """Be the only writer on this host for the block; a thread inside may enter again.

        Raises Locked, naming the holder, after ``timeout`` seconds; Conflict inside a receiving hook's quarantine.
        """
        self._refuse_quarantine()
        with self._queue.wait(timeout):
            yield

    def incomplete(self) -> str:
        """Why objects may be absent by right: ``"a partial clone"``, ``"a shallow clone"``, or ``""``."""
        if self.promisor() is not None:
            return "a partial clone"
        return "a shallow clone" if (self.common_dir / "shallow").is_file() else ""

    def promisor(self) -> str | None:
        """The remote that promised the objects a partial clone lacks, or None for a full clone."""
        named = self.config("extensions.partialclone")
        if named:
            return named
        try:
            entries = [entry.name for entry in self.handle.config if entry.name.endswith(".promisor")]
        except pygit2.GitError:
            return None
        flagged = [name for name in entries if name.startswith("remote.") and self.config_flag(name)]
        return flagged[0][len("remote.") : -len(".promisor")] if flagged else None

    def checked_out(self, ref: str) -> Path | None:
        """The git folder of a work tree whose HEAD is ``ref``, or None. A bare repository's own HEAD does not count."""
        line = b"ref: " + ref.encode("utf-8", "surrogateescape")
        candidates = [] if self.config_flag("core.bare") else [self.common_dir]
        with contextlib.suppress(OSError):
            candidates += [Path(entry.path) for entry in os.scandir(self.common_dir / "worktrees")]
        for folder in candidates:
            with contextlib.suppress(OSError), open(folder / "HEAD", "rb") as stream:
                if stream.read(4096).strip() == line:
                    return folder
        return None

    def _open_handle(self) -> pygit2.Repository:
        handle = discovery.open_handle(self._place)
        for path in self._alternates:
            with contextlib.suppress(pygit2.GitError, KeyError, OSError):
                handle.odb.add_disk_alternate(path)
        return handle

    def _refuse_quarantine(self) -> None:
        if self._quarantined:
            raise Conflict("git forbids writing while a push is being checked", hint="write in a post-receive hook")


def _host() -> str:
    import socket

    return socket.gethostname() or "localhost"


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"
