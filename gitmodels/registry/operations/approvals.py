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
    path = layout.approval_file(name, alias, args.count("counter"), args.text("op"))
    data = asked.own.tree.read(path)
    if data is None:
        raise InvalidRecord(f"the commit {asked.operation.commit[:10]} has no approval", hint="git models doctor")
    model = asked.model(name)
    return approvals.add(asked.now, model, alias, Approval.from_yaml(data, path)) if model == name else Change(None)
