"""The policy of the commit that a change goes to, asked about every move, every new version, and about itself."""

from collections.abc import Iterator

from gitmodels.errors import GitModelsError, NotEvaluated
from gitmodels.registry import layout
from gitmodels.registry.state import State
from gitmodels.review.checks.answers import Answer, of_decision
from gitmodels.review.gathering import Gatherer
from gitmodels.review.moves import Move
from gitmodels.review.policy import fixtures, judging, reading, rules
from gitmodels.review.policy.decisions import Outcome
from gitmodels.review.policy.rules import Policy


def judge_move(policy: Policy, gatherer: Gatherer, move: Move) -> Iterator[Answer]:
    """What every rule that matches decides about a move under review."""
    subject = f"{move.model}@{move.alias}"
    needs = judging.needs(policy, move.model, move.alias)
    try:
        facts = gatherer.of_move(move, needs, direct=False)
    except GitModelsError as error:
        if policy.matching(move.model, move.alias):
            yield Answer("policy", subject, Outcome.UNKNOWN, error.message)
        return
    yield from (of_decision(each, subject) for each in judging.judge(policy, facts))


def judge_version(policy: Policy, gatherer: Gatherer, name: str, number: int) -> Iterator[Answer]:
    """What every rule for new versions decides about one."""
    subject = f"{name}/{number}"
    if not policy.matching(name, None):
        return
    try:
        facts = gatherer.of_version(name, number, judging.needs(policy, name, None), direct=False)
    except GitModelsError as error:
        yield Answer("policy", subject, Outcome.UNKNOWN, error.message)
        return
    yield from (of_decision(each, subject) for each in judging.judge(policy, facts))


def judge_policy(policy: Policy, gatherer: Gatherer, before: State, after: State) -> Iterator[Answer]:
    """A change of anything under ``policy/``: judged by what stood there before, and readable afterwards."""
    if before.tree.oid(layout.POLICY_FOLDER) == after.tree.oid(layout.POLICY_FOLDER):
        return
    subject = layout.POLICY_FOLDER
    decisions = judging.judge_policy_change(policy, gatherer.of_policy())
    if decisions:
        yield from (of_decision(each, subject) for each in decisions)
    else:
        text = "changes here; everything else was judged by the policy before the change"
        yield Answer("policy", subject, Outcome.WARNED, text)
    if policy.given and after.tree.oid(layout.POLICY_FILE) is None:
        yield Answer("policy", layout.POLICY_FILE, Outcome.WARNED, "would be removed: nothing would be asked any more")
    yield from _tried(after)


def _tried(after: State) -> Iterator[Answer]:
    """Whether the policy that would hold can be read, and its tests hold."""
    try:
        policy = reading.read(after.tree.read(layout.POLICY_FILE))
        for tried in run_tests(policy, after):
            if not tried.holds:
                text = f"the policy's test {tried.fixture.name!r} fails"
                yield Answer("policy", rules.TESTS_FOLDER, Outcome.VIOLATED, text)
    except NotEvaluated as error:
        yield Answer("policy", layout.POLICY_FILE, Outcome.VIOLATED, f"could not be read any more: {error.message}")


def run_tests(policy: Policy, state: State) -> Iterator[fixtures.Tried]:
    """Every test beside the policy, in order. Raises NotEvaluated for one that cannot be read."""
    for name in state.tree.names(rules.TESTS_FOLDER):
        path = f"{rules.TESTS_FOLDER}/{name}"
        data = state.tree.read(path) if name.endswith(".yaml") else None
        if data is not None:
            yield from (fixtures.run(policy, fixture) for fixture in fixtures.read(data, path))
