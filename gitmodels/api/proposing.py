"""Proposing: a change for the registry on a branch of its own, sent to the host, and a pull request for it.

Objects go first, then the branch, so that whoever checks the proposal finds the bytes. The registry's branch is not
touched, here or there. This room joins proposals, remotes and hosts; what is proposed is up to who calls.
"""

import logging
from pathlib import Path
from typing import Any

from gitmodels.api.published_objects import Sender
from gitmodels.errors import Conflict, RefChanged, RegistryNotFound
from gitmodels.git import hosts
from gitmodels.git.history import parse_trailers
from gitmodels.git.pushing import push_refs
from gitmodels.git.remote_program import Progress
from gitmodels.git.transport import remote_refs
from gitmodels.patterns import pattern
from gitmodels.registry.proposals import Proposal
from gitmodels.registry.tracking import Tracking
from gitmodels.repo import Repo
from gitmodels.values import frozen

HOST_KEY = "gitmodels.host"
_HEADS = "refs/heads/"
_PATIENCE_S = 120
_URL = pattern(r"https?://[^\s\x00-\x1f\x7f]+")
_log = logging.getLogger("gitmodels")


@frozen
class Sent:
    """What became of a proposal: its ``branch`` and ``commit``, and the ``remote`` that has it, if one does.

    ``url`` is the pull request that was opened, or the page on which a person opens it; ``command`` what opens it
    instead, where the host is known but nobody did. ``size`` are bytes of objects that went.
    """

    branch: str
    commit: str
    remote: str | None = None
    opened: bool = False
    url: str | None = None
    command: str | None = None
    size: int = 0


def base_of(repo: Repo, remote: str | None, *, ask: bool) -> str:
    """What a proposal stands on: what ``remote`` has published (asked now with ``ask``), else the branch here.

    Raises RegistryNotFound where there is neither, Conflict where the remote took back what it had published.
    """
    if ask:
        tracking = Tracking(repo.registry, remote or repo.registry.remote)
        found = tracking.fetch()
        if found is None:
            raise RegistryNotFound(f"{tracking.remote} has no registry yet", hint="git models push starts it")
        return found
    return str((repo.registry.published() or repo.registry.existing_state()).commit)


def send(repo: Repo, remote: str | None, proposal: Proposal[Any], progress: Progress | None = None) -> Sent:
    """Push a proposal with its objects, and open a pull request for it where a program for that is installed.

    Raises Conflict when the remote has another branch of that name, RemoteError for what it refuses.
    """
    subject = proposal.message.partition("\n")[0]
    return publish(
        repo, remote, proposal.ref, (proposal.base, str(proposal.commit)), (subject, body(proposal.message)), progress
    )


def publish(
    repo: Repo,
    remote: str | None,
    ref: str,
    span: tuple[str, str],
    words: tuple[str, str],
    progress: Progress | None = None,
) -> Sent:
    """Push the commits from ``span[0]`` to ``span[1]`` as the branch ``ref``, objects first.

    ``words`` are title and text of the pull request. Raises what ``send`` raises.
    """
    remote = Tracking(repo.registry, remote or repo.registry.remote).remote
    base, tip = span
    with Sender(repo, remote, progress) as sender:
        sender.go_apart()  # what checks the branch finds the bytes there
        sender.send(repo.registry.state_of(base), repo.registry.state_of(tip))
    _push(repo, remote, ref, tip, progress)
    head, into = ref.removeprefix(_HEADS), repo.registry.branch.ref.removeprefix(_HEADS)
    opened, url, command = _open(repo, remote, hosts.Request(head, into, *words))
    return Sent(head, tip, remote, opened, url, command, sender.size)


def body(message: str) -> str:
    """The text of a pull request: the reason, and the operation's id, which then survives what hosts do to commits."""
    _, _, rest = message.partition("\n\n")
    reason = rest.rpartition("Gitmodels-Op:")[0].strip()
    op = parse_trailers(message).get("Gitmodels-Op", "")
    return "\n\n".join(part for part in (reason, f"Gitmodels-Op: {op}" if op else "") if part)


def _push(repo: Repo, remote: str, ref: str, tip: str, progress: Progress | None) -> None:
    name = ref.removeprefix(_HEADS)
    there = remote_refs(repo.git, remote, [ref]).get(ref)
    if there == tip:
        return
    taken = Conflict(
        f"{remote} has a branch {name} already, with something else on it: maybe a pull request that is open",
        hint=f"merge or close that one; git push {remote} --delete {name} removes the branch",
    )
    if there is not None:
        raise taken
    try:
        [answer] = push_refs(repo.git, remote, [(tip, ref, None)], atomic=False, progress=progress)
        answer.check()
    except RefChanged:
        raise taken from None


def _open(repo: Repo, remote: str, request: hosts.Request) -> tuple[bool, str | None, str | None]:
    """Open the pull request if that can be; whether it was, its page or the one to open it on, and the command."""
    import shlex
    import shutil

    address = repo.git.config(f"remote.{remote}.url") or remote
    project = hosts.project(address, repo.git.config(HOST_KEY))
    if project is None:
        return False, None, None
    page, command = hosts.page(project, request), hosts.command(project, request)
    if command is None:
        return False, page, None
    program = shutil.which(command[0])
    if program is not None:
        url = _run([program, *command[1:]], repo.location)
        if url is not None:
            return True, url, None
    return False, page, shlex.join(command)


def _run(command: list[str], folder: Path) -> str | None:
    """The address that the program prints; None, with a warning, when it fails."""
    import subprocess

    name = command[0].rpartition("/")[2]
    try:
        # Without a terminal to ask on, it fails where it would have asked.
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("%s could not open the pull request: %s", name, getattr(error, "strerror", None) or "no answer")
        return None
    found = _URL.findall(done.stdout.decode("utf-8", "replace"))
    if done.returncode == 0 and found:
        return str(found[-1])
    said = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    words = "".join(char for char in (said or ["no reason given"])[-1] if char.isprintable())[:200]
    _log.warning("%s could not open the pull request: %s", name, words)
    return None
