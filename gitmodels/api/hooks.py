"""What git's hooks do for a registry and for code that uses models: refuse what would do damage, keep refs in step.

Each hook gets what git gives it: arguments, the lines of standard input, the environment. This room knows which hook
asks which question; the answers come from below, and are imported where they are asked for: most commits have nothing
to judge. Nothing of a model is imported, unpickled or run; what a push names and the remote lacks is sent first.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gitmodels.errors import CheckFailed, GitModelsError, Invalid
from gitmodels.repo import Repo
from gitmodels.values import field, frozen

# What `git models hooks install` puts in place in a working repository, and on a server that others push to.
WORKING = ("pre-commit", "pre-push", "post-merge", "post-checkout", "post-rewrite")
SERVING = ("pre-receive",)
NAMES = (*WORKING, *SERVING)
# One question each, for the pre-commit framework (.pre-commit-hooks.yaml); pre-commit asks the first three.
QUESTIONS = ("validate", "signature", "no-binaries", "pushed-objects")
_FOLLOWING = ("post-merge", "post-checkout", "post-rewrite")
_SHOWN = 10


class Move(NamedTuple):
    """A ref that is about to move: from ``old`` (None: it is new) to ``new`` (None: it is to go).

    ``here`` is the ref that is pushed, where git tells one.
    """

    ref: str
    old: str | None
    new: str | None
    here: str = ""


@frozen
class Given:
    """What git, or the pre-commit framework, hands a hook."""

    lines: Sequence[str] = ()
    arguments: Sequence[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)


_NOTHING = Given()


def run(repo: Repo, name: str, given: Given = _NOTHING) -> int:
    """Do what the hook ``name`` is for, with what it was ``given``.

    Returns how many bytes of models were sent for it. Raises CheckFailed with every problem when what git is about to
    do would do damage, NotEvaluated when that could not be found out, Invalid for a hook or for lines that are not
    known, ObjectNotFound, Corrupt and RemoteError where the bytes of what is pushed can not be sent.
    """
    if name == "pre-receive":
        moves = [_received(line) for line in given.lines]
        _refuse_damage(repo, moves)
        _refuse_unreviewed(repo, moves)
    elif name == "pre-push":
        moves = [_pushed(line) for line in given.lines]
        _refuse_damage(repo, moves)
        _refuse_unpublished(repo, moves)
        return sum(_send(repo, given.arguments[0], move) for move in moves) if given.arguments else 0
    elif name in ("pre-commit", *QUESTIONS[:3]):
        from gitmodels.api import commit_hooks

        asked = QUESTIONS[:3] if name == "pre-commit" else (name,)
        commit_hooks.judge(repo, asked, given.arguments if name != "pre-commit" else (), given.environ)
    elif name == "pushed-objects":
        moves = _framework(repo, given.environ)
        _refuse_unpublished(repo, moves)
        remote = given.environ.get("PRE_COMMIT_REMOTE_NAME") or repo.registry.remote
        return sum(_send(repo, remote, move) for move in moves)
    elif name in _FOLLOWING:
        # Derived refs follow the branch, whatever moved it.
        if repo.registry.exists() and repo.registry.branch.tip() is not None:
            repo.registry.mirror()
    else:
        raise Invalid(f"no hook of gitmodels: {name[:40]!r}", hint=f"there are {', '.join((*NAMES, *QUESTIONS))}")
    return 0


def _refuse_damage(repo: Repo, moves: Sequence[Move]) -> None:
    for move in moves:
        if move.ref != repo.registry.branch.ref:
            continue
        from gitmodels.registry.judging import judge

        problems = judge(repo.git, move.old, move.new)
        if problems:
            told = [f"{each.kind}: {each.where}: {each.detail}" for each in problems[:_SHOWN]]
            more = [f"… and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
            raise CheckFailed(
                f"the model registry would be damaged ({problems[0].kind})",
                told=(*told, *more),
                hint="git models pull, then git models push: that asks the operations again on what is there",
            )


def _refuse_unpublished(repo: Repo, moves: Sequence[Move]) -> None:
    """Refuse code that pins what nobody else has."""
    from gitmodels.api import pushed_pins

    for move in moves:
        if move.new is None or move.ref == repo.registry.branch.ref or not move.ref.startswith("refs/heads/"):
            continue
        if unpublished := pushed_pins.unpublished(repo, move.new):
            raise CheckFailed(
                f"models.lock pins what is not published: {', '.join(unpublished[:_SHOWN])}",
                hint="git models push, and pin again where the version got another number",
            )


def _send(repo: Repo, remote: str, move: Move) -> int:
    """Send what the remote lacks of the bytes that ``move`` publishes; how many bytes that were."""
    if move.new is None:
        return 0
    from gitmodels.api import run_refs

    if run_refs.is_runs(move.ref):
        return run_refs.send(repo, remote, move.old, move.new)
    if not _is_registry(repo, remote, move):
        return 0
    known = move.old if move.ref == repo.registry.branch.ref else None
    if known is None or not repo.git.objects.has(known):
        known = _published(repo, remote)
    from gitmodels.api.published_objects import Sender

    try:
        with Sender(repo, remote) as sender:
            sender.go_apart()  # the branch is git's to push
            sender.send(repo.registry.state_of(known), repo.registry.state_of(move.new))
    except GitModelsError as error:
        error.hint = error.hint or "git models push tells more"
        raise
    return sender.size


def _is_registry(repo: Repo, remote: str, move: Move) -> bool:
    """Whether a branch of the registry is pushed, be it under another name, as for a pull request."""
    if repo.registry.branch.ref in (move.ref, move.here):
        return True
    from gitmodels.git.fork import stands_on

    known = _published(repo, remote) or repo.registry.branch.tip()
    return known is not None and move.new is not None and stands_on(repo.git, move.new, known) is True


def _published(repo: Repo, remote: str) -> str | None:
    """What the remote, by name or address, is known to have of the registry."""
    from gitmodels.git.addresses import is_configured

    name = remote if is_configured(repo.git, remote) else repo.registry.remote
    return repo.registry.branch.found.read(repo.registry.tracking(name))


def _framework(repo: Repo, environ: Mapping[str, str]) -> list[Move]:
    """The push that the pre-commit framework tells of in variables, where git tells it in lines."""
    from gitmodels.git.refs import Refs

    ref, local = environ.get("PRE_COMMIT_REMOTE_BRANCH"), environ.get("PRE_COMMIT_LOCAL_BRANCH", "")
    # Of a branch that is new on the remote it tells no commit.
    new = environ.get("PRE_COMMIT_TO_REF") or (Refs(repo.git).read(local) if local.startswith("refs/") else None)
    if not ref or not new:
        return []
    return [Move(ref, _oid(environ.get("PRE_COMMIT_FROM_REF") or ""), _oid(new), local)]


def _refuse_unreviewed(repo: Repo, moves: Sequence[Move]) -> None:
    """A server holds what is pushed to the policy that it has."""
    import time

    for move in moves:
        if move.ref != repo.registry.branch.ref or move.old is None or move.new is None:
            continue
        from gitmodels.review import receiving

        found = list(receiving.refusals(repo.git, move.old, move.new, time.time_ns() // 1_000_000))
        if found:
            more = [f"… and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
            raise CheckFailed(
                "the policy refuses this push:\n" + "\n".join([*found[:_SHOWN], *more]),
                hint="git models promote NAME VERSION ALIAS --pr proposes a move of a protected alias",
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
    return Move(parts[2], _oid(parts[3]), _oid(parts[1]), parts[0])


def _oid(text: str) -> str | None:
    return text if text.strip("0") else None
