"""Signing a promotion, and verifying that what an alias points at was signed by as many as the policy wants.

This room joins the registry's state, the user's key and what this user trusts; how signatures are judged is known
below. The host has no say in it: who verifies goes by what was trusted before.
"""

import os
import uuid
from pathlib import Path

from gitmodels.api import proposing
from gitmodels.errors import CheckFailed, Conflict, Invalid, NotFound
from gitmodels.git.pushing import push_refs
from gitmodels.names import check_alias
from gitmodels.registry import approvals
from gitmodels.registry.approvals import Approval, Statement
from gitmodels.registry.changes import approvals as changes
from gitmodels.registry.changes.change import Change
from gitmodels.registry.records import NOWHERE, AliasRecord, Target
from gitmodels.registry.registry import Registry
from gitmodels.registry.state import State
from gitmodels.repo import Repo
from gitmodels.review import approving, pins, signatures
from gitmodels.review.approving import Move, Trusted
from gitmodels.review.pins import Pin
from gitmodels.review.signed_changes import policy_content
from gitmodels.uris import ModelRef
from gitmodels.values import frozen, replace

KEY = "user.signingKey"
# A year: a service that verifies stops when approvals expire, so signing again has to be rare.
EXPIRES_S = 365 * 24 * 3600
_FAR = Path("gitmodels", "approvers")


@frozen
class Wish:
    """What is signed: version ``number`` (None: clearing) for ``alias`` of ``name``; for how many seconds, and why.

    Without ``alias`` it is the policy as it stands there, in the place of the published one. ``key`` is a file, by
    default what git config says.
    """

    name: str
    number: int | None
    alias: str | None
    key: Path | None = None
    expires: int = EXPIRES_S
    reason: str | None = None


@frozen
class Verified:
    """The alias that was verified: its version, who approved it, and the commit whose policy was trusted.

    ``taken`` says that this policy was taken over just now, as nothing was trusted before; ``behind`` that the branch
    has another one by now.
    """

    name: str
    alias: str
    number: int
    manifest: str
    signers: tuple[str, ...]
    commit: str
    taken: bool = False
    behind: bool = False


def sign(repo: Repo, wish: Wish) -> tuple[str, Statement]:
    """Sign the move in the registry's branch here; the signer and what was signed. It is published by a push.

    Raises what ``_approval`` raises, and Invalid for a policy where nothing was published that it would replace.
    """
    state = base = repo.registry.existing_state()
    if wish.alias is None:
        published = repo.registry.published()
        if published is None:
            raise Invalid("there is no published policy that another one could replace", hint="git models push")
        base = published
    approval = _approval(repo, state, base, wish)
    repo.registry.apply(lambda state, at: _added(state, wish, approval), op=approval.op)
    return approval.signer, approval.statement


def sign_proposal(repo: Repo, wish: Wish, branch: str, remote: str | None = None) -> tuple[str, Statement, str]:
    """Sign the move that stands on the proposal ``branch`` of ``remote``, put the approval there, and push it.

    Raises NotFound where the remote has no such branch, Conflict when others pushed to it meanwhile.
    """
    from gitmodels.git.transport import fetch_refs, remote_refs

    base = proposing.base_of(repo, remote, ask=True)
    remote = remote or repo.registry.remote
    ref, here = f"refs/heads/{branch}", f"refs/remotes/{remote}/{branch}"
    there = remote_refs(repo.git, remote, [ref]).get(ref)
    if there is None:
        way = "push the branch that changes it" if wish.alias is None else "git models promote … --pr makes it"
        raise NotFound(f"{remote} has no branch {branch}", hint=way)
    fetch_refs(repo.git, remote, [f"+{ref}:{here}"])
    # A registry whose branch is the proposal: read, written and compared like any.
    proposed = Registry(repo.git, repo.author, branch=here)
    approval = _approval(repo, proposed.existing_state(), repo.registry.state_of(base), wish)
    proposed.apply(lambda state, at: _added(state, wish, approval), op=approval.op)
    tip = str(proposed.branch.tip())
    [answer] = push_refs(repo.git, remote, [(tip, ref, there)], atomic=False)
    answer.check()
    return approval.signer, approval.statement, tip


def _added(state: State, wish: Wish, approval: Approval) -> Change[str]:
    if wish.alias is None:
        return changes.add_of_policy(state, approval)
    return changes.add(state, wish.name, wish.alias, approval)


