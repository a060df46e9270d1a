"""Signed approvals: what was signed, by whom, as files beside the alias that they speak of, or of the policy.

The statement is what counts: one spelling of it, which is what a key signs. This room knows records and paths; whether
a signature is right, and whose it has to be, is known above.
"""

import json
from collections.abc import Iterator

from gitmodels.digest import Digest
from gitmodels.errors import InvalidRecord
from gitmodels.fields import Fields, format_time, present
from gitmodels.patterns import pattern
from gitmodels.registry import layout
from gitmodels.registry.records import AliasRecord, Target, written
from gitmodels.registry.state import DAMAGE, State
from gitmodels.values import frozen

FORMAT = 2
PROMOTE, POLICY = "promote", "policy"
# As many as are looked at for one move; nobody needs so many.
_MOST = 200
_SIGNATURE = pattern(r"[A-Za-z0-9+/]{1,8192}={0,2}")
_OP = pattern(r"[0-9a-f]{1,64}")
_COUNTER = pattern(r"[1-9][0-9]{0,8}")
# A principal is matched against patterns, and is shown: one plain word.
_SIGNER = pattern(r"[A-Za-z0-9_@.+][A-Za-z0-9_@.+-]{0,199}")


@frozen
class Statement:
    """``alias`` (``fraud@champion``) may move from the content ``before`` to ``after``, None being nowhere.

    ``counter`` is that of the alias file after the move, so that no approval counts for a later move between the same
    two; after ``expiry`` (ms since the epoch) it counts for none. ``reason`` is what its signer says of it;
    ``registry`` the name of the only registry where it counts, as the policy there gives it.

    Of a change of the policy (``operation`` is POLICY) ``alias`` is empty, and ``before`` and ``after`` are digests of
    the folder ``policy``.
    """

    alias: str
    before: Digest | None
    after: Digest | None
    counter: int
    expiry: int
    reason: str | None = None
    operation: str = PROMOTE
    registry: str | None = None

    @property
    def format(self) -> int:
        """The lowest format that can say it: readers that know only promotions of any registry know 1."""
        return 1 if self.operation == PROMOTE and self.registry is None else 2

    def text(self) -> bytes:
        r"""The bytes that are signed: JSON in ASCII with sorted keys, without spaces, and a newline.

        >>> Statement("fraud@champion", None, None, 0, 0).text()[:56]
        b'{"alias":"fraud@champion","counter":0,"expiry":"1970-01-'
        """
        said = {
            "format": self.format,
            "operation": self.operation,
            "from": self.before,
            "to": self.after,
            "counter": self.counter,
            "expiry": format_time(self.expiry),
        } | present({"alias": self.alias, "reason": self.reason, "registry": self.registry})
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


@frozen
class Approval:
    """A statement, who says to have signed it, and the signature: OpenSSH's, in base64 without its armor."""

    statement: Statement
    signer: str
    signature: str
    op: str
    created: int

    @classmethod
    def from_yaml(cls, data: bytes, what: str) -> "Approval":
        """The record in ``data``. Raises InvalidYaml or InvalidRecord."""
        get = Fields.parse(data, what, newest=FORMAT)
        before, after = (get.optional(key) for key in ("from", "to"))
        operation = get.text("operation")
        statement = Statement(
            alias=get.text("alias", "" if operation == POLICY else None),
            before=None if before is None else get.as_digest("from", before),
            after=None if after is None else get.as_digest("to", after),
            counter=get.count("counter"),
            expiry=get.time("expiry"),
            reason=get.optional("reason"),
            operation=operation,
            registry=get.optional("registry"),
        )
        if get.count("format") != statement.format:
            raise get.wrong("format", f"{statement.format}, which is what it says")
        record = cls(statement, get.text("signer"), get.text("signature"), get.text("op"), get.time("created"))
        for key, value, form in (("signer", record.signer, _SIGNER), ("signature", record.signature, _SIGNATURE)):
            if not form.fullmatch(value):
                raise get.wrong(key, "of its form")
        if not _OP.fullmatch(record.op):
            raise get.wrong("op", "of its form")
        return record

    def to_yaml(self) -> bytes:
        """The canonical bytes. Raises Invalid for what could not be read back."""
        said = self.statement
        return written(
            {"format": said.format, "operation": said.operation}
            | present({"registry": said.registry, "alias": said.alias, "from": said.before, "to": said.after})
            | {"counter": said.counter, "expiry": format_time(said.expiry)}
            | present({"reason": said.reason})
            | {
                "signer": self.signer,
                "signature": self.signature,
                "created": format_time(self.created),
                "op": self.op,
            }
        )


def is_signer(name: str) -> bool:
    """Whether ``name`` can sign here, as ``policy/allowed_signers`` would call it.

    >>> is_signer("ana@example.org"), is_signer("*@example.org"), is_signer("-x")
    (True, False, False)
    """
    return _SIGNER.fullmatch(name) is not None


def next_counter(state: State, name: str, alias: str, before: AliasRecord | None) -> int:
    """The counter of the next move of ``alias``: it counts from when somebody first signed one."""
    known = before.counter if before is not None else 0
    return known + 1 if known or state.tree.names(layout.approvals_folder(name, alias)) else 0


def next_policy_counter(state: State) -> int:
    """The counter of the next change of the policy on top of ``state``: no approval that stands there counts for it."""
    known = state.tree.names(layout.POLICY_APPROVALS)
    return 1 + max((int(name) for name in known if _COUNTER.fullmatch(name)), default=0)


def of_move(state: State, name: str, alias: str, counter: int) -> Iterator[Approval]:
    """The approvals that stand in ``state`` for the move ``counter`` of ``alias``; what cannot be read is none."""
    for record in _in(state, f"{layout.approvals_folder(name, alias)}/{counter}"):
        if (record.statement.alias, record.statement.counter) == (f"{name}@{alias}", counter):
            yield record


def of_policy(state: State, counter: int) -> Iterator[Approval]:
    """The approvals that stand in ``state`` for the change ``counter`` of the policy; what cannot be read is none."""
    for record in _in(state, f"{layout.POLICY_APPROVALS}/{counter}"):
        if record.statement.counter == counter:
            yield record


def _in(state: State, folder: str) -> Iterator[Approval]:
    for entry in sorted(state.tree.names(folder))[:_MOST]:
        path = f"{folder}/{entry}"
        try:
            data = state.tree.read(path)
            record = Approval.from_yaml(data, path) if data is not None else None
        except DAMAGE:
            continue
        if record is not None and entry == f"{record.op}.yaml":
            yield record


def statement(record: AliasRecord, expiry: int) -> Statement:
    """What is to be signed of the move that ``record`` made last."""
    if record.target == record.previous:
        raise InvalidRecord(f"{record.model}@{record.alias} was never moved")
    about = f"{record.model}@{record.alias}"
    before, after = record.previous.manifest, record.target.manifest
    return Statement(about, before, after, record.counter, expiry)


def coming(record: AliasRecord | None, wanted: tuple[str, str, Target], expiry: int) -> Statement:
    """What is to be signed of a move of the alias (model, alias, target), whose file is ``record``, that is to come."""
    name, alias, target = wanted
    before = record.target.manifest if record is not None else None
    # By then this approval stands there, so the move counts.
    counter = (record.counter if record is not None else 0) + 1
    return Statement(f"{name}@{alias}", before, target.manifest, counter, expiry)
