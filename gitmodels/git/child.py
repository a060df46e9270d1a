"""A process of git's that is listened to while it works: started at the least cost, ended with all it started.

posix_spawn, and not the module subprocess: loading that costs more than what most of these processes do. This room
knows processes; what is run, and what its words mean, is its callers' business.
"""

import contextlib
import os
import signal
import time
from collections.abc import Mapping

_STEP_S = 0.02


class Child:
    """The program ``command``, running in a session of its own; ``stdin`` is an open file that it reads.

    ``stdout`` and ``stderr`` are what it says, as descriptors. Raises FileNotFoundError when there is no such program,
    NotImplementedError where a process cannot be started so.
    """

    def __init__(self, command: list[str], environ: Mapping[str, str], stdin: int) -> None:
        self._code: int | None = None
        self.stdout, out = os.pipe()
        try:
            self.stderr, words = os.pipe()
        except OSError:
            _close(self.stdout, out)
            raise
        actions = [(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate((stdin, out, words))]
        try:
            # A session of its own: ssh finds no terminal to ask on, and all that it starts can be ended together.
            self.pid = os.posix_spawnp(
                command[0], command, environ, file_actions=actions, setsid=True, setsigdef=[signal.SIGPIPE]
            )
        except BaseException:
            self.close()
            raise
        finally:
            _close(out, words)

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._ended(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int | None:
        """Its exit code once it has ended; None when it has not in ``timeout`` seconds."""
        if timeout is None:
            return self._ended(0)
        until = time.monotonic() + timeout
        while self.poll() is None and time.monotonic() < until:
            time.sleep(_STEP_S)
        return self._code

    def close(self) -> None:
        """Let go of what it says."""
        _close(self.stdout, self.stderr)
        self.stdout = self.stderr = -1

    def _ended(self, options: int) -> int | None:
        if self._code is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # where the program that uses us ignores its children's ends
                self._code = -1
            else:
                self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code


def end(process: Child) -> None:
    """End it and what it started, in peace if it can be."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGTERM)  # git takes its temporary files away
        if process.wait(5) is None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    process.close()


def _close(*descriptors: int) -> None:
    for fd in descriptors:
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.close(fd)