def _approval(repo: Repo, state: State, base: State, wish: Wish) -> Approval:
    """Raises Invalid where the key cannot sign or may not, ModelNotFound, VersionNotFound, NotEvaluated."""
    now = repo.registry.clock()
    trusted = Trusted.of(base)
    said = _statement(state, base, wish, now + wish.expires * 1000)
    said = replace(said, reason=wish.reason, registry=trusted.registry)
    if trusted.allowed is None:
        raise Invalid(
            "nobody may sign: the registry's branch has no policy/allowed_signers",
            hint="put there lines such as: ana@example.org ssh-ed25519 AAAA…",
        )
    signature = signatures.sign(said.text(), _key(repo, wish.key))
    signers = signatures.Signers(trusted.allowed, trusted.revoked)
    named = [one for one in signatures.principals(signature, signers) if approvals.is_signer(one)]
    # Where a key speaks for several, or for a pattern, it is who git says that acts here.
    for signer in [*named, repo.author.email]:
        if approvals.is_signer(signer) and signatures.verify(said.text(), signature, signer, signers):
            return Approval(said, signer, signature, uuid.uuid4().hex, now)
    raise Invalid(
        "your key is not one that may sign here, or not any more",
        hint="policy/allowed_signers on the branch names those",
    )


def _statement(state: State, base: State, wish: Wish, expiry: int) -> Statement:
    if wish.alias is None:
        before, after = policy_content(base), policy_content(state)
        if before == after:
            raise Invalid(
                "the policy there is the one that is published: nothing to approve",
                hint="name the branch that changes it with --branch",
            )
        return Statement("", before, after, approvals.next_policy_counter(base), expiry, operation=approvals.POLICY)
    name, alias = wish.name, check_alias(wish.alias)
    state.model(name)
    record = state.alias(name, alias)
    target = NOWHERE
    if wish.number is not None:
        version = state.version(name, wish.number)
        target = Target(version.number, version.record.manifest)
    if record is not None and record.target == target:
        return approvals.statement(record, expiry)
    return approvals.coming(record, (name, alias, target), expiry)


def _key(repo: Repo, key: Path | None) -> Path:
    found = key or (Path(configured) if (configured := repo.git.config(KEY)) else None)
    if found is None:
        raise Invalid("no key to sign with", hint=f"--key ~/.ssh/id_ed25519, or git config {KEY} ~/.ssh/id_ed25519")
    return Path(os.path.expanduser(found))


def verify(repo: Repo, ref: ModelRef, state_folder: Path, *, accept_policy: bool = False) -> Verified:
    """That what the alias of ``ref`` points at was approved, by those whom this user trusts to.

    ``state_folder`` is where a user's own files are kept, for registries far away. ``accept_policy`` trusts the policy
    and signers of the branch from now on. Raises CheckFailed for what is not approved, or is older than what was seen
    before, NotEvaluated where that cannot be found out, Invalid for a REF without an alias.
    """
    if ref.alias is None:
        raise Invalid(f"{ref} has no alias: approvals speak of aliases", hint="such as fraud@champion")
    state = repo.registry.existing_state()
    version = state.resolve(ref)
    record = state.alias(version.name, ref.alias)
    if record is None:
        raise Conflict(f"{ref} disappeared while it was read")
    folder = _folder(repo, state_folder)
    pin, taken = _pin(folder, state, accept_policy)
    move = Move.of(record)
    _check_newest(pin, record)
    now = repo.registry.clock()
    signers = approving.check(state, move, pin.trusted, now, frozenset({version.record.email}))
    about = f"{version.name}@{ref.alias}"
    if taken or pin.counters.get(about, -1) < move.counter:
        pins.write(folder, pin.seen(about, move.counter))
    behind = Trusted.of(state) != pin.trusted
    manifest = str(version.record.manifest)
    return Verified(version.name, ref.alias, version.number, manifest, tuple(signers), pin.commit, taken, behind)


def _pin(folder: Path, state: State, accept: bool) -> tuple[Pin, bool]:
    known = None if accept else pins.read(folder)
    if known is not None:
        return known, False
    before: dict[str, int] = {}
    if accept:
        try:
            former = pins.read(folder)
        except Exception:  # noqa: BLE001  (what cannot be read is replaced: that was asked for)
            former = None
        before = former.counters if former is not None else {}
    return Pin(str(state.commit), Trusted.of(state), before), True


def _check_newest(pin: Pin, record: AliasRecord) -> None:
    about = f"{record.model}@{record.alias}"
    if record.counter < pin.counters.get(about, 0):
        raise CheckFailed(
            f"{about} went back in time: it was seen after move {pin.counters[about]}, this is move {record.counter}",
            hint="the registry was rewritten, or an older copy of it was handed out: ask who runs the host",
        )


def _folder(repo: Repo, state_folder: Path) -> Path:
    """Where it is kept what is trusted of this registry: in the clone, or for one far away in the user's own folder."""
    return state_folder / _FAR / repo.git.common_dir.name if repo.git.read_only is not None else repo.git.own_dir


__all__ = ["EXPIRES_S", "Verified", "Wish", "sign", "sign_proposal", "verify"]
