"""Whether the registry's branch may move from one commit to another: what a server, a push or a merge is judged by.

Additive and whole: history is only added to, what is published stays as it is, numbers are dense, aliases resolve and
their summaries are true. This room compares two commits of the branch; what was wrong before is not held against
who did not do it.
"""

from gitmodels.errors import GitModelsError
from gitmodels.git.history import History
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.registry.findings import examine_state
from gitmodels.registry.problem import Problem
from gitmodels.registry.published import examine_history
from gitmodels.registry.state import State


def judge(git: GitRepository, old: str | None, new: str | None) -> list[Problem]:
    """What speaks against moving the branch from ``old`` (None: there is none yet) to ``new`` (None: it is to go).

    Empty when nothing does. What cannot be read speaks against it.
    """
    if new is None:
        return [Problem("history-rewritten", str(old)[:10], "the branch would be deleted, and with it every record")]
    try:
        if old is not None and not History(git).is_ancestor(old, new):
            words = (
                f"the branch would go from {old[:10]} to {new[:10]}, which does not lead to it: history would be lost"
            )
            return [Problem("history-rewritten", new[:10], words)]
        state = _state(git, new)
        state.check_format(writing=False)
        before = _state(git, old) if old is not None else None
        known = {(each.kind, each.where) for each in examine_state(before, None)} if before is not None else set()
        found = [each for each in examine_state(state, None) if (each.kind, each.where) not in known]
        found += examine_history(git, state, since=old)
    except GitModelsError as error:
        return [Problem("record-damaged", new[:10], error.message)]
    return [each for each in found if not each.is_note]


def _state(git: GitRepository, commit: str) -> State:
    return State(TreeView(git.objects, commit=commit), commit)
