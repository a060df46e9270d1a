"""An operation read back from its commit: what was asked, of which model, by whom and when.

This room reads trailers and knows no kind in particular.
"""

import json

from gitmodels.errors import InvalidRecord
from gitmodels.fields import Fields
from gitmodels.git.history import Commit
from gitmodels.patterns import pattern
from gitmodels.registry.changes.change import At
from gitmodels.values import frozen

_OP = pattern(r"[0-9a-f]{1,64}")
# Where hosts squash commits, the messages of all of them are lines of one.
_MENTION = pattern(r"(?m)^Gitmodels-Op: ([0-9a-f]{1,64})\r?$")


@frozen
class Operation:
    """One commit of ours. ``args`` are asked for by name, as those of a record are."""

    commit: str
    kind: str
    model: str
    args: Fields
    at: At
    subject: str

    @classmethod
    def read(cls, commit: Commit) -> "Operation | None":
        """The operation that ``commit`` is; None for a commit that is not ours. Raises InvalidRecord."""
        trailers = commit.trailers
        op, kind = trailers.get("Gitmodels-Op", ""), trailers.get("Gitmodels-Kind", "")
        if not _OP.fullmatch(op) or not kind or len(commit.parents) != 1:
            return None
        what = f"the commit {commit.oid[:10]}"
        try:
            args = Fields(json.loads(trailers.get("Gitmodels-Args", "")), what)
        except (ValueError, RecursionError):
            raise InvalidRecord(f"{what}: its arguments are not JSON") from None
        when = args.integer("when", commit.when_ms)
        at = At(op, when, commit.author_name, commit.author_email, again=True)
        subject = commit.message.partition("\n")[0]
        return cls(commit.oid, kind, trailers.get("Gitmodels-Model", ""), args, at, subject)


def mentioned(message: str) -> list[str]:
    """The ids of all operations that a commit's message tells of, also those that a host squashed into it."""
    return _MENTION.findall(message)
