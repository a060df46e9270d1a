"""Who validly approved a move: signatures verified against those who may sign, each person and each key once.

Those who may sign, and the policy that says how many must, come from a commit that is trusted already, never from the
one that is judged. This room answers with what it found of each approval, so that a refusal can say why.
"""

from collections.abc import Callable, Iterable

from gitmodels.errors import CheckFailed, Invalid
from gitmodels.git.history import Commit, History
from gitmodels.git.repository import GitRepository
from gitmodels.git.tree import TreeView
from gitmodels.names import shard
from gitmodels.registry import approvals, layout
from gitmodels.registry.approvals import Approval
from gitmodels.registry.news import changed_folders
from gitmodels.registry.records import AliasRecord, Target
from gitmodels.registry.state import State
from gitmodels.review import moves, signatures
from gitmodels.review.policy import reading
from gitmodels.review.policy.facts import Approval as PolicyApproval
from gitmodels.review.policy.rules import SIGNERS_FILE, Approvals, Policy
from gitmodels.review.signatures import Signers
from gitmodels.values import frozen

REVOKED_FILE = "policy/revoked_keys"
# Past so many commits no change is one that people looked at.
_MOST = 20_000
# Where a policy says nothing of an alias, somebody has to have signed all the same.
_ANYBODY = Approvals(1)


@frozen
class Found:
    """One approval: who signed, with which key, why; ``problem`` says why it does not count, "" where it does."""

    signer: str
    reason: str | None = None
    problem: str = ""
    key: bytes = b""


@frozen
class Trusted:
    """What is trusted already: the policy's bytes, and who may sign; None where there is no such file."""

    policy: bytes | None
    allowed: bytes | None
    revoked: bytes | None = None

    @classmethod
    def of(cls, state: State) -> "Trusted":
        """As ``state`` has it."""
        files = (layout.POLICY_FILE, SIGNERS_FILE, REVOKED_FILE)
        return cls(*(state.tree.read(path) for path in files))


@frozen
class Move:
    """A move of the alias ``alias`` of ``model``, from ``before`` to ``after``, with the counter of its file."""

    model: str
    alias: str
    before: Target
    after: Target
    counter: int

    @classmethod
    def of(cls, record: AliasRecord) -> "Move":
        """The last move of the alias whose file ``record`` is."""
        return cls(record.model, record.alias, record.previous, record.target, record.counter)


def found(state: State, move: Move, trusted: Trusted, now: int) -> list[Found]:
    """Every approval that stands in ``state`` for ``move``, judged at ``now`` (ms).

    Raises NotEvaluated when signatures cannot be verified here.
    """
    records = approvals.of_move(state, move.model, move.alias, move.counter)
    result: list[Found] = []
    for record in records:
        one = _judged(record, move, trusted, now)
        if not one.problem and any(other.key == one.key or other.signer == one.signer for other in _counting(result)):
            one = Found(one.signer, one.reason, "signed already")
        result.append(one)
    return result


def signed(state: State, move: Move, trusted: Trusted, now: int) -> list[Found]:
    """Those of ``found`` that count."""
    return list(_counting(found(state, move, trusted, now)))


def check(state: State, move: Move, trusted: Trusted, now: int, authors: frozenset[str]) -> list[str]:
    """Who approved ``move``, as many as the policy wants. ``authors`` are addresses of who wrote what is promoted.

    Raises CheckFailed when that is not enough, NotEvaluated for a policy or signatures that cannot be judged.
    """
    policy = reading.read(trusted.policy)
    all_found = found(state, move, trusted, now)
    counting = list(_counting(all_found))
    names: set[str] = set()
    for asked in _asked(policy, move):
        who = _counted(policy, asked, counting, authors)
        names |= set(who)
        if len(who) < asked.minimum:
            raise CheckFailed(_refusal(move, asked, who, all_found, authors), hint=_way(trusted, move))
    return sorted(names)


