"""The change that signing makes: one more file beside an alias, or for the policy, which nobody edits afterwards.

This room asks a State and answers with the file; whether the signature is right it does not know.
"""

from gitmodels.registry import layout
from gitmodels.registry.approvals import Approval
from gitmodels.registry.changes.change import Change
from gitmodels.registry.state import State


def add(state: State, name: str, alias: str, approval: Approval) -> Change[str]:
    """Put ``approval`` beside ``alias``; the result is its path. Raises ModelNotFound, Invalid."""
    state.model(name)
    path = layout.approval_file(name, alias, approval.statement.counter, approval.op)
    if state.tree.oid(path) is not None:
        return Change(path)
    return Change(
        result=path,
        edits={path: approval.to_yaml()},
        kind="approve",
        subject=f"approve {name}@{alias}, as {approval.signer}",
        model=name,
        reason=approval.statement.reason,
        args={
            "name": name,
            "alias": alias,
            "counter": approval.statement.counter,
            "op": approval.op,
            "reason": approval.statement.reason,
            "when": approval.created,
        },
    )


def add_of_policy(state: State, approval: Approval) -> Change[str]:
    """Put ``approval`` of a change of the policy where those stand; the result is its path."""
    said = approval.statement
    path = layout.policy_approval_file(said.counter, approval.op)
    if state.tree.oid(path) is not None:
        return Change(path)
    return Change(
        result=path,
        edits={path: approval.to_yaml()},
        kind="approve-policy",
        subject=f"approve another policy, as {approval.signer}",
        reason=said.reason,
        args={"counter": said.counter, "op": approval.op, "reason": said.reason, "when": approval.created},
    )
