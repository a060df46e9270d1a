"""A policy tried out: its tests run, and what it says of a version, of an alias, of a move that nobody made yet.

This room joins a Repo's registry with ``review/policy``; nothing is written.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from gitmodels.errors import FileMissing
from gitmodels.registry import layout
from gitmodels.registry.records import Target
from gitmodels.repo import Repo
from gitmodels.review.checks.policies import run_tests
from gitmodels.review.code_branches import on_branch
from gitmodels.review.gathering import Gatherer, Sources
from gitmodels.review.moves import Move
from gitmodels.review.policy import fixtures, judging, reading
from gitmodels.review.policy.decisions import Decision
from gitmodels.review.policy.facts import Facts
from gitmodels.review.policy.fixtures import Tried
from gitmodels.uris import ModelRef


def try_out(repo: Repo) -> list[Tried]:
    """The tests beside the policy of the registry. Raises NotEvaluated where one or the policy cannot be read."""
    state = repo.registry.existing_state()
    return list(run_tests(reading.read(state.tree.read(layout.POLICY_FILE)), state))


def try_folder(folder: Path) -> list[Tried]:
    """The tests in a folder that holds ``policy.yaml`` and ``tests``, as ``policy`` of the branch does.

    Raises FileMissing without a policy, NotEvaluated where one or the policy cannot be read.
    """
    path = folder / "policy.yaml"
    if not path.is_file():
        raise FileMissing(f"no policy.yaml in {str(folder)!r}", hint="name the folder that holds it")
    policy = reading.read(path.read_bytes())
    tests = sorted((folder / "tests").glob("*.yaml"))
    return [fixtures.run(policy, each) for test in tests for each in fixtures.read(test.read_bytes(), str(test))]


def explain(
    repo: Repo,
    ref: ModelRef,
    alias: str | None = None,
    *,
    clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> tuple[Facts, Sequence[Decision]]:
    """What each rule says of ``alias`` moving to ``ref`` directly, now.

    Without ``alias``: of an alias, about how it came to point there; of a version, about its being registered.
    Raises what resolving raises, NotEvaluated where the policy cannot be read.
    """
    state = repo.registry.existing_state()
    policy = reading.read(state.tree.read(layout.POLICY_FILE))
    version = state.resolve(ref)
    sources = Sources(clock(), lambda commit, branch: on_branch(repo.git, commit, branch))
    gatherer = Gatherer(repo.git, state, state, sources)
    name = alias or ref.alias
    if name is None:
        needs = judging.needs(policy, version.name, None)
        facts = gatherer.of_version(version.name, version.number, needs, direct=False)
        return facts, judging.judge(policy, facts)
    record = state.alias(version.name, name)
    there = Target(version.number, version.record.manifest)
    before = record.target if record is not None else Target(None, None)
    if alias is None and record is not None:
        before = record.previous
    former = record if alias is not None else None
    move = Move(version.name, name, before, there, record, former)
    facts = gatherer.of_move(move, judging.needs(policy, version.name, name), direct=alias is not None)
    return facts, judging.judge(policy, facts)
