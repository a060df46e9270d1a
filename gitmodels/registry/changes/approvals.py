"""The change that signing makes: one more file beside an alias, which nobody edits afterwards.

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
