"""What code is checked out: HEAD's commit and branch, and whether tracked files differ from it.

This room reads HEAD, index and work tree and never writes them, not even the index's cached times.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels.git import program
from gitmodels.values import frozen

if TYPE_CHECKING:
    import pygit2


@frozen
class CodeState:
    """What a run was started from: the commit HEAD names, whether tracked files differ from it, the branch.

    ``commit`` is None before the first commit, ``branch`` None when HEAD is detached.
    """

    commit: str | None
    dirty: bool
    branch: str | None


def read(handle: "pygit2.Repository", work_tree: Path | None) -> CodeState:
    """The state of ``work_tree`` (None: a bare repository, never dirty); untracked files do not count.

    What cannot be read (a damaged index, a broken HEAD) counts as dirty: it cannot be proven clean.
    """
    import pygit2

    try:
        if handle.head_is_unborn:
            branch = str(handle.lookup_reference("HEAD").target).removeprefix("refs/heads/")
            return CodeState(None, _is_dirty(handle, work_tree), branch)
        head = handle.head
        name = None if handle.head_is_detached else head.shorthand
        return CodeState(str(head.target), _is_dirty(handle, work_tree), name)
    except (pygit2.GitError, KeyError, ValueError):
        return CodeState(None, True, None)


def _is_dirty(handle: "pygit2.Repository", work_tree: Path | None) -> bool:
    import pygit2

    if work_tree is None:
        return False
    try:
        changed = bool(handle.status(untracked_files="no", ignored=False))
    except (pygit2.GitError, KeyError, OSError, ValueError):
        return True
    return changed and not (_needs_git(handle) and git_says_clean(Path(handle.path), work_tree))


def _needs_git(handle: "pygit2.Repository") -> bool:
    # libgit2 takes what sparse checkout left out for deleted, and runs no filters (Git LFS): git itself knows better.
    return any(
        entry.name.startswith("filter.") or (entry.name == "core.sparsecheckout" and entry.value == "true")
        for entry in handle.config
    )


def git_says_clean(git_dir: Path, work_tree: Path) -> bool:
    """Whether git finds no tracked file that differs; False too when it cannot say."""
    command = ["--no-optional-locks", "-C", str(work_tree), f"--git-dir={git_dir}", f"--work-tree={work_tree}"]
    command += ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]
    return (
        program.output([*command, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules=none"]) == b""
    )
