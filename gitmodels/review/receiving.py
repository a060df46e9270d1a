"""What a server says of a push to the registry's branch: each step shows its review, and the end keeps the policy.

The policy is that of what the server has, step by step. This is the level that no clone gets around; whoever owns the
server still does. This room judges; the hook that asks it is elsewhere.
"""

from collections.abc import Iterator

from gitmodels.errors import GitModelsError
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.registry import layout
from gitmodels.registry.state import State
from gitmodels.review import moves as moving
from gitmodels.review.approving import authors
from gitmodels.review.audit import steps
from gitmodels.review.checks import policies
from gitmodels.review.checks.answers import Answer
from gitmodels.review.code_branches import on_branch
from gitmodels.review.gathering import Gatherer, Sources
from gitmodels.review.policy import reading
from gitmodels.review.policy.decisions import Outcome
from gitmodels.review.policy.rules import Policy
from gitmodels.review.signed_changes import signed_by

_SPEAKING_AGAINST = (Outcome.VIOLATED, Outcome.UNKNOWN)


def refusals(git: GitRepository, old: str, new: str, now: int) -> Iterator[str]:
    """One line for each thing that speaks against moving the branch from ``old`` to ``new``; ``now`` is in ms."""
    before, after = (State(TreeView(git.objects, commit=each), each) for each in (old, new))
    if before.tree.oid(layout.POLICY_FILE) is None:
        return
    for event in steps(git, new, until=old):
        if event.flagged:
            yield f"{event.subject}: {event.text}"
    try:
        policy = reading.read(before.tree.read(layout.POLICY_FILE))
    except GitModelsError as error:
        yield error.message
        return
    sources = Sources(
        now,
        lambda commit, branch: on_branch(git, commit, branch),
        signed_by(before, after, now),
        authors(git, old, new),
    )
    gatherer = Gatherer(git, before, after, sources)
    for answer in _answers(policy, gatherer, before, after):
        if answer.outcome in _SPEAKING_AGAINST and answer.part != "approvals":
            rule = f"rule '{answer.rule}': {answer.part}: " if answer.rule else ""
            yield f"{answer.subject}: {rule}{answer.text}"


def _answers(policy: Policy, gatherer: Gatherer, before: State, after: State) -> Iterator[Answer]:
    for move in moving.moves(before, after):
        yield from policies.judge_move(policy, gatherer, move)
    for name, number in moving.registered(before, after):
        yield from policies.judge_version(policy, gatherer, name, number)
