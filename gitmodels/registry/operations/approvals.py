"""Approvals asked again: what somebody signed stays as it was signed, or it counts for nothing."""

from typing import Any

from gitmodels.errors import InvalidRecord
from gitmodels.registry import layout
from gitmodels.registry.approvals import Approval
from gitmodels.registry.changes import approvals
from gitmodels.registry.changes.change import Change
from gitmodels.registry.operations.asked import Asked


def approve(asked: Asked) -> Change[Any]:
    """The same file; a model that was renamed meanwhile is not what was signed for, so it is left behind there."""
    args = asked.operation.args
    name, alias = args.text("name"), args.text("alias")
    found = _signed(asked, layout.approval_file(name, alias, args.count("counter"), args.text("op")))
    model = asked.model(name)
    return approvals.add(asked.now, model, alias, found) if model == name else Change(None)


def approve_policy(asked: Asked) -> Change[Any]:
    """The same file; where others changed the policy meanwhile, it counts for nothing."""
    args = asked.operation.args
    return approvals.add_of_policy(
        asked.now, _signed(asked, layout.policy_approval_file(args.count("counter"), args.text("op")))
    )


def _signed(asked: Asked, path: str) -> Approval:
    data = asked.own.tree.read(path)
    if data is None:
        raise InvalidRecord(f"the commit {asked.operation.commit[:10]} has no approval", hint="git models doctor")
    return Approval.from_yaml(data, path)
