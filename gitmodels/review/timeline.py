"""Where an alias stood, when, and by whose hand: its moves as the branch's own line of commits tells them.

This room reads history and records. A pull request counts once, when it was merged; dates are those of the commits.
"""

from collections.abc import Iterator

from gitmodels.git.history import Commit, History
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.registry import layout
from gitmodels.registry.records import NOWHERE, AliasRecord, Target
from gitmodels.registry.state import DAMAGE, State
from gitmodels.values import frozen


@frozen
class Stand:
    """One move: the commit that made it, when (ms), from where to where, and until when it stood (None: it still does).

    ``record`` is the alias file after it; None where that cannot be read.
    """

    commit: Commit
    when: int
    before: Target
    after: Target
    record: AliasRecord | None
    until: int | None


def stands(git: GitRepository, state: State, name: str, alias: str) -> Iterator[Stand]:
    """The moves of an alias up to ``state``, newest first."""
    if state.commit is None:
        return
    until: int | None = None
    for commit, when in History(git).line(state.commit, path=layout.alias_file(name, alias)):
        record = record_at(git, commit.oid, name, alias)
        former = record_at(git, commit.parents[0], name, alias) if commit.parents else None
        before, after = (NOWHERE if each is None else each.target for each in (former, record))
        # Another reason or summary for the same target is no move.
        if before != after:
            yield Stand(commit, when, before, after, record, until)
            until = when


def record_at(git: GitRepository, commit: str, name: str, alias: str) -> AliasRecord | None:
    """The alias file as ``commit`` has it; None where there is none, or none that can be read."""
    try:
        return state_at(git, commit).alias(name, alias)
    except DAMAGE:
        return None


def state_at(git: GitRepository, commit: str) -> State:
    """The registry as ``commit`` has it."""
    return State(TreeView(git.objects, commit=commit), commit)
