"""From what people write for a commit (a branch, ``HEAD~1``, a short id, a date) to its id, as git itself reads it.

This room asks git; full ids and refs are known without it.
"""

from gitmodels.errors import Invalid, NotFound
from gitmodels.git import program
from gitmodels.git.repository import GitRepository

_MAX = 500


def commit_of(repo: GitRepository, text: str) -> str:
    """The id of the commit that ``text`` names. Raises NotFound, Invalid for what no revision can be."""
    if not text or len(text) > _MAX or "\0" in text or text.startswith("-"):
        raise Invalid(f"not a commit: {text[:80]!r}")
    found = program.output(
        [f"--git-dir={repo.common_dir}", "rev-parse", "-q", "--verify", "--end-of-options", f"{text}^{{commit}}"]
    )
    if not found:
        raise NotFound(f"no commit is called {text[:80]!r} here", hint="git fetch, or name it in full")
    return found.decode("ascii", "replace").strip()
