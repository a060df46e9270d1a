"""What the policy says of an operation that is about to be written without review: it may pass, or it is refused.

This room judges the state before and the state that would be after; it writes nothing. It is no fence against who
wants to get around it, for it runs in their own clone: that is what check, hooks on a server and signatures are for.
"""

import logging

from gitmodels.errors import CheckFailed, NotEvaluated
from gitmodels.git.repository import GitRepository
from gitmodels.registry import layout
from gitmodels.registry.changes.change import At
from gitmodels.registry.state import State
from gitmodels.review import moves
from gitmodels.review.code_branches import on_branch
from gitmodels.review.gathering import Gatherer, Sources
from gitmodels.review.policy import judging, reading
from gitmodels.review.policy.decisions import Decision, Outcome
from gitmodels.review.policy.rules import Policy

_log = logging.getLogger("gitmodels")


def refuse(git: GitRepository, before: State, after: State, pairs: tuple[tuple[str, str], ...], at: At) -> None:
    """Raise what the policy of ``before`` says against ``after``; ``pairs`` are the aliases that may have moved.

    Raises CheckFailed for a rule that is not kept, NotEvaluated for one that could not be judged or a policy that
    cannot be read.
    """
    policy = reading.read(before.tree.read(layout.POLICY_FILE))
    if not policy.rules:
        return
    sources = Sources(at.when, lambda commit, branch: on_branch(git, commit, branch), authors=frozenset({at.email}))
    gatherer = Gatherer(git, before, after, sources)
    for pair in dict.fromkeys(pairs):
        move = moves.of_alias(before, after, *pair)
        if move is not None:
            needs = judging.needs(policy, move.model, move.alias)
            facts = gatherer.of_move(move, needs, direct=True)
            _raise(judging.judge(policy, facts), facts.subject, _way(policy, move))
    if not any(not rule.aliases for rule in policy.rules):
        return
    for name, number in moves.registered(before, after):
        facts = gatherer.of_version(name, number, judging.needs(policy, name, None), direct=True)
        _raise(judging.judge(policy, facts), f"a new version of {name}", "git models policy explain says what is asked")


def _way(policy: Policy, move: moves.Move) -> str:
    if move.after.version is None:
        return "clear it by a pull request"
    from shlex import quote

    return f"git models promote {quote(move.model)} {move.after.version} {move.alias} --pr"


def _raise(decisions: tuple[Decision, ...], subject: str, way: str) -> None:
    for each in decisions:
        if each.outcome is Outcome.WARNED:
            _log.warning("%s: rule '%s': %s: %s", subject, each.rule, each.part, each.text)
    refused = [each for each in decisions if each.outcome is Outcome.VIOLATED]
    if refused:
        more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
        raise CheckFailed(f"the policy refuses {subject}: {_told(refused[0])}{more}", hint=way)
    unknown = [each for each in decisions if each.outcome is Outcome.UNKNOWN]
    if unknown:
        raise NotEvaluated(f"the policy cannot be asked about {subject}: {_told(unknown[0])}", hint=way)


def _told(decision: Decision) -> str:
    return f"rule '{decision.rule}': {decision.part}: {decision.text}"
