"""What a change is: the edits of one commit, with everything needed to tell of it and to ask for it again.

This room knows no operation in particular; the rooms beside it do.
"""

import json
import re
from typing import Any, Generic, TypeVar

from gitmodels.git.edits import Edits
from gitmodels.patterns import pattern
from gitmodels.values import field, frozen

Result = TypeVar("Result")

# git compares the names of trailers without regard to case.
_OURS = pattern("gitmodels-", re.IGNORECASE)


@frozen
class At:
    """When, by whom and under which id an operation happens. The id stays the same however often it is tried.

    ``again`` says that an earlier try may have landed without our knowing.
    """

    op: str
    when: int
    author: str
    email: str
    again: bool = False


@frozen
class Change(Generic[Result]):
    """The edits of one operation, its result, and how the commit tells of it.

    ``aliases`` are the (model, alias) pairs whose refs follow; ``args`` are the full arguments, so that the operation
    can be asked again on another state. No edits means that there is nothing to do.
    """

    result: Result
    edits: Edits = field(default_factory=dict)
    kind: str = ""
    subject: str = ""
    model: str = ""
    reason: str | None = None
    args: dict[str, Any] = field(default_factory=dict)
    aliases: tuple[tuple[str, str], ...] = ()

    def message(self, op: str) -> str:
        r"""The commit message: subject, reason, trailers.

        >>> Change(None, {}, "tag", "tag fraud", "fraud").message("ab")
        'tag fraud\n\nGitmodels-Op: ab\nGitmodels-Kind: tag\nGitmodels-Model: fraud\nGitmodels-Args: {}\n'
        """
        args = json.dumps(self.args, sort_keys=True, ensure_ascii=True)
        trailers = [
            f"Gitmodels-Op: {op}",
            f"Gitmodels-Kind: {self.kind}",
            f"Gitmodels-Model: {self.model}",
            f"Gitmodels-Args: {args}",
        ]
        body = [self.subject, ""]
        if self.reason:
            # A line of the reason that looks like a trailer of ours must not be read as one.
            body += [f" {line}" if _OURS.match(line) else line for line in self.reason.splitlines()] + [""]
        return "\n".join(body + trailers) + "\n"