def only_approves(git: GitRepository, commit: Commit) -> bool:
    """Whether ``commit`` adds approvals and changes nothing else: who wrote it did not write what is approved."""
    if len(commit.parents) != 1:
        return False
    older, newer = (State(TreeView(git.objects, commit=oid), oid) for oid in (commit.parents[0], commit.oid))
    sides = [
        {name: entry for name, entry in state.tree.entries("").items() if name != layout.MODELS}
        for state in (older, newer)
    ]
    if sides[0] != sides[1]:
        return False
    changed = [f"{layout.MODELS}/{shard(encoded)}/{encoded}" for encoded in changed_folders(older, newer)]
    for folder in changed:
        sides = [
            {name: entry for name, entry in state.tree.entries(folder).items() if name != "approvals"}
            for state in (older, newer)
        ]
        if sides[0] != sides[1]:
            return False
    return bool(changed)


def authors(git: GitRepository, start: str, head: str) -> frozenset[str]:
    """The addresses of who wrote what ``head`` has and ``start`` has not, but for commits that only approve it."""
    history = History(git)
    commits = (history.read(oid) for oid, _ in zip(history.ahead(head, start), range(_MOST), strict=False))
    return frozenset(commit.author_email for commit in commits if not only_approves(git, commit))


def _asked(policy: Policy, move: Move) -> list[Approvals]:
    wanted = [rule.approvals for rule in policy.matching(move.model, move.alias) if rule.approvals is not None]
    return wanted or [_ANYBODY]


def _counted(policy: Policy, asked: Approvals, counting: Iterable[Found], authors: frozenset[str]) -> list[str]:
    members = policy.members(asked)
    excluded = {one.casefold() for one in authors} if asked.not_author else set()
    return sorted(
        one.signer
        for one in counting
        if (members is None or one.signer in members)
        and one.signer.casefold() not in excluded
        and (one.reason or not asked.needs_reason)
    )


def _judged(record: Approval, move: Move, trusted: Trusted, now: int) -> Found:
    said = record.statement
    if said.operation != approvals.PROMOTE:
        return Found(record.signer, problem="is about something else")
    if (said.before, said.after) != (move.before.manifest, move.after.manifest):
        return Found(record.signer, problem="is about other content")
    if now > said.expiry:
        return Found(record.signer, problem="has expired")
    if trusted.allowed is None:
        return Found(record.signer, problem="nobody may sign")
    try:
        key = signatures.key_of(record.signature)
    except Invalid:
        return Found(record.signer, problem="is no signature")
    signers = Signers(trusted.allowed, trusted.revoked)
    if not signatures.verify(said.text(), record.signature, record.signer, signers):
        return Found(record.signer, problem="has a signature that is not right, or a key that may not sign")
    return Found(record.signer, said.reason, key=key)


def _counting(found: Iterable[Found]) -> Iterable[Found]:
    return (one for one in found if not one.problem)


def _refusal(move: Move, asked: Approvals, who: list[str], found: list[Found], authors: frozenset[str]) -> str:
    there = "none" if move.after.version is None else f"v{move.after.version}"
    told = f"{move.model}@{move.alias} at {there} is not approved: {len(who)} of {asked.minimum} signed"
    names = f" ({', '.join(who)})" if who else ""
    others = [f"that of {one.signer} {one.problem}" for one in found if one.problem]
    others += [f"{one.signer} does not count" for one in found if not one.problem and one.signer not in who]
    return f"{told}{names}{'; ' + '; '.join(others[:5]) if others else ''}"


def _way(trusted: Trusted, move: Move) -> str:
    if trusted.allowed is None:
        return f"{SIGNERS_FILE} on the registry's branch says who may sign"
    return f"git models sign {move.model} {move.after.version or 'none'} {move.alias}, by somebody who may"


def for_policy(base: State, head: State, now: int) -> Callable[[moves.Move | None], tuple[PolicyApproval, ...] | None]:
    """Who validly signed a move from ``base`` to ``head``, as a policy asks: by the signers that ``base`` names.

    What is not known is how a change of the policy itself was approved: nobody can sign that.
    """
    trusted = Trusted.of(base)

    def signed_by(move: moves.Move | None) -> tuple[PolicyApproval, ...] | None:
        if move is None:
            return ()
        counter = move.record.counter if move.record is not None else 0
        if move.former is not None and counter < move.former.counter:
            return ()
        asked = Move(move.model, move.alias, move.before, move.after, counter)
        return tuple(PolicyApproval(one.signer, one.reason) for one in signed(head, asked, trusted, now))

    return signed_by
