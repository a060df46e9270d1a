"""The history of a registry read as an auditor reads it: every protected move with what shows that it was reviewed.

The line of first parents is walked from the tip: what stood before each commit gives the policy that it had to keep.
A review shows in signatures, in a merge, or in that somebody else committed what its author wrote; the last two are
what hosts leave behind, and whoever may write to the branch can imitate them. This room writes nothing.
"""

from collections.abc import Callable, Iterator

from gitmodels.errors import GitModelsError, ObjectNotFound
from gitmodels.git import raw
from gitmodels.git.history import Commit, History, parse
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.registry import layout
from gitmodels.registry.findings import examine_state
from gitmodels.registry.published import examine_history
from gitmodels.registry.state import State
from gitmodels.review import moves as moving
from gitmodels.review.approving import authors, only_approves
from gitmodels.review.gathering import Gatherer, Sources
from gitmodels.review.moves import Move
from gitmodels.review.policy import agreement, judging, reading
from gitmodels.review.policy.decisions import Decision, Outcome
from gitmodels.review.policy.facts import Approval, Facts
from gitmodels.review.policy.rules import Policy
from gitmodels.review.signed_changes import signed_by
from gitmodels.values import frozen

# From two states and a time (ms) to who validly signed a move (None: a change of the policy); None for what is unknown.
Approvals = Callable[[State, State, int], Callable[[Move | None], tuple[Approval, ...] | None]]


@frozen
class Event:
    """One thing an auditor is told. ``kind`` is move, policy or problem; ``when`` ms since 1970, as the commit says.

    ``review`` says what shows a review (signed, merged, committed, rollback), or none; ``protected`` whether the
    policy of that day asked for one; ``flagged`` whether something is not as it should be.
    """

    kind: str
    subject: str
    text: str
    commit: str = ""
    when: int = 0
    author: str = ""
    protected: bool = False
    review: str = ""
    flagged: bool = False


def audit(git: GitRepository, state: State, approvals: Approvals | None = None) -> Iterator[Event]:
    """Every event, newest first; problems of the registry as it stands, and of its history, come before them."""
    for problem in [*examine_state(state, None), *examine_history(git, state)]:
        if not problem.is_note:
            yield Event("problem", problem.where, f"{problem.kind}: {problem.detail}", flagged=True)
    if state.commit is not None:
        yield from steps(git, state.commit, approvals)


def steps(
    git: GitRepository, tip: str, approvals: Approvals | None = None, *, until: str | None = None
) -> Iterator[Event]:
    """The events of each commit on the line of first parents from ``tip`` to before ``until``, newest first.

    Where ``until`` came in by a merge, what the line has above it is told, not what lies below. Approvals are looked
    for at the tip: some come after the move, as those of a rollback do, and those of a proposal that was rebased.
    """
    newest = _state(git, tip)
    approvals = approvals or (lambda before, after, when: signed_by(before, after, when, tip=newest))
    commit: str | None = tip
    fresh = None if until is None else set(History(git).ahead(tip, until))
    while commit is not None and (fresh is None or commit in fresh):
        try:
            data = git.objects.read(commit, "commit")
            parents = raw.parse_commit(data).parents
            if not parents:
                return
            yield from _Step(git, parse(commit, data), data, approvals).events()
        except ObjectNotFound as error:
            yield Event("problem", commit[:10], f"older commits are not here: {error.message}", flagged=True)
            return
        except GitModelsError as error:
            yield Event("problem", commit[:10], f"cannot be read: {error.message}", commit, flagged=True)
            return
        commit = parents[0]


