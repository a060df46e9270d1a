"""The branch brought up to what a remote has published: fast-forward, or a replay aside and one swap of the ref.

This room reads commits that are here already; it fetches and pushes nothing. Whatever goes wrong before the swap
leaves branch and refs as they were.
"""

import contextlib
from typing import Any

from gitmodels.errors import Conflict, GitModelsError
from gitmodels.git.fork import Fork, fork, stands_on
from gitmodels.git.history import Commit, History
from gitmodels.git.pending import Pending
from gitmodels.git.raw import Identity
from gitmodels.registry.changes.change import At, Change
from gitmodels.registry.operations.asked import Wishes, moment
from gitmodels.registry.operations.operation import Operation, mentioned
from gitmodels.registry.registry import Registry
from gitmodels.registry.replay import Parted, Replayed, replay
from gitmodels.registry.state import State
from gitmodels.values import frozen

_NO_WISHES = Wishes()


@frozen
class Brought:
    """The branch's tip ``before`` and ``after``, and the replay, where one was needed."""

    before: str | None
    after: str
    replayed: Replayed | None = None


def unpublished(registry: Registry, tip: str, theirs: str, *gone: str) -> Fork:
    """The commits of the branch that neither ``theirs`` nor what was ``gone`` stand on. Raises Conflict."""
    return fork(registry.git, tip, theirs, *gone)


def catch_up(
    registry: Registry, theirs: str, wishes: Wishes = _NO_WISHES, *, gone: tuple[str, ...] = (), dry: bool = False
) -> Brought:
    """Put what is unpublished on top of the published commit ``theirs``, in the writers' queue.

    ``gone`` are commits that were published once and were taken back by who rewrote the remote: they are left behind.
    With ``dry`` nothing is written. Raises Conflict where both sides did what cannot both be, or the branch has
    commits that are no operations; then nothing happened.
    """
    with registry.git.queue():
        tip = registry.branch.tip()
        if tip is None:
            if not dry:
                registry.mirror()
            return Brought(None, theirs)
        if stands_on(registry.git, tip, theirs):
            return Brought(tip, tip)  # also where somebody merged by hand
        found = unpublished(registry, tip, theirs, *gone)
        if found.base == theirs:
            return Brought(tip, tip)
        if not found.above:
            if not dry:
                registry.branch.refs.update(registry.branch.ref, theirs, tip, log=_log(registry, "Fast-forward"))
                registry.mirror()
            return Brought(tip, theirs)
        return _replayed(registry, found, theirs, wishes, dry)


def _replayed(registry: Registry, found: Fork, theirs: str, wishes: Wishes, dry: bool) -> Brought:
    history = History(registry.git)
    tip = found.above[-1]
    registry.state_of(theirs).check_format(writing=True)
    operations = tuple(_operation(history.read(oid)) for oid in found.above)
    news = [history.read(oid).message for oid in history.ahead(theirs, tip)]
    landed = frozenset(op for message in news for op in mentioned(message))
    site = _Site(registry)
    parted = Parted(found.base, theirs, operations, landed, lambda path: _teller(history, theirs, path))
    result = replay(parted, site, wishes)
    after = str(result.state.commit)
    if not dry:
        log = _log(registry, f"{len(result.done)} operations on top of what was published")
        if after == theirs:
            registry.branch.refs.update(registry.branch.ref, theirs, tip, log=log)
        else:
            site.pending.publish(expected=tip, log=log)
        registry.mirror()
    return Brought(tip, after, result)


class _Site:
    """States of the registry, and commits that are made aside."""

    def __init__(self, registry: Registry) -> None:
        self.pending = Pending(registry.branch)
        self._registry = registry
        self._known: dict[str, State] = {}

    def state(self, commit: str) -> State:
        """The registry as ``commit`` has it."""
        # Each is asked for twice: as what an operation made, and as what the next one stood on.
        if commit not in self._known:
            if len(self._known) > 8:
                self._known.clear()
            self._known[commit] = self._registry.state_of(commit)
        return self._known[commit]

    def commit(self, on: State, change: Change[Any], at: At) -> State:
        """The state after ``change`` of ``on``, as a commit with the operation's own author and time."""
        oid = self.pending.commit(
            change.edits,
            change.message(at.op),
            parent=str(on.commit),
            author=Identity.clean(at.author, at.email),
            when_ms=at.when,
        )
        return self._registry.state_of(oid, self.pending)


def _operation(commit: Commit) -> Operation:
    found = Operation.read(commit)
    if found is None:
        subject = commit.message.partition("\n")[0][:60]
        raise Conflict(
            f"the commit {commit.oid[:10]} ({subject!r}) was not made by git models, so it cannot be put on top of "
            "what others published",
            hint="merge the remote's branch into it with git, in a work tree of its own, then git models push",
            commit=commit.oid,
        )
    return found


def _teller(history: History, theirs: str, path: str) -> str:
    with contextlib.suppress(GitModelsError):
        for commit in history.log(theirs, path=path, limit=1):
            return f" by {commit.author_name} on {moment(commit.when_ms)}"
    return ""


def _log(registry: Registry, what: str) -> tuple[Identity, int, str]:
    return registry.author, registry.clock() // 1000, f"git models pull: {what}"
