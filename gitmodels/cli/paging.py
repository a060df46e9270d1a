"""Long answers go through a pager, as git's do: only on a terminal, chosen as git chooses, one page needs none.

This room starts the pager, hands it what a command shows as it comes, and waits for it; it knows no command.
"""

import contextlib
import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    import subprocess

# What git gives its pager: quit when all fits one screen, pass colours on, leave the screen as it is.
DEFAULTS = {"LESS": "FRX", "LV": "-c"}
DEFAULT = "less"
# Of these a shell makes something; anything else is a program and its arguments.
_FOR_A_SHELL = frozenset("|&;<>()$`\\\"'*?[#~=%\n")


def choose(environment: Mapping[str, str], configured: Callable[[], str | None]) -> str | None:
    """The pager's command line: GIT_PAGER, git's core.pager, PAGER or less; None where there is to be none.

    >>> choose({"GIT_PAGER": "cat"}, lambda: None), choose({"PAGER": "more"}, lambda: None)
    (None, 'more')
    """
    found = environment.get("GIT_PAGER")
    if found is None:
        found = configured()
    if found is None:
        found = environment.get("PAGER", DEFAULT)
    return None if found.strip() in ("", "cat") else found


class Paged(io.TextIOBase):
    """A stream into a pager that is started with the first text, so that an error before it needs none."""

    def __init__(self, terminal: TextIO, command: str, environment: Mapping[str, str]) -> None:
        super().__init__()
        self._terminal = terminal
        self._command = command
        self._environment = {**DEFAULTS, **environment}
        self._process: subprocess.Popen[str] | None = None
        self._target: TextIO | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The terminal's."""
        return self._terminal.encoding or "utf-8"

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Hand ``text`` to the pager at the end of each line. Raises BrokenPipeError when it was quit."""
        if self._target is None:
            self._target = self._start()
        return self._target.write(text)

    def flush(self) -> None:
        """Hand over what was written so far."""
        if self._target is not None:
            self._target.flush()

    def finish(self) -> None:
        """No more text comes: wait until the pager is quit. An interrupt meanwhile is the pager's."""
        if self._process is None:
            self.flush()
            return
        import signal

        assert self._process.stdin is not None
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.wait()
        finally:
            signal.signal(signal.SIGINT, before)

    def _start(self) -> TextIO:
        import subprocess

        self._terminal.flush()
        words: Any = ["sh", "-c", self._command]
        if not _FOR_A_SHELL & set(self._command):
            words = shlex.split(self._command)
        try:
            self._process = subprocess.Popen(
                words, stdin=subprocess.PIPE, env=self._environment, text=True, bufsize=1, encoding=self.encoding
            )
        except OSError:
            # As git does: without a pager the answer is shown all the same.
            return self._terminal
        assert self._process.stdin is not None
        return cast(TextIO, self._process.stdin)


@contextlib.contextmanager
def paged(terminal: TextIO, command: str, environment: Mapping[str, str]) -> Iterator[TextIO]:
    """A stream into the pager ``command``; at the end, however it came, the pager is waited for."""
    stream = Paged(terminal, command, environment)
    try:
        yield cast(TextIO, stream)
    finally:
        stream.finish()


def is_wanted(stream: TextIO | None) -> bool:
    """Whether ``stream`` is standard output on a terminal: nothing else is ever paged."""
    return stream is not None and stream is sys.stdout and stream.isatty() and os.name == "posix"
