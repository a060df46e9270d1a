"""Whether a commit of the code is on a branch, as this repository knows the branch: its own, or a remote's."""

from gitmodels.errors import Corrupt, NotEvaluated, ObjectNotFound
from gitmodels.git.history import History
from gitmodels.git.repository import GitRepository

_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"


def on_branch(git: GitRepository, commit: str, branch: str) -> bool | None:
    """Whether ``commit`` is one of those that ``branch`` stands on; None where no such branch is known here.

    Raises NotEvaluated where the clone is too shallow to tell.
    """
    from gitmodels.git.refs import Refs

    refs = Refs(git)
    short = branch.removeprefix(_HEADS)
    names = [f"{_HEADS}{short}", *(f"{_REMOTES}{remote}/{short}" for remote in git.remotes())]
    tips = [tip for tip in map(refs.read, names if not branch.startswith(_REMOTES) else [branch]) if tip is not None]
    if not tips:
        return None
    history = History(git)
    try:
        if any(history.is_ancestor(commit, tip) for tip in dict.fromkeys(tips)):
            return True
    except (ObjectNotFound, Corrupt) as error:
        raise NotEvaluated(f"the history of {branch} cannot be read: {error.message}") from None
    if git.incomplete() == "a shallow clone":
        raise NotEvaluated(f"this clone is too shallow to tell what is on {branch}", hint="git fetch --unshallow")
    return False
