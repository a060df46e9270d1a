"""Starting the system's git where it touches a network: hardened, watched, and never left behind.

GitPython starts it. Credentials, proxies and certificates stay git's business, so the user's own configuration is
read; what in it could run programs of somebody's choosing, or ask questions, is switched off. This room knows how git
is started and listened to, no command of it, and not what its words mean (refusals.py).
"""

import contextlib
import os
import selectors
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from gitmodels.errors import MissingDependency
from gitmodels.git.addresses import PROTOCOLS
from gitmodels.git.repository import GitRepository
from gitmodels.values import frozen

if TYPE_CHECKING:
    from subprocess import Popen

# Called with the number of bytes that were transferred since the last call.
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
    with tempfile.TemporaryFile() as pipe:
        pipe.write(stdin)
        pipe.seek(0)
        process = _start(
            repo, [*_hardened(repo), *_flags(settings)], arguments, cast("BinaryIO", pipe), dict(environ or {})
        )
        try:
            return _listen(process, progress)
        finally:
            _end(process)


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
    repo: GitRepository, flags: list[str], arguments: list[str], stdin: BinaryIO, environ: dict[str, str]
) -> "Popen[bytes]":
    try:
        import git
    except ImportError as error:
        raise MissingDependency(f"git cannot be started: {error}", hint=_NO_GIT) from None
    command = [git.Git.GIT_PYTHON_GIT_EXECUTABLE or "git", f"--git-dir={repo.git_dir}", *flags, *arguments]
    # A configured address may be relative, which git reads from the top of the work tree.
    place = git.Git(str(repo.work_tree or repo.common_dir))
    try:
        # A session of its own: ssh finds no terminal to ask on, and all that git starts can be ended together.
        started: Any = place.execute(
            command, istream=stdin, env=_ENVIRONMENT | environ, as_process=True, start_new_session=True
        )
    except git.exc.GitCommandNotFound as error:
        raise MissingDependency(f"git cannot be started: {error}", hint=_NO_GIT) from None
    process: Popen[bytes] = started.proc
    started.proc = None  # its destructor would end git when this function does
    return process


def _listen(process: "Popen[bytes]", progress: Progress | None) -> Ended:
    assert process.stdout is not None
    assert process.stderr is not None
    output, words = bytearray(), _Words(progress)
    heard = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output.extend)
        selector.register(process.stderr, selectors.EVENT_READ, words.take)
        while selector.get_map():
            ready = selector.select(_PAUSE_S)
            if not ready:
                if process.poll() is not None:
                    break  # what git left behind, as ssh's shared connection, still holds the pipe
                if time.monotonic() - heard < SILENCE_S:
                    continue
                _end(process)
                return Ended(-1, _text(output), words.text(), silent=True)
            heard = time.monotonic()
            for key, _ in ready:
                block = os.read(key.fd, _BLOCK)
                if not block:
                    selector.unregister(key.fileobj)
                key.data(block)
            if len(output) > _MOST_OUTPUT:
                _end(process)
                return Ended(-1, "", f"fatal: more than {_MOST_OUTPUT >> 20} MiB of answers")
    words.take(b"\n")
    return Ended(process.wait(), _text(output), words.text())


class _Words:
    """What git says on stderr: lines to keep, and lines that only tell how far it is, which are counted and dropped."""

    def __init__(self, progress: Progress | None) -> None:
        self._meter = _meter(progress)
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


def _meter(progress: Progress | None) -> Callable[[str], bool]:
    """Takes a line; whether it only told how far git is."""
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


def _end(process: "Popen[bytes]") -> None:
    from subprocess import TimeoutExpired

    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGTERM)  # git takes its temporary files away
        with contextlib.suppress(TimeoutExpired):
            process.wait(5)
        if process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
