"""Starting the system's git where it touches a network: hardened, watched, and never left behind.

Where somebody watches how far it is, GitPython drives it; loading that takes longer than most of what git is asked
for, so where nobody does, git is started from here. Credentials, proxies and certificates stay git's business, so the
user's own configuration is read; what in it could run programs of somebody's choosing, or ask questions, is switched
off. This room knows how git is started and listened to, no command of it, and not what its words mean (refusals.py).
"""

import contextlib
import os
import select
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from gitmodels.errors import MissingDependency
from gitmodels.git import child, program
from gitmodels.git.addresses import PROTOCOLS
from gitmodels.git.child import Child
from gitmodels.git.repository import GitRepository
from gitmodels.patterns import pattern
from gitmodels.values import frozen

if TYPE_CHECKING:
    from subprocess import Popen

# Called with the number of bytes that were transferred since the last call. One with a false ``is_shown`` only counts.
Progress = Callable[[int], None]

# Each is about what fetched or configured content could make git do; none about reaching the server.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.allow=never",
    "protocol.ext.allow=never",
    "protocol.fd.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=no",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "core.symlinks=false",
    "transfer.fsckObjects=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    "credential.interactive=false",
    "advice.pushUpdateRejected=false",
)
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LANGUAGE": "C",
    "LC_ALL": "C",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
}
# A server that hears nothing of us, or we of it, for so long has gone; one that works says so every few seconds.
SILENCE_S = 600.0
_PAUSE_S = 0.5
_BLOCK = 1 << 16
_MOST_WORDS = 1 << 20
_MOST_OUTPUT = 256 << 20
_NO_GIT = "install git and see that it is on PATH"
# What git says of how far it is: ``Receiving objects:  33% (1/3), 31.50 MiB | 10.00 MiB/s``.
_METER = pattern(r"(?:remote: )?([A-Z][A-Za-z ]+): +(?:\d+% \(\d+/\d+\)|\d+)(?:, (.*))?")
_MOVING = ("Writing objects", "Receiving objects")


@frozen
class Ended:
    """How one git ended: its exit code, what it printed, what it said on stderr; and whether we stopped it."""

    code: int
    output: str
    words: str
    silent: bool = False


def run(
    repo: GitRepository,
    arguments: list[str],
    *,
    stdin: bytes = b"",
    settings: Iterable[str] = (),
    progress: Progress | None = None,
    environ: Mapping[str, str] | None = None,
) -> Ended:
    """Run the system's git on ``repo`` to its end and tell how it ended, well or not.

    ``settings`` are lines of configuration for this one run, ``environ`` is added to its environment. What breaks the
    run off here (Ctrl-C, an error in ``progress``) ends git and what it started too. Raises MissingDependency when
    there is no git.
    """
    with _readable(stdin) as pipe:
        process, meter = _start(
            repo, [*_hardened(repo), *_flags(settings)], arguments, pipe, dict(environ or {}), progress
        )
        try:
            return _listen(process, meter)
        finally:
            child.end(process)


@contextlib.contextmanager
def _readable(data: bytes) -> Iterator[BinaryIO]:
    """A file that holds ``data``, from its start."""
    if hasattr(os, "memfd_create"):
        stream = os.fdopen(os.memfd_create("gitmodels"), "w+b")
    else:
        import tempfile

        stream = cast("Any", tempfile.TemporaryFile())  # noqa: SIM115 (closed below)
    with stream:
        stream.write(data)
        stream.seek(0)
        yield stream


def _hardened(repo: GitRepository) -> Iterator[str]:
    yield from _flags(_SETTINGS)
    yield from _flags(["core.fsync=none" if repo.is_fleeting else "core.fsync=all"])
    # Where the user says something about a protocol it holds: it may be that one is forbidden.
    yield from _flags(
        f"protocol.{name}.allow=always" for name in PROTOCOLS if not repo.config(f"protocol.{name}.allow")
    )


def _flags(settings: Iterable[str]) -> Iterator[str]:
    for setting in settings:
        yield from ("-c", setting)


def _start(
    repo: GitRepository,
    flags: list[str],
    arguments: list[str],
    stdin: BinaryIO,
    environ: dict[str, str],
    progress: Progress | None,
) -> "tuple[Child, Callable[[str], bool]]":
    """A git at work, and what takes its lines about how far it is."""
    command = [f"--git-dir={repo.git_dir}", *flags, *arguments]
    # A configured address may be relative, which git reads from the top of the work tree.
    place = str(repo.work_tree or repo.common_dir)
    environ = _ENVIRONMENT | environ
    if progress is None or not getattr(progress, "is_shown", True):
        try:
            return Child(["git", "-C", place, *command], program.inherited() | environ, stdin.fileno()), _Counter(
                progress
            ).take
        except FileNotFoundError as error:
            raise MissingDependency(f"git cannot be started: {error}", hint=_NO_GIT) from None
        except (NotImplementedError, ValueError):
            pass  # where the system starts no session for us, GitPython does
    return _Driven(place, command, environ, stdin), _meter(progress)


