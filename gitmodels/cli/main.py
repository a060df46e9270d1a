"""The entry point and its one error boundary: what comes out of a command is a line, a way out and an exit code.

Exit codes: those of ``gitmodels.errors``; 2 wrong usage, 70 an error of ours, 130 interrupted, 141 when the reader of
our output went away (what a shell shows for git in the same place). Nothing is imported here before the boundary
stands, so an interrupt during start-up is caught too.
"""

import gc
import sys

TYPE_CHECKING = False  # typing itself is what -h should not have to load
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

PROGRAM = "git models"
# Set by the scripts of git models completion: what follows is asked at a TAB.
COMPLETING = "_GIT_MODELS_COMPLETE"
USAGE, INTERNAL, INTERRUPTED, READER_GONE = 2, 70, 130, 141


def main() -> "NoReturn":
    """The console script."""
    _collect_rarely()
    sys.unraisablehook = _not_lost
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        _deaf()
    gc.freeze()  # what is left goes with the process; nobody need look through it once more
    sys.exit(code)


def _collect_rarely() -> None:
    """Let the collector of cyclic garbage wait longer than a start takes: what imports make is no garbage.

    A tenth of a reading command went to looking through it. A command that goes on is still collected from.
    """
    gc.set_threshold(50_000, 20, 50)


def run(arguments: "Sequence[str]") -> int:
    """Run one command line and give its exit code; every error has been told on standard error."""
    try:
        try:
            return _invoke(arguments)
        except Exception as error:  # the boundary: nothing may leave it but an exit code
            if _is_interrupt(error):
                raise KeyboardInterrupt from error
            if _wants_traceback(arguments):
                _traceback()
            return _tell(error)
    except KeyboardInterrupt:
        before = _deaf()
        _words("interrupted")
        _deaf(before)
        return INTERRUPTED
    except BrokenPipeError:
        _close_quietly()
        return READER_GONE


def _is_interrupt(error: BaseException | None) -> bool:
    """Whether it began as an interrupt: one in the middle of an import may come out as its failure."""
    while isinstance(error, ImportError):
        error = error.__cause__ or error.__context__
    return isinstance(error, KeyboardInterrupt)


def _not_lost(unraisable: "Any") -> None:
    """An interrupt that came where Python can raise nothing, as in a callback of its own imports, comes once more."""
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        import _thread

        # From another thread, which runs when this hook, where nothing can be raised either, is left.
        _thread.start_new_thread(_thread.interrupt_main, ())
    else:
        sys.__unraisablehook__(unraisable)


def _deaf(answer: "Any" = None) -> "Any":
    """Answer interrupts with ``answer`` from now on, with nothing by default; what was before.

    git hands the terminal's ^C on to us once more, which would come in the middle of the words about the first.
    """
    import signal

    try:
        return signal.signal(signal.SIGINT, signal.SIG_IGN if answer is None else answer)
    except ValueError:  # not in the main thread, where no interrupt comes
        return None


def _first_page(arguments: "Sequence[str]") -> str | None:
    if len(arguments) != 1 or arguments[0] not in ("-h", "--help", "--version"):
        return None
    from gitmodels.cli.first_page import answer

    return answer(arguments[0])


def _invoke(arguments: "Sequence[str]") -> int:
    import os

    how = os.environ.get(COMPLETING)
    if not how and (page := _first_page(arguments)) is not None:
        if sys.stdout is not None:
            sys.stdout.write(page)
            sys.stdout.flush()
        return 0
    import warnings

    from click.exceptions import Exit

    from gitmodels.cli.root import root

    if how:
        from gitmodels.cli.completing import answer

        sys.stdout.buffer.write(answer(root, how, arguments).encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
        return 0
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        try:
            with root.make_context(PROGRAM, list(arguments)) as context:
                root.invoke(context)
        except Exit as done:
            return done.exit_code
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    return 0


def _tell(error: Exception) -> int:
    """One line that says what is wrong, its reasons where it has several, one with the way out; the exit code."""
    import click

    from gitmodels.errors import GitModelsError

    if isinstance(error, BrokenPipeError):
        raise error
    if isinstance(error, GitModelsError):
        return _say(error.message, error.hint, error.exit_code, getattr(error, "told", ()))
    if isinstance(error, click.Abort):
        raise KeyboardInterrupt
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return USAGE
    if isinstance(error, click.ClickException):
        return _say(error.format_message().rstrip("."), _usage(error), error.exit_code)
    if isinstance(error, OSError) and error.strerror:
        _give_up_output()
        where = f": {error.filename}" if error.filename is not None else ""
        return _say(f"{error.strerror}{where}", _way_out(error), 1)
    kind = type(error).__name__
    return _say(f"internal error: {kind}", "run it again with --debug and report the traceback", INTERNAL)


def _usage(error: "Any") -> str:
    context = getattr(error, "ctx", None)
    return f"{context.command_path if context is not None else PROGRAM} -h shows what it takes"


def _way_out(error: OSError) -> str:
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "free some space and run it again: nothing was left half-written"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "this user may not do that there"
    return ""


def _say(message: str, hint: str, code: int, told: "Sequence[str]" = ()) -> int:
    _words("error: ", message)
    for line in told:
        _words("  ", line)
    if hint:
        _words("hint: ", hint)
    return code


def _words(head: str, text: str = "") -> None:
    import os

    from gitmodels.cli.output import Output, Painted

    if sys.stderr is None:
        return
    output = Output.of(sys.stderr, os.environ)
    output.line(Painted(head, "bad" if head == "error: " else ""), text)


def _warn(message: Warning | str, *_: object, **__: object) -> None:
    _words("warning: ", str(message))


def _wants_traceback(arguments: "Sequence[str]") -> bool:
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--debug" in own


def _traceback() -> None:
    import traceback

    traceback.print_exc(file=sys.stderr)


def _give_up_output() -> None:
    """Where standard output cannot be written (a full disk), let go of what waits there: it was told once."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        _close_quietly()


def _close_quietly() -> None:
    """Point standard output elsewhere, so that Python's own flush at exit finds somebody to write to."""
    import os

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
