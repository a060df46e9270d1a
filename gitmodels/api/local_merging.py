"""Comfort for who merges the registry's branch with git itself: a merge driver in this clone's own config.

It is never read from the tree, where it would be a program of somebody else's choosing; nothing depends on it, and
hosts run none. This room knows git's config and the driver's command line; how files are merged it does not.
"""

import contextlib

from gitmodels.errors import GitModelsError
from gitmodels.git import attributes
from gitmodels.registry.merging import PATTERNS
from gitmodels.repo import Repo

NAME = "gitmodels"
# Merged, or a conflict that is told; a driver that is gone, too old or broken leaves it to git's own merge of lines.
DRIVER = (
    "git models merge-driver %O %A %B %P; case $? in 0) exit 0;; 5) exit 1;; esac; "
    "exec git merge-file -L ours -L base -L theirs %A %O %B"
)


def install(repo: Repo) -> None:
    """Let git ask us how files of the registry are merged in this clone; what somebody set himself stays.

    Where nothing can be written, nothing is: it is comfort only.
    """
    if repo.git.work_tree is None:
        return
    with contextlib.suppress(GitModelsError):
        if repo.git.config(f"merge.{NAME}.driver") is None:
            repo.git.set_config(f"merge.{NAME}.name", "files of a gitmodels registry")
            repo.git.set_config(f"merge.{NAME}.driver", DRIVER)
        attributes.ensure(repo.git, [f"{path} merge={NAME}" for path in PATTERNS])
