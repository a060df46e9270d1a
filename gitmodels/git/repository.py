"""One git repository: where it is, who the user is, what code is checked out, and the queue of its writers.

This room opens every kind of repository (bare, linked work tree, submodule, separate git folder, hook) alike. It
knows no registry, reads no environment itself and never changes HEAD, the index or a work tree.
"""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels.errors import Conflict, Invalid
from gitmodels.git import discovery
from gitmodels.git.config import Config
from gitmodels.git.object_files import ObjectFiles
from gitmodels.git.objects import ObjectReader
from gitmodels.git.raw import SHA1, Identity, ObjectFormat

if TYPE_CHECKING:
    import pygit2

    from gitmodels.git.code_state import CodeState
    from gitmodels.git.queue import Queue

DEFAULT_TIMEOUT_S = 30.0
# Compiled by who writes config, not by everybody who starts.
_KEY = r"[A-Za-z][A-Za-z0-9-]*(\.[^\x00-\x1f\x7f]+)?\.[A-Za-z][A-Za-z0-9-]*"
_CONTROL = r"[\x00-\x08\x0a-\x1f\x7f]"
_NOTHING: Mapping[str, str] = {}


class GitRepository:
    """A git repository, opened by ``GitRepository.open``.

    ``git_dir`` is this work tree's git folder, ``common_dir`` the one all work trees share, ``work_tree`` None for a
    bare repository, ``own_dir`` the folder that is ours below the common one (made at the first write).
    ``is_fleeting`` says that it is soon removed, so that nothing in it need survive a crash. ``read_only`` may be set
    to words and a way out: whatever would write commits, refs or runs is refused with them.
    """

    is_fleeting = False
    # Whether this process asked for the state of any code.
    _asked_for_code = False

    def __init__(self, place: discovery.Place, environ: Mapping[str, str] = _NOTHING) -> None:
        """Use ``open``."""
        self.read_only: tuple[str, str] | None = None
        self.git_dir = place.git_dir
        self.common_dir = discovery.common_dir_of(place.git_dir, environ)
        self.own_dir = self.common_dir / "gitmodels"
        self._place = place
        # Inside a pre-receive hook the pushed objects are in quarantine, found through these two only.
        beside = [environ.get("GIT_OBJECT_DIRECTORY", "")]
        beside += environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(os.pathsep)
        self._beside = [os.path.abspath(path) for path in beside if path]
        self._quarantined = bool(environ.get("GIT_QUARANTINE_PATH"))
        self._handle: pygit2.Repository | None = None
        self._config = Config(self.git_dir, self.common_dir)
        own = self._own_config()
        self.object_format: ObjectFormat = discovery.check_format(own)
        self.work_tree = self._find_work_tree(own)
        files = ObjectFiles(f"{self.common_dir}/objects", self.object_format, self._beside)
        self.objects = ObjectReader(files, lambda: self.handle, incomplete=self.incomplete)

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
        process's own. Raises RepositoryNotFound, NotSupported (reftable, a new extension) or Invalid (dubious owner).

        >>> GitRepository.open("/")
        Traceback (most recent call last):
        ...
        gitmodels.errors.RepositoryNotFound: no git repository around /
        """
        named = Path(git_dir) if git_dir is not None else None
        return cls(discovery.find(Path(path), named, environ), environ)

    @property
    def handle(self) -> "pygit2.Repository":
        """libgit2's handle, for reading only; opening the first one of a process takes its time."""
        if self._handle is None:
            from gitmodels.git import libgit2

            self._handle = libgit2.open_handle(self.git_dir, self._place.work_tree, self._beside)
        return self._handle

    def config(self, key: str) -> str | None:
        """The value of ``key`` in git's config (system, global and local together), or None."""
        return self._config.value(key)

    def config_names(self, section: str) -> list[str]:
        """The keys of ``section`` that have a value, in lower case, sorted."""
        return sorted(name for name in self._config.names() if name.startswith(f"{section}."))

    def remotes(self) -> list[str]:
        """The names of the remotes in git's config that have an address, sorted."""
        names = self.config_names("remote")
        return [name.removeprefix("remote.").removesuffix(".url") for name in names if name.endswith(".url")]

    def config_flag(self, key: str, default: bool = False) -> bool:
        """The value of ``key`` as git reads a boolean; ``default`` when it is absent or no boolean."""
        return self._config.flag(key, default)

    def unset_config(self, key: str) -> None:
        """Take ``key`` out of the repository's own config. Raises Conflict when it is not there or cannot be."""
        self._write_config(key, None)

    def set_config(self, key: str, value: str) -> None:
        """Write ``key`` into the repository's own config.

        Raises Invalid for a malformed key or a value with control characters, which git's config cannot carry
        safely; Conflict when the file is locked or cannot be written.
        """
        if not re.fullmatch(_KEY, key):
            raise Invalid(f"not a git config key: {key[:80]!r}", hint="keys look like section.name")
        if re.search(_CONTROL, value):
            raise Invalid(f"the value for {key} holds a control character")
        self._write_config(key, value)

    def _write_config(self, key: str, value: str | None) -> None:
        self.check_writable()
        from gitmodels.git import libgit2

        path = self.common_dir / "config"
        try:
            libgit2.set_config(path, key, value)
        except (OSError, ValueError, KeyError) as error:
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

    def code_state(self) -> "CodeState":
        """HEAD's commit and branch, and whether a tracked file differs from it (untracked files do not count).

        What cannot be read (a damaged index, a broken HEAD) counts as dirty: it cannot be proven clean.
        """
        # Three short questions to git cost less than loading libgit2 does; who asks again is better off with it.
        is_first = not GitRepository._asked_for_code and self._handle is None and self._config.is_listed
        GitRepository._asked_for_code = True
        if self.object_format is not SHA1 or is_first:
            from gitmodels.git import beyond_libgit2

            return beyond_libgit2.code_state(self.git_dir, self.work_tree)
        from gitmodels.git import code_state

        return code_state.read(self.handle, self.work_tree)

    @contextlib.contextmanager
    def queue(self, timeout: float = DEFAULT_TIMEOUT_S) -> Iterator[None]:
        """Be the only writer on this host for the block; a thread inside may enter again.

        Raises Locked, naming the holder, after ``timeout`` seconds; Conflict as ``check_writable``.
        """
        self.check_writable()
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
        names = [name for name in self._config.names() if name.startswith("remote.") and name.endswith(".promisor")]
        flagged = [name for name in names if self.config_flag(name)]
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

    @cached_property
    def _queue(self) -> "Queue":
        from gitmodels.git.queue import Queue

        return Queue(self.own_dir / "lock.git")

    def _own_config(self) -> Mapping[str, str | None]:
        """What the repository's own config says, once git's rules about owners and formats were kept."""
        is_own = discovery.is_own(self._place)
        own = self._config.own_values()
        if is_own and self._config.is_listed and discovery.is_plain(own):
            return own
        if discovery.check_format(own) is not SHA1:
            from gitmodels.git import beyond_libgit2

            beyond_libgit2.check(self._place, self._config, is_own)
            return own
        # What else speaks against reading it, a foreign owner or an unknown extension, libgit2 raises.
        pointer = self._place.work_tree
        if not is_own and pointer is not None and (pointer / ".git").is_file():
            from gitmodels.git import libgit2

            libgit2.open_handle(pointer, None)  # which looks at the owner of the .git file too
        self._config.ask_libgit2(self.handle)
        return own

    def _find_work_tree(self, own: Mapping[str, str | None]) -> Path | None:
        if self._handle is None:
            if self._place.work_tree is not None:
                return self._place.work_tree
            if "core.bare" in own and self.config_flag("core.bare"):
                return None
            if "core.bare" in own and self.git_dir.name == ".git" and "core.worktree" not in own:
                return self.git_dir.parent
        if self.object_format is not SHA1:
            from gitmodels.git import beyond_libgit2

            return beyond_libgit2.work_tree(self.git_dir)
        from gitmodels.git import libgit2

        return libgit2.work_tree_of(self.handle)

    def check_writable(self) -> None:
        """Raise Conflict where nothing may be written: inside a receiving hook, and where ``read_only`` says so."""
        if self._quarantined:
            raise Conflict("git forbids writing while a push is being checked", hint="write in a post-receive hook")
        if self.read_only is not None:
            message, hint = self.read_only
            raise Conflict(message, hint=hint)


def _host() -> str:
    return os.uname().nodename or "localhost"


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"
