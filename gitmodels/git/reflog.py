"""A line in git's reflog for every move of a branch, when the repository wants reflogs, as git itself would write it.

This room knows the reflog's format and when one is kept; moving the ref is not its business.
"""

import contextlib
import os
from pathlib import Path

from gitmodels.git import durable
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository

_KEPT_BY_DEFAULT = ("refs/heads/", "refs/remotes/", "refs/notes/")


def append(repo: GitRepository, ref: str, move: tuple[str | None, str], log: tuple[Identity, int, str]) -> None:
    """Note that ``ref`` goes from ``move[0]`` to ``move[1]``; ``log`` is who, when (s since the epoch) and why."""
    path = f"{repo.common_dir}/logs/{ref}"
    if not _wanted(repo, ref) and not os.path.isfile(path):
        return
    identity, when_s, message = log
    zero = "0" * (repo.object_format.size * 2)
    text = " ".join(message.split())
    line = f"{move[0] or zero} {move[1]} {identity.stamp(when_s)}\t{text}\n".encode("utf-8", "replace")
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, 0o666)
    except (FileNotFoundError, IsADirectoryError):
        _make_room(Path(path))
        fd = os.open(path, flags, 0o666)
    try:
        # One write, as git does; not synced, as git does: the log is a safety net, the ref is the truth.
        durable.write_all(fd, line)
    finally:
        os.close(fd)


def remove(repo: GitRepository, ref: str) -> None:
    """Drop the reflog of a deleted ref."""
    with contextlib.suppress(OSError):
        os.unlink(repo.common_dir / "logs" / ref)


def _wanted(repo: GitRepository, ref: str) -> bool:
    value = repo.config("core.logallrefupdates")
    if value is None:
        return repo.work_tree is not None and ref.startswith(_KEPT_BY_DEFAULT)
    if value.lower() == "always":
        return True
    return repo.config_flag("core.logallrefupdates") and ref.startswith(_KEPT_BY_DEFAULT)


def _make_room(path: Path) -> None:
    # Empty folders stay where deleted refs had their logs.
    if path.is_dir():
        for inner, _, _ in os.walk(path, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(inner)
    path.parent.mkdir(parents=True, exist_ok=True)
