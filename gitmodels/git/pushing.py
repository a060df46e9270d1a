"""Changing refs on a remote: each only if it is still what we think it is, never by force.

This room knows the one command that does it and how its answers are read. What the refs are for, and what to do about a
lost race, is up to the caller.
"""

from collections.abc import Sequence
from pathlib import Path

from gitmodels.errors import Invalid
from gitmodels.git import addresses, refusals, remote_program
from gitmodels.git.history import History
from gitmodels.git.raw import check_oid
from gitmodels.git.ref_files import check_ref
from gitmodels.git.remote_program import Progress
from gitmodels.git.repository import GitRepository
from gitmodels.values import frozen

# The object a ref is to name (None: the ref is to go), the ref, and what it names now (None: it is not there yet).
Update = tuple[str | None, str, str | None]

_STATES = {" ": "updated", "+": "updated", "-": "deleted", "*": "created", "=": "same"}
# Each takes a few hundred bytes of a command line, of which systems allow some hundred thousand.
_AT_ONCE = 400


@frozen
class Answer:
    """What became of one ref on the remote.

    ``state`` is ``created``, ``updated``, ``deleted``, ``same`` (it was so already); ``raced`` (somebody else changed
    it), ``together`` (left alone because of another ref of an atomic push), ``unknown`` (the connection ended before
    the server said so: ask remote_refs); or a kind of refusal of refusals.py. ``reason`` and ``words`` are its own.
    """

    ref: str
    state: str
    reason: str = ""
    words: str = ""

    @property
    def done(self) -> bool:
        """Whether the ref is now what it was to be."""
        return self.state in _STATES.values()

    def check(self) -> None:
        """Raise RefChanged for a lost race, RemoteError with its ``kind`` for any other refusal; nothing if done."""
        if not self.done:
            raise refusals.refusal(self.ref, self.state, self.reason, self.words)


def push_refs(
    repo: GitRepository,
    remote: str,
    updates: Sequence[Update],
    *,
    atomic: bool,
    progress: Progress | None = None,
    objects: Path | None = None,
) -> list[Answer]:
    """Change refs of ``remote`` as ``updates`` say, with what they name; what the server said of each, in their order.

    Each is a compare-and-swap: a ref that is not what its update expects stays as it is. A branch only ever moves
    forward. With ``atomic`` all change or none. ``objects`` is a folder of git objects that are sent as they stand
    there, beside those of ``repo``; they are few.

    Raises RemoteError, with its ``kind``, when the push fails as a whole; where its ``outcome_unknown`` is true the
    server may have changed the refs all the same. Raises Invalid for a branch that would be moved back or aside.
    """
    address = addresses.find(repo, remote)
    for update in updates:
        _check(repo, update)
    if atomic or len(updates) <= _AT_ONCE:
        return _push(repo, address, updates, ["--atomic"] if atomic else [], progress, objects)
    answers = []
    for start in range(0, len(updates), _AT_ONCE):
        answers += _push(repo, address, updates[start : start + _AT_ONCE], [], progress, objects)
    return answers


def _push(
    repo: GitRepository,
    address: str,
    updates: Sequence[Update],
    options: list[str],
    progress: Progress | None,
    objects: Path | None,
) -> list[Answer]:
    if not updates:
        return []
    # Where nobody watches and little is sent, nobody is told: each line costs both sides. Silence is not long then.
    telling = ["--progress"] if progress is not None or objects is None else []
    arguments = ["push", "--porcelain", *telling, "--no-verify", "--no-force-if-includes", *options]
    arguments += [f"--force-with-lease={ref}:{expected or ''}" for _, ref, expected in updates]
    # Never a leading plus: on its ref it would overrule the lease without a word.
    arguments += ["--", address, *(f"{new or ''}:{ref}" for new, ref, _ in updates)]
    # git refuses to push chosen refs to a remote that is configured as a mirror.
    settings = [f"remote.{address}.mirror=false"] if addresses.is_configured(repo, address) else []
    environ = {}
    if objects is not None:
        # What stands there was never worth a delta. A path that begins with a quote is read as one of C's strings.
        settings.append("pack.window=0")
        quoted = str(objects).replace("\\", "\\\\").replace('"', '\\"')
        environ["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = f'"{quoted}"'
    ended = remote_program.run(repo, arguments, settings=settings, progress=progress, environ=environ)
    said = _answers(ended.output, ended.words)
    if ended.code and not said:
        raise refusals.failure(ended.words, remote=address, pushing=True, silent=ended.silent)
    return [said.get(ref) or Answer(ref, refusals.UNKNOWN, words=ended.words) for _, ref, _ in updates]


def _answers(output: str, words: str) -> dict[str, Answer]:
    """The porcelain lines ``flag TAB from:to TAB summary``, by the ref they are about."""
    answers = {}
    for line in output.splitlines():
        flag, tab, rest = line.partition("\t")
        names, second, summary = rest.partition("\t")
        if len(flag) > 1 or not tab or not second:
            continue
        ref = names.rpartition(":")[2]
        state = _STATES.get(flag) or refusals.kind_of_refusal(ref, summary, words)
        answers[ref] = Answer(ref, state, refusals.clean(summary), "" if flag in _STATES else words)
    return answers


def _check(repo: GitRepository, update: Update) -> None:
    new, ref, expected = update
    check_ref(ref)
    for oid in (new, expected):
        if oid is not None:
            check_oid(oid)
    if new is None and expected is None:
        raise Invalid(f"{ref} can only be deleted as what it is known to be")
    if new is None or expected is None or not ref.startswith("refs/heads/"):
        return
    if not History(repo).is_ancestor(expected, new):
        raise Invalid(
            f"the branch {ref} would lose what it has: {new[:12]} does not stand on {expected[:12]}",
            hint="fetch, then put your changes on top of what is there",
        )
