"""History and records: what ``registry/judging.py`` finds against a change, sorted into the checks of a report."""

from collections.abc import Iterator

from gitmodels.errors import GitModelsError, ObjectNotFound, RemoteError
from gitmodels.git.repository import GitRepository
from gitmodels.names import check_alias, check_model_name
from gitmodels.registry.judging import judge_states
from gitmodels.registry.state import State
from gitmodels.review.checks.answers import Answer
from gitmodels.review.moves import Move
from gitmodels.review.policy.decisions import Outcome

_HISTORY = frozenset(
    {"history-rewritten", "history-damaged", "number-gap", "version-edited", "version-vanished", "version-stray"}
    | {"evaluation-edited"}
)


def judge(git: GitRepository, before: State | None, after: State) -> Iterator[Answer]:
    """What is wrong after the change and was not before."""
    try:
        problems = judge_states(git, before, after)
    except (ObjectNotFound, RemoteError) as error:
        yield Answer("records", "", Outcome.UNKNOWN, error.message)
        return
    except GitModelsError as error:
        yield Answer("records", "gitmodels.yaml", Outcome.VIOLATED, error.message)
        return
    for problem in problems:
        check = "history" if problem.kind in _HISTORY else "aliases" if problem.kind[:6] == "alias-" else "records"
        yield Answer(check, problem.where, Outcome.VIOLATED, f"{problem.kind}: {problem.detail}")


def judge_moves(moves: list[Move], base: State) -> Iterator[Answer]:
    """Whether each move says truly where the alias was on ``base``, the branch it goes to, and has a name it may."""
    for move in moves:
        subject = f"{move.model}@{move.alias}"
        record = move.record
        if record is None or record == move.former:
            continue  # gone with its model, which has no file to say so
        try:
            check_alias(move.alias)
            check_model_name(move.model)
        except GitModelsError as error:
            yield Answer("aliases", subject, Outcome.VIOLATED, error.message)
        try:
            former = base.alias(move.model, move.alias)
        except GitModelsError as error:
            yield Answer("aliases", subject, Outcome.UNKNOWN, f"where it was cannot be read: {error.message}")
            continue
        there = former.target if former is not None else None
        told = record.previous if record.previous.version is not None else None
        if (there if there is not None and there.version is not None else None) != told:
            was = "none" if there is None or there.version is None else f"v{there.version}"
            says = "none" if told is None else f"v{told.version}"
            text = f"was promoted over {says}, but the branch has {was} now: promote again on the newest state"
            yield Answer("aliases", subject, Outcome.VIOLATED, text)
