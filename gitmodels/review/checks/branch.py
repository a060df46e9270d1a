"""History and records: what ``registry/judging.py`` finds against a change, sorted into the checks of a report."""

from collections.abc import Iterator
from shlex import quote

from gitmodels.errors import GitModelsError, ObjectNotFound, RemoteError
from gitmodels.git.repository import GitRepository
from gitmodels.names import check_alias, check_model_name
from gitmodels.registry.judging import judge_states
from gitmodels.registry.records import NOWHERE, AliasRecord
from gitmodels.registry.state import State
from gitmodels.review import moves
from gitmodels.review.checks.answers import Answer
from gitmodels.review.moves import Move
from gitmodels.review.policy.decisions import Outcome

_HISTORY = frozenset(
    {"history-rewritten", "history-damaged", "number-gap", "version-edited", "version-vanished", "version-stray"}
    | {"evaluation-edited", "approval-edited"}
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


def judge_moves(moved: list[Move], base: State) -> Iterator[Answer]:
    """Whether each move says truly where the alias was on ``base``, the branch it goes to, and has a name it may."""
    for move in moved:
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
        if (told := _stale(former, record)) is not None:
            yield _reverted(move, former, subject) or Answer("aliases", subject, Outcome.VIOLATED, told)


def _stale(former: AliasRecord | None, record: AliasRecord) -> str | None:
    """What is wrong with what ``record`` says of where the alias was, when ``former`` is its file there."""
    there = former.target if former is not None else NOWHERE
    if there == record.previous or (there.version is None and record.previous.version is None):
        return None
    says, was = moves.shown(record.previous), moves.shown(there)
    return f"was promoted over {says}, but the branch has {was} now: promote again on the newest state"


def _reverted(move: Move, former: AliasRecord | None, subject: str) -> Answer | None:
    """A move that git alone took back: the file as it was before it. It is the rollback that it is, if it may be."""
    record = move.record
    if former is None or record is None or former != move.former or not move.goes_back:
        return None
    way = f"git models rollback {quote(move.model)} {move.alias}"
    if former.counter == record.counter:
        text = f"goes back to {moves.shown(move.after)} by git revert; {way} would say so in its file, too"
        return Answer("aliases", subject, Outcome.WARNED, text)
    text = f"git revert also takes back the count of its moves, which whoever verifies refuses: {way} instead"
    return Answer("aliases", subject, Outcome.VIOLATED, text)
