"""The change that signing makes: one more file beside an alias, or for the policy, which nobody edits afterwards.

This room asks a State and answers with the file; whether the signature is right it does not know.
"""

from gitmodels.registry import layout
from gitmodels.registry.approvals import Approval
from gitmodels.registry.changes.change import Change
from gitmodels.registry.state import State
from gitmodels.values import replace


def add(state: State, name: str, alias: str, approval: Approval) -> Change[str]:
    """Put ``approval`` beside ``alias``; the result is its path. Raises ModelNotFound, Invalid."""
    state.model(name)
    path = layout.approval_file(name, alias, approval.statement.counter, approval.op)
    subject = f"approve {name}@{alias}, as {approval.signer}"
    change = Change(path, kind="approve", subject=subject, model=name, args={"name": name, "alias": alias})
    return _added(state, approval, change)


def add_of_policy(state: State, approval: Approval) -> Change[str]:
    """Put ``approval`` of a change of the policy where those stand; the result is its path."""
    path = layout.policy_approval_file(approval.statement.counter, approval.op)
    subject = f"approve another policy, as {approval.signer}"
    return _added(state, approval, Change(path, kind="approve-policy", subject=subject))


def _added(state: State, approval: Approval, change: Change[str]) -> Change[str]:
    """``change`` with ``approval`` in it, at the path that is its result; nothing where it stands already."""
    path, said = change.result, approval.statement
    if state.tree.oid(path) is not None:
        return Change(path)
    told = {"counter": said.counter, "op": approval.op, "reason": said.reason, "when": approval.created}
    return replace(change, edits={path: approval.to_yaml()}, reason=said.reason, args={**change.args, **told})