class _Step:
    """One commit against its first parent."""

    def __init__(self, git: GitRepository, commit: Commit, data: bytes, approvals: Approvals) -> None:
        self._git = git
        self._commit = commit
        self._raw = raw.parse_commit(data)
        self._before = _state(git, commit.parents[0])
        self._after = _state(git, commit.oid)
        self._approvals = approvals(self._before, self._after, commit.when_ms)

    def events(self) -> Iterator[Event]:
        policy, trouble = self._policy()
        if trouble:
            yield self._event("policy", layout.POLICY_FILE, f"could not be read then: {trouble}", flagged=True)
        for move in moving.moves(self._before, self._after):
            yield self._moved(policy, move)
        if self._before.tree.oid(layout.POLICY_FOLDER) != self._after.tree.oid(layout.POLICY_FOLDER):
            yield self._policy_changed(policy)

    def _policy(self) -> tuple[Policy, str]:
        try:
            return reading.read(self._before.tree.read(layout.POLICY_FILE)), ""
        except GitModelsError as error:
            return reading.read(None), error.message

    def _moved(self, policy: Policy, move: Move) -> Event:
        rules = policy.matching(move.model, move.alias)
        facts = self._facts(policy, move)
        free = move.goes_back and all(rule.free_rollback for rule in rules if rule.protected or rule.approvals)
        asked = [rule for rule in rules if rule.approvals is not None and not (rule.free_rollback and move.goes_back)]
        decisions = [
            agreement.approved(policy, rule.approvals, facts, rule.name, "approvals")
            for rule in asked
            if rule.approvals
        ]
        signed = bool(decisions) and all(each.outcome is Outcome.PASSED for each in decisions)
        protected = any(rule.protected for rule in rules)
        review = "signed" if signed else "rollback" if free and rules else self._review()
        lacking = [each for each in decisions if each.outcome is not Outcome.PASSED]
        flagged = bool(lacking) or (protected and not review)
        words = [str(move)] + [_told(each) for each in lacking]
        words += ["nothing shows a review"] if protected and not review else []
        return self._event("move", facts.subject, "; ".join(words), protected=protected, review=review, flagged=flagged)

    def _facts(self, policy: Policy, move: Move) -> Facts:
        """Who signed and who wrote: all that an audit asks of a move."""
        needs = judging.needs(policy, move.model, move.alias)
        sources = Sources(
            self._commit.when_ms,
            lambda commit, branch: None,
            self._approvals,
            self._authors(),
        )
        only = judging.Needs(approvals=needs.approvals)
        try:
            return Gatherer(self._git, self._before, self._after, sources).of_move(move, only, direct=False)
        except GitModelsError as error:
            return Facts(move.model, move.alias, None, approvals=None, unknown={"approvals": error.message})

    def _policy_changed(self, policy: Policy) -> Event:
        decisions = judging.judge_policy_change(policy, self._facts_of_policy(policy))
        lacking = [each for each in decisions if each.outcome is not Outcome.PASSED]
        review = "signed" if decisions and not lacking else self._review()
        words = ["the policy changed", *map(_told, lacking)]
        asked = policy.policy_changes is not None
        return self._event(
            "policy", layout.POLICY_FOLDER, "; ".join(words), protected=asked, review=review, flagged=bool(lacking)
        )

    def _facts_of_policy(self, policy: Policy) -> Facts:
        found: tuple[Approval, ...] | None = ()
        unknown: dict[str, str] = {}
        try:
            found = self._approvals(None) if policy.policy_changes is not None else ()
        except GitModelsError as error:
            found, unknown = None, {"approvals": error.message}
        return Facts("", None, None, authors=self._authors(), approvals=found, unknown=unknown)

    def _authors(self) -> frozenset[str]:
        """Who wrote what the commit brings: of a merge those of its other side, not who merged."""
        first, *others = self._commit.parents
        found = {author for other in others for author in authors(self._git, first, other)}
        if not others and not only_approves(self._git, self._commit):
            found.add(self._commit.author_email)
        return frozenset(found)

    def _review(self) -> str:
        """What a host leaves behind where it merged what others agreed to; nothing where nothing shows it."""
        if len(self._commit.parents) > 1:
            return "merged"
        author, committer = (line.rpartition(b"> ")[0] for line in (self._raw.author, self._raw.committer))
        return "" if author == committer else "committed"

    def _event(self, kind: str, subject: str, text: str, **more: object) -> Event:
        commit = self._commit
        return Event(kind, subject, text, commit.oid, commit.when_ms, commit.author_name, **more)  # type: ignore[arg-type]


def _told(decision: Decision) -> str:
    return f"rule '{decision.rule}': {decision.text}"


def _state(git: GitRepository, commit: str) -> State:
    return State(TreeView(git.objects, commit=commit), commit)
