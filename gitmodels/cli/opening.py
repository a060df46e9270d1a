"""From the settings of a call to the repository it works on. This room knows settings and Repo, no command."""

import logging
from collections.abc import Iterable

import click

from gitmodels.api import context
from gitmodels.cli.options import Call
from gitmodels.cli.output import Output
from gitmodels.cli.params import FileOfModel
from gitmodels.errors import GitModelsError
from gitmodels.repo import Repo
from gitmodels.uris import ModelRef


class _Words(logging.Handler):
    """Shows what the library says on the way as words of the command."""

    def __init__(self, err: Output) -> None:
        super().__init__(logging.INFO)
        self.err = err

    def emit(self, record: logging.LogRecord) -> None:
        self.err.line("warning: " if record.levelno >= logging.WARNING else "", record.getMessage())


def opened(call: Call) -> Repo:
    """The repository of this call: ``--git-dir``, ``GITMODELS_REGISTRY``, or the one around the folder."""
    _show_words(call.err)
    return context.open_repository(call.settings.registry, call.settings)


def _show_words(err: Output) -> None:
    """From now until the command ends, what the library logs is shown."""
    log = logging.getLogger("gitmodels")
    if any(isinstance(handler, _Words) for handler in log.handlers):
        return
    before = (log.handlers[:], log.level, log.propagate)
    log.handlers[:], log.propagate = [_Words(err)], False
    log.setLevel(logging.INFO)

    def restore() -> None:
        log.handlers[:], log.propagate = before[0], before[2]
        log.setLevel(before[1])

    click.get_current_context().find_root().call_on_close(restore)


def suggestion(call: Call, error: GitModelsError, given: Iterable[object]) -> str:
    """What may have been meant by ``given``, the arguments of a command that ended in ``error``; or nothing."""
    from gitmodels.api import suggesting

    refs = (one.ref if isinstance(one, FileOfModel) else one for one in given)
    ref = next((one for one in refs if isinstance(one, ModelRef)), None)
    try:
        return suggesting.hint(opened(call).registry.existing_state(), error, ref)
    except GitModelsError:
        return ""
