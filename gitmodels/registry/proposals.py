"""Proposals: one operation as one commit on a branch of its own, to be reviewed and merged into the registry's branch.

The commit stands on what is published, so that a merge brings nothing else along; the registry's branch stays where
it is. This room knows the registry and refs; it pushes nothing and knows no host.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from gitmodels.errors import Conflict
from gitmodels.git.branch import Branch
from gitmodels.git.fork import stands_on
from gitmodels.git.history import Commit, History
from gitmodels.git.pending import Pending
from gitmodels.git.raw import Identity
from gitmodels.patterns import pattern
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.operations.operation import Operation
from gitmodels.registry.registry import Ask, Registry

Result = TypeVar("Result")

_VOLATILE = pattern(r'(?m)^Gitmodels-Op: .*$|"when": \d+')


class Proposal(Generic[Result]):
    """``commit`` on the branch ``ref``, standing on ``base``; ``made`` is whether it was not there before.

    ``result`` is what the operation answered, ``message`` the commit's. Without a commit there was nothing to do.
    """

    def __init__(self, ref: str, base: str, change: Change[Result], commit: Commit | None, made: bool) -> None:
        self.ref = ref
        self.base = base
        self.result = change.result
        self.commit = commit.oid if commit is not None else None
        self.message = commit.message if commit is not None else ""
        self.made = made


def propose(
    registry: Registry, base: str, ask: Ask[Result], ref_of: Callable[[Result], str], op: str
) -> Proposal[Result]:
    """Commit what ``ask`` answers for the state at ``base`` on the branch that ``ref_of`` calls it.

    The same proposal made again is the one that is there; one that stands on what was published before is replaced.
    Raises what ``ask`` raises, Conflict when the branch holds anything else.
    """
    with registry.git.queue():
        state = registry.state_of(base)
        state.check_format(writing=True)
        at = At(op, registry.clock(), registry.author.name, registry.author.email)
        change = ask(state, at)
        branch = Branch(registry.git, ref_of(change.result))
        if not change.edits:
            return Proposal(branch.ref, base, change, None, made=False)
        history, message = History(registry.git), change.message(op)
        there = branch.tip()
        if there is not None:
            known = history.read(there)
            if known.parents == (base,) and _same(known.message, message):
                return Proposal(branch.ref, base, change, known, made=False)
            _check_outdated(registry, branch, known, base)
        commit = _commit(registry, branch, there, base, change, at)
        return Proposal(branch.ref, base, change, history.read(commit), made=True)


def _commit(registry: Registry, branch: Branch, there: str | None, base: str, change: Change[Any], at: At) -> str:
    pending = Pending(branch)
    pending.commit(
        change.edits, change.message(at.op), parent=base, author=Identity.clean(at.author, at.email), when_ms=at.when
    )
    return pending.publish(expected=there, log=(registry.author, at.when // 1000, f"git models: {change.subject}"))


def _same(one: str, other: str) -> bool:
    """Whether two messages ask the same, whenever and under whatever id."""
    return _VOLATILE.sub("", one) == _VOLATILE.sub("", other)


def _check_outdated(registry: Registry, branch: Branch, known: Commit, base: str) -> None:
    """Raise Conflict unless the branch is one operation of ours on something that was published."""
    is_ours = Operation.read(known) is not None and stands_on(registry.git, base, known.parents[0])
    if not is_ours:
        name = branch.ref.removeprefix("refs/heads/")
        raise Conflict(
            f"the branch {name} is there already, with something else on it",
            hint=f"look at it with git log {name}; git branch -D {name} removes it",
        )
