"""Who signed a change from one state to another, as a policy asks it: a move of an alias, or of the policy itself.

Whose signatures count, and for which registry, says the state that the change goes to: who loosens the policy or adds
a signer is judged without either. An approval of a policy names the whole folder before and after, and the number of
the change, so it counts for that text, in that place, once.
"""

from collections.abc import Callable

from gitmodels import digest
from gitmodels.digest import Digest
from gitmodels.errors import Invalid
from gitmodels.registry import approvals, layout
from gitmodels.registry.state import State
from gitmodels.review import approving, moves
from gitmodels.review.approving import Found, Move, Subject, Trusted
from gitmodels.review.policy.facts import Approval

_MOST_FILES = 1000
# b3sum writes these otherwise than they are.
_ESCAPED = ("\\", "\n", "\r")


def policy_content(state: State) -> Digest | None:
    """The digest of the folder ``policy`` of ``state``; None where there is none.

    BLAKE3 of what ``b3sum`` says of its files in the order of their paths' bytes; links count for nothing, as nobody
    follows them. Raises Invalid for what cannot be told so.
    """
    paths = sorted((_spelt(path), path) for path, _ in state.tree.walk(layout.POLICY_FOLDER))
    if len(paths) > _MOST_FILES:
        raise Invalid(f"{layout.POLICY_FOLDER} has more than {_MOST_FILES} files: too many to sign")
    lines = [digest.of_bytes(state.tree.read(path) or b"").encode() + b"  " + spelt for spelt, path in paths]
    return digest.of_bytes(b"".join(line + b"\n" for line in lines)) if lines else None


def _spelt(path: str) -> bytes:
    if any(each in path for each in _ESCAPED):
        raise Invalid(f"{path!r}: no name of a file that can be signed")
    return path.encode("utf-8", "surrogateescape")


def policy_approvals(base: State, head: State, where: State, now: int) -> list[Found]:
    """Every approval that stands in ``where`` for the change of the policy from ``base`` to ``head``.

    Raises NotEvaluated when signatures cannot be verified here, Invalid for a folder that cannot be signed.
    """
    records = list(approvals.of_policy(where, approvals.next_policy_counter(base)))
    if not records:
        return []
    about = Subject(approvals.POLICY, policy_content(base), policy_content(head))
    return approving.judged(records, about, Trusted.of(base), now)


def signed_by(
    base: State, head: State, now: int, *, tip: State | None = None
) -> Callable[[moves.Move | None], tuple[Approval, ...] | None]:
    """Who validly signed a move from ``base`` to ``head``; for None, the change of the policy itself.

    Approvals stand in ``tip``, by default ``head``: where a host rebases, each is a commit after the change. What this
    gives raises NotEvaluated when signatures cannot be verified here, Invalid for a policy that cannot be signed.
    """
    where = tip or head

    def ask(move: moves.Move | None) -> tuple[Approval, ...] | None:
        if move is None:
            return _plain(policy_approvals(base, head, where, now))
        counter = move.record.counter if move.record is not None else 0
        if move.former is not None and counter < move.former.counter:
            return ()
        asked = Move(move.model, move.alias, move.before, move.after, counter)
        return _plain(approving.found(where, asked, Trusted.of(base), now))

    return ask


def _plain(found: list[Found]) -> tuple[Approval, ...]:
    return tuple(Approval(one.signer, one.reason) for one in approving.counting(found))
