"""Hooks of a repository as files: ours are put beside what is there, and taken away without a trace.

This room knows where git looks for hooks (``core.hooksPath`` first) and the two lines that one of ours has. A hook
that was there keeps its work: it moves to ``<name>.before-gitmodels`` and is run first; when it refuses, so does the
hook. What hooks do is known above.
"""

import os
import stat
from pathlib import Path

from gitmodels.errors import Conflict
from gitmodels.git import durable
from gitmodels.git.repository import GitRepository

_BEFORE = ".before-gitmodels"


def folder(repo: GitRepository) -> Path:
    """Where git looks for the hooks of ``repo``."""
    configured = repo.config("core.hooksPath")
    if configured is None:
        return repo.common_dir / "hooks"
    # A relative path counts from where hooks run.
    return (repo.work_tree or repo.common_dir) / Path(configured).expanduser()


def text(name: str) -> str:
    """The whole of our hook ``name``.

    >>> print(text("pre-push").splitlines()[-1])
    exec git models hook pre-push "$@"
    """
    return f'#!/bin/sh\nexec git models hook {name} "$@"\n'


def is_ours(path: Path) -> bool:
    """Whether the file at ``path`` is a hook that ``install`` wrote."""
    try:
        return path.read_text("utf-8", "replace") == text(path.name)
    except OSError:
        return False


def before(repo: GitRepository, name: str) -> Path | None:
    """The hook that was there before ours, to be run first; None where there was none."""
    path = folder(repo) / f"{name}{_BEFORE}"
    return path if path.is_file() and os.access(path, os.X_OK) else None


def install(repo: GitRepository, name: str) -> str:
    """Put our hook ``name`` in place; ``installed``, ``chained`` behind one that is there, or ``there`` already.

    Raises Conflict when the folder cannot be written, or two hooks are there already.
    """
    path = folder(repo) / name
    if is_ours(path):
        return "there"
    aside = path.with_name(f"{name}{_BEFORE}")
    with durable.storage_errors(f"write {path}"):
        path.parent.mkdir(parents=True, exist_ok=True)
        chained = os.path.lexists(path)
        if chained:
            if os.path.lexists(aside):
                raise Conflict(
                    f"{path} and {aside.name} are both there, and neither is ours", hint="remove one of them"
                )
            os.rename(path, aside)
        fresh = path.with_name(f".{name}.gitmodels-new")
        fresh.write_text(text(name), "utf-8")
        fresh.chmod(stat.S_IMODE(fresh.stat().st_mode) | 0o111)
        os.rename(fresh, path)
    return "chained" if chained else "installed"


def uninstall(repo: GitRepository, name: str) -> str:
    """Take our hook ``name`` away: ``removed``, ``restored`` the one that was there before, or ``absent``.

    A hook that is not ours stays. Raises Conflict when the folder cannot be written.
    """
    path = folder(repo) / name
    if not is_ours(path):
        return "absent"
    aside = path.with_name(f"{name}{_BEFORE}")
    with durable.storage_errors(f"remove {path}"):
        if os.path.lexists(aside):
            os.replace(aside, path)
            return "restored"
        os.unlink(path)
    return "removed"
