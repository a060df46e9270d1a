"""``check``: everything that speaks for or against a change of the registry, put together once.

A proposal is three states: the commit it goes to (``base``), the commit it started from, and what would be after. The
policy is that of ``base``, never the proposal's own. This room asks the checks in their order and knows no command.
"""

from collections.abc import Callable, Iterator

from gitmodels.digest import Digest
from gitmodels.errors import GitModelsError, NotEvaluated
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.state import State
from gitmodels.review import moves as moving
from gitmodels.review.approving import authors
from gitmodels.review.checks import branch, examples, objects, policies, versions
from gitmodels.review.checks.answers import CHECKS, Answer, worst
from gitmodels.review.checks.examples import Read
from gitmodels.review.checks.objects import Lacking
from gitmodels.review.gathering import Gatherer, Sources
from gitmodels.review.moves import Move
from gitmodels.review.policy import reading
from gitmodels.review.policy.decisions import Outcome
from gitmodels.review.policy.facts import Approval
from gitmodels.review.policy.rules import NO_POLICY, Policy
from gitmodels.review.registries import brought
from gitmodels.review.verdicts import Finding
from gitmodels.values import frozen


@frozen
class Proposal:
    """What is to be judged. ``start`` is None when the proposal does not share a history with ``base``.

    ``head`` is the commit that is proposed, None for what is staged; ``conflicts`` are paths that git cannot merge.
    """

    base: State
    start: State | None
    after: State
    head: str | None = None
    conflicts: tuple[str, ...] = ()


@frozen
class Outside:
    """What is known outside the registry's branch; ``when`` is now, in ms. See ``gathering.Sources``."""

    when: int
    lacking: Lacking
    read: Read
    on_branch: Callable[[str, str], bool | None]
    approvals: Callable[[Move | None], tuple[Approval, ...] | None]


@frozen
class Seen:
    """A move as a report shows it: whether a rule protects the alias, and what differs between the two versions."""

    move: Move
    protected: bool
    findings: tuple[Finding, ...] = ()


@frozen
class Checked:
    """What came of it: the commits, the moves and new versions (name, number, content), and every answer."""

    base: str | None
    head: str | None
    moves: tuple[Seen, ...] = ()
    versions: tuple[tuple[str, int, Digest], ...] = ()
    answers: tuple[Answer, ...] = ()
    policy: bool = False

    @property
    def outcome(self) -> Outcome:
        """The outcome of all answers together."""
        return worst(self.answers)

    def of(self, check: str) -> tuple[Answer, ...]:
        """The answers of one check."""
        return tuple(each for each in self.answers if each.check == check)


def check(git: GitRepository, proposal: Proposal, outside: Outside) -> Checked:
    """Judge ``proposal``. What cannot be evaluated is an answer, never silence; nothing is written."""
    return _Check(git, proposal, outside).run()


class _Check:
    def __init__(self, git: GitRepository, proposal: Proposal, outside: Outside) -> None:
        self._git = git
        self._proposal = proposal
        self._outside = outside
        self._start = proposal.start or proposal.base
        # Where nothing was before, nothing moved: everything is looked at, and the policy is not asked.
        self._whole = self._start.commit is None
        self._moves = [] if self._whole else list(moving.moves(self._start, proposal.after))
        self._versions = list(moving.registered(self._start, proposal.after))

    def run(self) -> Checked:
        policy, broken = self._policy()
        sources = Sources(self._outside.when, self._outside.on_branch, self._outside.approvals, authors=self._authors())
        gatherer = Gatherer(self._git, self._proposal.base, self._proposal.after, sources)
        answers = [*self._structure(), *self._contents(), *broken, *self._policies(policy, gatherer)]
        return Checked(
            base=self._proposal.base.commit,
            head=self._proposal.head,
            moves=tuple(self._seen(policy, move) for move in self._moves),
            versions=tuple(self._named()),
            answers=tuple(_complete(answers, self._counted())),
            policy=policy.given,
        )

    def _policy(self) -> tuple[Policy, list[Answer]]:
        try:
            return reading.read(self._proposal.base.tree.read(layout.POLICY_FILE)), []
        except GitModelsError as error:
            return NO_POLICY, [Answer("policy", layout.POLICY_FILE, Outcome.UNKNOWN, error.message)]

    def _structure(self) -> Iterator[Answer]:
        for path in self._proposal.conflicts:
            text = "both sides changed it: put the proposal on the newest state (git models pull), then decide"
            yield Answer("merge", path, Outcome.VIOLATED, text)
        if self._proposal.start is None:
            text = "has no commit in common with the branch it goes to: history would be lost"
            yield Answer("history", str(self._proposal.head)[:10], Outcome.VIOLATED, text)
            return
        yield from branch.judge(self._git, None if self._whole else self._proposal.start, self._proposal.after)
        yield from branch.judge_moves(self._moves, self._proposal.base)

    def _contents(self) -> Iterator[Answer]:
        for name, number in self._versions:
            after = self._proposal.after
            yield from versions.judge(after, name, number)
            yield from examples.judge(after, name, number, self._outside.read)
            yield from objects.judge(after, name, number, self._outside.lacking)

    def _policies(self, policy: Policy, gatherer: Gatherer) -> Iterator[Answer]:
        if self._whole:
            return
        for move in self._moves:
            yield from policies.judge_move(policy, gatherer, move)
        for name, number in self._versions:
            yield from policies.judge_version(policy, gatherer, name, number)
        yield from policies.judge_policy(policy, gatherer, self._start, self._proposal.after)

    def _authors(self) -> frozenset[str]:
        """The addresses of everybody who wrote a commit of the proposal, but for commits that only approve it."""
        head, start = self._proposal.head, self._start.commit
        if head is None or start is None:
            return frozenset({self._git.identity().email})
        return authors(self._git, start, head)

    def _seen(self, policy: Policy, move: Move) -> Seen:
        found = brought(self._start, self._proposal.after, move, directions=policy.directions(move.model))
        findings = tuple(finding for comparison in found for finding in comparison.findings)
        return Seen(move, policy.is_protected(move.model, move.alias), findings)

    def _named(self) -> Iterator[tuple[str, int, Digest]]:
        for name, number in self._versions:
            try:
                record = self._proposal.after.version_record(name, number)
            except GitModelsError:
                continue
            if record is not None:
                yield name, number, record.manifest

    def _counted(self) -> str:
        return f"{_count(len(self._moves), 'move')}, {_count(len(self._versions), 'new version')}"


def _complete(answers: list[Answer], counted: str) -> Iterator[Answer]:
    """The answers by check; a check that found nothing says so, so that its silence is not taken for absence."""
    for name, asks in CHECKS.items():
        found = [each for each in answers if each.check == name]
        text = f"{asks}: {counted}" if name == "policy" else asks
        yield from found or [Answer(name, "", Outcome.PASSED, text)]


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def raise_for(checked: Checked) -> None:
    """Raise what the exit code tells: CheckFailed when a check is violated, NotEvaluated when one could not be."""
    from gitmodels.errors import CheckFailed

    outcome = checked.outcome
    violated = sum(each.outcome is Outcome.VIOLATED for each in checked.answers)
    unknown = sum(each.outcome is Outcome.UNKNOWN for each in checked.answers)
    if outcome is Outcome.VIOLATED:
        raise CheckFailed(f"{_count(violated, 'check')} violated", hint="git models check --report md says all of it")
    if outcome is Outcome.UNKNOWN:
        raise NotEvaluated(
            f"{_count(unknown, 'check')} could not be evaluated", hint="what was not evaluated has not passed"
        )
