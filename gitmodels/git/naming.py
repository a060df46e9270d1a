"""From what people call a commit (a branch, a tag, an abbreviated id) to its id. git itself is asked."""

from gitmodels.errors import NotFound
from gitmodels.git import program
from gitmodels.git.repository import GitRepository


def commit_named(git: GitRepository, name: str) -> str:
    """The id of the commit that ``name`` means. Raises NotFound."""
    arguments = ["rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}"]
    found = program.output([f"--git-dir={git.git_dir}", *arguments]) if "\0" not in name else None
    if found is None:
        raise NotFound(f"no commit is called {name[:80]!r} here", hint="fetch it, or name another")
    return found.decode().strip()
