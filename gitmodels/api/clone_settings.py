"""What git itself is told in a clone that has a registry: how its files are merged, and how a diff shows them.

Both are settings of this one clone and comfort only: nothing is written into a tree, and nothing depends on them. This
room puts the two together for whoever makes a registry or a clone of one.
"""

from gitmodels.api import local_merging
from gitmodels.git import diff_driver
from gitmodels.repo import Repo


def install(repo: Repo) -> None:
    """Tell git, where nobody told it otherwise. Never raises."""
    local_merging.install(repo)
    diff_driver.install(repo.git)
