"""Who validly approved a move, or a change of the policy: signatures verified, each person and each key once.

Those who may sign, and the policy that says how many must, come from a commit that is trusted already, never from the
one that is judged. This room answers with what it found of each approval, so that a refusal can say why.
"""

from collections.abc import Iterable
from functools import cached_property

from gitmodels.digest import Digest
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
from gitmodels.review import signatures
from gitmodels.review.policy import reading
from gitmodels.review.policy.rules import SIGNERS_FILE, Approvals, Policy
from gitmodels.review.signatures import Signers
from gitmodels.values import frozen, replace

REVOKED_FILE = "policy/revoked_keys"
_APPROVALS = "approvals"
# So often in a row nobody goes back and forth.
_MOST_BACK = 20
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

    @cached_property
    def registry(self) -> str | None:
        """The name that approvals have to give here, as the policy says. Raises NotEvaluated for a damaged policy."""
        return reading.read(self.policy).registry


@frozen
class Subject:
    """What is to be approved: from which content to which, by an ``operation`` of ``registry.approvals``."""

    operation: str
    before: Digest | None
    after: Digest | None


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

    Raises NotEvaluated when signatures cannot be verified here, or the trusted policy cannot be read.
    """
    records = approvals.of_move(state, move.model, move.alias, move.counter)
    about = Subject(approvals.PROMOTE, move.before.manifest, move.after.manifest)
    return judged(records, about, trusted, now)


def judged(records: Iterable[Approval], about: Subject, trusted: Trusted, now: int) -> list[Found]:
    """What each of ``records`` is worth as an approval of ``about`` at ``now`` (ms). Raises what ``found`` raises."""
    result: list[Found] = []
    for record in records:
        one = _judged(record, about, trusted, now)
        if not one.problem and any(other.key == one.key or other.signer == one.signer for other in counting(result)):
            one = Found(one.signer, one.reason, "signed already")
        result.append(one)
    return result


def signed(state: State, move: Move, trusted: Trusted, now: int) -> list[Found]:
    """Those of ``found`` that count."""
    return list(counting(found(state, move, trusted, now)))


def check(state: State, move: Move, trusted: Trusted, now: int, authors: frozenset[str]) -> list[str]:
    """Who approved ``move``, as many as the policy wants. ``authors`` are addresses of who wrote what is promoted.

    Where the policy lets go back for free, who approved the move that is taken back. Raises CheckFailed when that is
    not enough, NotEvaluated for a policy or signatures that cannot be judged.
    """
    policy = reading.read(trusted.policy)
    all_found = found(state, move, trusted, now)
    names: set[str] = set()
    for asked, free in _asked(policy, move):
        question = _Question(policy, asked, authors)
        who = question.who(all_found)
        if len(who) < asked.minimum and free:
            who = _taken_back(state, move, trusted, now, question) or who
        names |= set(who)
        if len(who) < asked.minimum:
            raise CheckFailed(_refusal(move, asked, who, all_found, authors), hint=_way(trusted, move))
    return sorted(names)


def only_approves(git: GitRepository, commit: Commit) -> bool:
    """Whether ``commit`` adds approvals and changes nothing else: who wrote it did not write what is approved."""
    if len(commit.parents) != 1:
        return False
    older, newer = (State(TreeView(git.objects, commit=oid), oid) for oid in (commit.parents[0], commit.oid))
    if _differ(older, newer, "", (layout.MODELS, _APPROVALS)):
        return False
    changed = [f"{layout.MODELS}/{shard(encoded)}/{encoded}" for encoded in changed_folders(older, newer)]
    if any(_differ(older, newer, folder, (_APPROVALS,)) for folder in changed):
        return False
    return bool(changed) or _differ(older, newer, "", ())


def _differ(older: State, newer: State, folder: str, but: tuple[str, ...]) -> bool:
    """Whether anything else than ``but`` differs in ``folder``."""
    was, now = (
        {name: entry for name, entry in state.tree.entries(folder).items() if name not in but}
        for state in (older, newer)
    )
    return was != now


def authors(git: GitRepository, start: str, head: str) -> frozenset[str]:
    """The addresses of who wrote what ``head`` has and ``start`` has not, but for commits that only approve it."""
    history = History(git)
    commits = (history.read(oid) for oid, _ in zip(history.ahead(head, start), range(_MOST), strict=False))
    return frozenset(commit.author_email for commit in commits if not only_approves(git, commit))


def _asked(policy: Policy, move: Move) -> list[tuple[Approvals, bool]]:
    """What each rule asks, and whether it lets the alias go back for free."""
    rules = [rule for rule in policy.matching(move.model, move.alias) if rule.approvals is not None]
    return [(rule.approvals, rule.free_rollback) for rule in rules if rule.approvals] or [(_ANYBODY, False)]


@frozen
class _Question:
    """What one rule asks of approvals; ``authors`` wrote what is approved."""

    policy: Policy
    asked: Approvals
    authors: frozenset[str]

    def who(self, found: Iterable[Found]) -> list[str]:
        """Whose approvals count for it, sorted."""
        members = self.policy.members(self.asked)
        excluded = {one.casefold() for one in self.authors} if self.asked.not_author else set()
        return sorted(
            one.signer
            for one in counting(found)
            if (members is None or one.signer in members)
            and one.signer.casefold() not in excluded
            and (one.reason or not self.asked.needs_reason)
        )


def _taken_back(state: State, move: Move, trusted: Trusted, now: int, question: _Question) -> list[str]:
    """Who approved the last move that was approved, where everything since went back and forth between its two ends.

    What they signed says where the alias was before, so nobody's word has to be taken for it. Nobody where it was not
    so, or the alias is nowhere now.
    """
    former = state.version_record(move.model, move.before.version) if move.before.version is not None else None
    if former is None or former.manifest != move.before.manifest or move.after.version is None:
        return []
    question = replace(question, authors=question.authors | {former.email})
    before, after = move.after, move.before
    for counter in range(move.counter - 1, max(move.counter - _MOST_BACK, 0) - 1, -1):
        approved = Move(move.model, move.alias, before, after, counter)
        who = question.who(found(state, approved, trusted, now))
        if len(who) >= question.asked.minimum:
            return who
        before, after = after, before
    return []


def _judged(record: Approval, about: Subject, trusted: Trusted, now: int) -> Found:
    said = record.statement
    if said.operation != about.operation:
        return Found(record.signer, problem="is about something else")
    if (said.before, said.after) != (about.before, about.after):
        return Found(record.signer, problem="is about other content")
    if said.registry != trusted.registry:
        return Found(record.signer, problem="is for another registry, or names none")
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


def counting(found: Iterable[Found]) -> Iterable[Found]:
    """Those that count."""
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
