"""Whether the registry's branch may move from one commit to another: what a server, a push or a merge is judged by.

Additive and whole: history is only added to, what is published stays as it is, numbers are dense, aliases resolve and
their summaries are true. This room compares two commits of the branch; what was wrong before is not held against
who did not do it.
"""

from collections.abc import Iterable

from gitmodels.errors import GitModelsError
from gitmodels.git.history import History
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.registry.findings import examine_state
from gitmodels.registry.news import changed_folders
from gitmodels.registry.problem import Problem
from gitmodels.registry.published import examine_history, rewritten, strayed
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
        after = _state(git, new)
        return judge_states(git, _state(git, old) if old is not None else None, after)
    except GitModelsError as error:
        return [Problem("record-damaged", new[:10], error.message)]


def judge_states(git: GitRepository, before: State | None, after: State) -> list[Problem]:
    """What speaks against ``after`` in the place of ``before``, which it stands on or was merged with.

    Only models that differ are looked at, and what was wrong in ``before`` already is left out. Raises what reading
    ``gitmodels.yaml`` raises.
    """
    after.check_format(writing=False)
    if before is None:
        found = [*examine_state(after, None), *examine_history(git, after)]
        return _problems(found, set())
    changed = set(changed_folders(before, after))
    known = {(each.kind, each.where) for each in examine_state(before, None, changed)}
    found = [*examine_state(after, None, changed), *rewritten(before, after), *strayed(before, after)]
    if after.commit is not None:
        found += examine_history(git, after, since=before.commit)
    return _problems(found, known)


def _problems(found: Iterable[Problem], known: set[tuple[str, str]]) -> list[Problem]:
    """Each once, no notes, none that is known."""
    told: dict[tuple[str, str], Problem] = {}
    for each in found:
        if not each.is_note and (each.kind, each.where) not in known:
            told.setdefault((each.kind, each.where), each)
    return list(told.values())


def _state(git: GitRepository, commit: str) -> State:
    return State(TreeView(git.objects, commit=commit), commit)
