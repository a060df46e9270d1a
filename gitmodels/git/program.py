"""Asking the system's git a question: one short-lived process, what it prints as bytes.

This room knows how a process is started at the least cost and what of git's environment speaks of another repository.
It knows no command of git; what touches the network goes through ``transport``.
"""

import contextlib
import os
import signal
from collections.abc import Sequence

# ``git rev-parse --local-env-vars``, but for the configuration that ``git -c`` hands on to what it starts.
_OF_A_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
_MOST_BYTES = 16 << 20
_BLOCK = 1 << 16


def output(arguments: Sequence[str], most: int = _MOST_BYTES) -> bytes | None:
    """What ``git`` prints for ``arguments``; None when there is no git, it fails, or it prints more than ``most``.

    It gets no input, and its own words about errors are not shown.
    """
    # posix_spawn, and not the module subprocess: loading that costs more than the whole call.
    environment = clean_environment()
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", buffering=0) as stream:
        try:
            actions = [
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, writer, 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            command = ["git", *arguments]
            pid = os.posix_spawnp("git", command, environment, file_actions=actions, setsigdef=[signal.SIGPIPE])
        except (OSError, ValueError):
            return None
        finally:
            os.close(writer)
        data = bytearray()
        try:
            while len(data) <= most and (block := stream.read(_BLOCK)):
                data += block
        finally:
            stream.close()  # whoever prints still, is told by a signal that nobody reads
            code = _exit_code(pid)
    return bytes(data) if code == 0 and len(data) <= most else None


def inherited() -> dict[str, str]:
    """The environment that a git is started in when it shall see all of ours."""
    return dict(os.environ)


def clean_environment() -> dict[str, str]:
    """The environment of this process without what speaks of one repository."""
    return {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}


def _exit_code(pid: int) -> int:
    with contextlib.suppress(ChildProcessError):  # where the program that uses us ignores its children's ends
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return -1
