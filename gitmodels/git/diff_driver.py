"""Our driver for ``git diff``: the two settings by which git shows records as text that a person reads.

This room knows git's config and ``info/attributes``, which belong to one clone: nothing is written into a tree. What
the text says is known above.
"""

import contextlib
from pathlib import Path

from gitmodels.errors import GitModelsError
from gitmodels.git import attributes
from gitmodels.git.repository import GitRepository

KEY = "diff.gitmodels.textconv"
# git gives up on a diff whose converter fails: where gitmodels is gone, files are shown as they are.
COMMAND = 'f() { git models textconv "$1" 2>/dev/null || cat "$1"; }; f'
ATTRIBUTES = ("models/*/*/aliases/*.yaml diff=gitmodels", "MLmodel diff=gitmodels")
_MAX_FILE = 1 << 20


def install(repo: GitRepository) -> bool:
    """Let ``git diff`` ask us, in this clone; whether anything was written.

    A driver or attribute that somebody set for these files stays. Never raises: a diff is no reason to fail.
    """
    if repo.config(KEY) is not None:
        return False
    with contextlib.suppress(GitModelsError, OSError):
        taken = _with_diff(repo.common_dir / "info" / "attributes")
        attributes.ensure(repo, [line for line in ATTRIBUTES if line.split()[0] not in taken])
        repo.set_config(KEY, COMMAND)
        return True
    return False


def _with_diff(path: Path) -> set[str]:
    """The patterns that have a driver for diffs already."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            lines = [line.split() for line in stream.read(_MAX_FILE).splitlines()]
    except FileNotFoundError:
        return set()
    return {words[0] for words in lines if any(word.startswith("diff=") for word in words[1:])}