class _Driven(Child):
    """git, started by GitPython."""

    def __init__(self, place: str, arguments: list[str], environ: dict[str, str], stdin: BinaryIO) -> None:
        try:
            import git
        except ImportError as error:
            raise MissingDependency(f"git cannot be started: {error}", hint=_NO_GIT) from None
        command = [git.Git.GIT_PYTHON_GIT_EXECUTABLE or "git", *arguments]
        try:
            started: Any = git.Git(place).execute(
                command, istream=stdin, env=environ, as_process=True, start_new_session=True
            )
        except git.exc.GitCommandNotFound as error:
            raise MissingDependency(f"git cannot be started: {error}", hint=_NO_GIT) from None
        process: Popen[bytes] = started.proc
        started.proc = None  # its destructor would end git when this function does
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self.pid = process.pid
        self.stdout, self.stderr = process.stdout.fileno(), process.stderr.fileno()

    def poll(self) -> int | None:
        return self._process.poll()

    def wait(self, timeout: float | None = None) -> int | None:
        from subprocess import TimeoutExpired

        with contextlib.suppress(TimeoutExpired):
            return self._process.wait(timeout)
        return None

    def close(self) -> None:
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def _listen(process: Child, meter: Callable[[str], bool]) -> Ended:
    output, words = bytearray(), _Words(meter)
    takes = {process.stdout: output.extend, process.stderr: words.take}
    heard = time.monotonic()
    poll = select.poll()
    for fd in takes:
        poll.register(fd, select.POLLIN)
    while takes:
        ready = poll.poll(_PAUSE_S * 1000)
        if not ready:
            if process.poll() is not None:
                break  # what git left behind, as ssh's shared connection, still holds the pipe
            if time.monotonic() - heard < SILENCE_S:
                continue
            child.end(process)
            return Ended(-1, _text(output), words.text(), silent=True)
        heard = time.monotonic()
        for fd, _ in ready:
            block = os.read(fd, _BLOCK)
            takes[fd](block)
            if not block:
                poll.unregister(fd)
                del takes[fd]
        if len(output) > _MOST_OUTPUT:
            child.end(process)
            return Ended(-1, "", f"fatal: more than {_MOST_OUTPUT >> 20} MiB of answers")
    words.take(b"\n")
    return Ended(process.wait() or 0, _text(output), words.text())


class _Words:
    """What git says on stderr: lines to keep, and lines that only tell how far it is, which are counted and dropped."""

    def __init__(self, meter: Callable[[str], bool]) -> None:
        self._meter = meter
        self._rest = b""
        self._kept = bytearray()

    def take(self, block: bytes) -> None:
        *lines, self._rest = (self._rest + block).replace(b"\r", b"\n").split(b"\n")
        self._rest = self._rest[-_MOST_WORDS:]
        for line in lines:
            text = _text(line).rstrip()
            if text and not self._meter(text) and len(self._kept) < _MOST_WORDS:
                self._kept += text.encode() + b"\n"

    def text(self) -> str:
        return self._kept.decode()


class _Counter:
    """Takes lines that nobody watches; counts the bytes they speak of."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._seen = 0

    def take(self, line: str) -> bool:
        """Whether the line only told how far git is."""
        match = _METER.fullmatch(line)
        if match is None or line.startswith(("error:", "fatal:")):
            return False
        if self._progress is not None and match[1] in _MOVING:
            done = _bytes(match[2] or "")
            if done > self._seen:
                self._progress(done - self._seen)
                self._seen = done
        return True


def _meter(progress: Progress | None) -> Callable[[str], bool]:
    """The same with GitPython's parser: takes a line; whether it only told how far git is."""
    from git.util import RemoteProgress

    class Meter(RemoteProgress):
        # GitPython's bitmask of operations and its parser; what is transferred stands in the message.
        seen = 0
        understood = True

        def line_dropped(self, line: str) -> None:
            self.understood = line.startswith("remote: ") and line.rstrip().endswith(("%)", "done."))

        def update(self, op_code: int, cur_count: Any, max_count: Any = None, message: str = "") -> None:
            if progress is None or not op_code & (self.WRITING | self.RECEIVING):
                return
            done = _bytes(message)
            if done > self.seen:
                progress(done - self.seen)
                self.seen = done

    meter = Meter()

    def take(line: str) -> bool:
        meter.understood = not line.startswith(("error:", "fatal:"))
        meter._parse_progress_line(line)
        meter.other_lines.clear()
        meter.error_lines.clear()
        return meter.understood

    return take


def _bytes(message: str) -> int:
    """The bytes that a line of progress speaks of: ``31.50 MiB | 10.00 MiB/s`` is 33030144."""
    number, _, unit = message.partition("|")[0].strip().rstrip(",").partition(" ")
    units = {"bytes": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
    with contextlib.suppress(ValueError):
        return int(float(number) * units.get(unit.strip(), 0))
    return 0


def _text(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "replace")
