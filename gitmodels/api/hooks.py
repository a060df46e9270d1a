"""What git's hooks do for a registry: refuse what would damage it, and keep what is derived in step.

Each hook gets what git gives it: arguments and the lines of standard input. This room knows which hook asks which
question; the answers come from below. Nothing of a model is read, let alone run.
"""

from collections.abc import Sequence
from typing import NamedTuple

from gitmodels.errors import CheckFailed, Invalid
from gitmodels.registry.judging import judge
from gitmodels.repo import Repo

# What `git models hooks install` puts in place in a working repository, and on a server that others push to.
WORKING = ("pre-push", "post-merge", "post-checkout", "post-rewrite")
SERVING = ("pre-receive",)
NAMES = (*WORKING, *SERVING)
_SHOWN = 10


class Move(NamedTuple):
    """A ref that is about to move: from ``old`` (None: it is new) to ``new`` (None: it is to go)."""

    ref: str
    old: str | None
    new: str | None


def run(repo: Repo, name: str, lines: Sequence[str]) -> None:
    """Do what the hook ``name`` is for, with the ``lines`` that git hands it.

    Raises CheckFailed with every problem when what git is about to do would damage the registry, Invalid for a hook
    or for lines that are not known.
    """
    if name == "pre-receive":
        _refuse_damage(repo, [_received(line) for line in lines])
    elif name == "pre-push":
        _refuse_damage(repo, [_pushed(line) for line in lines])
    elif name in WORKING:
        # Derived refs follow the branch, whatever moved it.
        if repo.registry.exists() and repo.registry.branch.tip() is not None:
            repo.registry.mirror()
    else:
        raise Invalid(f"no hook of gitmodels: {name[:40]!r}", hint=f"there are {', '.join(NAMES)}")


def _refuse_damage(repo: Repo, moves: Sequence[Move]) -> None:
    for move in moves:
        if move.ref != repo.registry.branch.ref:
            continue
        problems = judge(repo.git, move.old, move.new)
        if problems:
            told = [f"{each.kind}: {each.where}: {each.detail}" for each in problems[:_SHOWN]]
            more = [f"… and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
            raise CheckFailed(
                "the model registry would be damaged:\n" + "\n".join([*told, *more]),
                hint="git models pull, then git models push: that asks the operations again on what is there",
            )


def _received(line: str) -> Move:
    parts = line.split(" ", 2)
    if len(parts) != 3:
        raise Invalid(f"not a line of pre-receive: {line[:200]!r}")
    return Move(parts[2], _oid(parts[0]), _oid(parts[1]))


def _pushed(line: str) -> Move:
    parts = line.split(" ")
    if len(parts) != 4:
        raise Invalid(f"not a line of pre-push: {line[:200]!r}")
    return Move(parts[2], _oid(parts[3]), _oid(parts[1]))


def _oid(text: str) -> str | None:
    return text if text.strip("0") else None
