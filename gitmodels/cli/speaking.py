"""What the library logs while a command runs, shown as words of the command.

This room knows logging and outputs. Only commands that change something load it: what only reads has nothing to log.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from gitmodels.cli.output import Output


class _Words(logging.Handler):
    def __init__(self, err: Output) -> None:
        super().__init__(logging.INFO)
        self.err = err

    def emit(self, record: logging.LogRecord) -> None:
        head, *table = record.getMessage().split("\n") if getattr(record, "is_table", False) else [record.getMessage()]
        self.err.line("warning: " if record.levelno >= logging.WARNING else "", head)
        for line in table:
            self.err.line(line)


@contextmanager
def shown(err: Output) -> Iterator[None]:
    """Inside the block, what the library logs is shown on ``err``; afterwards logging is as it was."""
    log = logging.getLogger("gitmodels")
    before = (log.handlers[:], log.level, log.propagate)
    log.handlers[:], log.propagate = [_Words(err)], False
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.handlers[:], log.propagate = before[0], before[2]
        log.setLevel(before[1])
