"""What touches the network: the system's git, driven by GitPython, hardened on every call.

This room knows remotes and commands. Credentials, proxies and certificates stay git's business, so the user's own
configuration is read; what in it could run programs of somebody's choosing, or ask questions, is switched off.
"""

import tempfile
from collections.abc import Iterable

from gitmodels.errors import Invalid, MissingDependency, RemoteError
from gitmodels.git.raw import check_oid
from gitmodels.git.repository import GitRepository
from gitmodels.patterns import pattern

# Each is about what fetched or configured content could make git do; none about reaching the server.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=no",
    "core.symlinks=false",
    "transfer.fsckObjects=true",
    "core.fsync=all",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    "credential.interactive=false",
)
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
}
_REMOTE = pattern(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_TIMEOUT_S = 600.0
_NO_GIT = "install git and see that it is on PATH"
_SECRET = pattern(r"(?<=://)[^/@\s]+@")
_CONTROL = pattern(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def prefetch(repo: GitRepository, oids: Iterable[str]) -> int:
    """Bring those of the objects ``oids`` that a partial clone lacks, all in one fetch; how many were missing.

    Raises RemoteError when the remote that promised them cannot be reached or no longer has them, Invalid in a clone
    that no remote promised anything to.
    """
    missing = repo.objects.missing(check_oid(oid) for oid in oids)
    if not missing:
        return 0
    remote = repo.promisor()
    if remote is None:
        raise Invalid(
            f"{len(missing)} git objects are missing and this is no partial clone",
            hint="run git fsck; fetch from a remote",
        )
    # What git itself runs for one missing object, for all of them at once.
    arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules"]
    arguments += ["--filter=blob:none", "--stdin", "--", check_remote(remote)]
    settings = ("fetch.negotiationAlgorithm=noop",)
    run_git(repo, arguments, stdin="".join(f"{oid}\n" for oid in missing).encode(), settings=settings)
    left = repo.objects.missing(missing)
    if left:
        raise RemoteError(f"the remote {remote!r} did not send {len(left)} of {len(missing)} objects it promised")
    return len(missing)


def run_git(repo: GitRepository, arguments: list[str], *, stdin: bytes = b"", settings: Iterable[str] = ()) -> str:
    """Run the system's git on ``repo`` and return what it prints.

    Raises MissingDependency when there is no git, RemoteError with git's last words (credentials taken out) when it
    fails or takes longer than ten minutes.
    """
    try:
        import git
    except ImportError as error:
        raise MissingDependency(
            f"git cannot be started: {error}", hint="install git and see that it is on PATH"
        ) from None
    command = [git.Git.GIT_PYTHON_GIT_EXECUTABLE or "git", f"--git-dir={repo.git_dir}"]
    for setting in (*_SETTINGS, *settings):
        command += ["-c", setting]
    with tempfile.TemporaryFile() as pipe:
        pipe.write(stdin)
        pipe.seek(0)
        try:
            return str(
                git.Git(str(repo.common_dir)).execute(
                    [*command, *arguments], istream=pipe, env=_ENVIRONMENT, kill_after_timeout=_TIMEOUT_S
                )
            )
        except git.exc.GitCommandError as error:
            raise RemoteError(f"git {arguments[0]} failed: {_last_words(str(error.stderr))}") from None
        except git.exc.GitCommandNotFound as error:
            raise MissingDependency(f"git cannot be started: {error}", hint=_NO_GIT) from None


def check_remote(name: str) -> str:
    """``name`` if it can only be read as a remote's name, not as an option or an address; raises Invalid otherwise."""
    if not _REMOTE.fullmatch(name) or ".." in name:
        raise Invalid(f"not a remote's name: {name[:80]!r}")
    return name


def clean(text: str) -> str:
    r"""``text`` from a server or git without terminal codes and without the credentials in its addresses.

    >>> clean("fatal: https://ann:secret@example.org/x: \x1b[31mno")
    'fatal: https://example.org/x: no'
    """
    return _SECRET.sub("", _CONTROL.sub("", text))


def _last_words(stderr: str) -> str:
    text = clean(stderr.strip().removeprefix("stderr: ").strip("' \n"))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:"))]
    return (telling or lines or ["no reason given"])[-1][:300]
