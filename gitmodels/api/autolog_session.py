"""One training at a time: which fit is the user's own, which run it is logged to, and what happens when logging fails.

A meta-estimator fits others inside its own fit, perhaps in other threads; only the outermost fit is logged. Whatever
goes wrong in logging is told once and never reaches the training. This room knows runs, no framework.
"""

import contextlib
import threading
import warnings
from collections.abc import Iterator, Mapping

from gitmodels.api import fluent_runs
from gitmodels.runs.records import FAILED, FINISHED

AUTOLOGGING = "mlflow.autologging"

_lock = threading.Lock()
_busy = 0
_told: set[str] = set()


def idle() -> bool:
    """Whether no training or measurement is under way in this process, so that a call is the user's own."""
    return _busy == 0


@contextlib.contextmanager
def outermost() -> Iterator[bool]:
    """Everything inside is part of one call of the user's; gives whether the block itself is that call."""
    global _busy
    with _lock:
        first = _busy == 0
        _busy += 1
    try:
        yield first
    finally:
        with _lock:
            _busy -= 1


@contextlib.contextmanager
def quiet(what: str, *, silent: bool) -> Iterator[None]:
    """Log in here: an error is told once for each ``what`` and goes no further."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - logging never breaks a training
        if not silent and what not in _told:
            _told.add(what)
            warnings.warn(f"{what} not logged: {error}", UserWarning, stacklevel=4)


@contextlib.contextmanager
def run(
    framework: str, extra_tags: Mapping[str, str], *, exclusive: bool, silent: bool = False
) -> Iterator[str | None]:
    """The run that a training is logged to: the active one, or one of its own that ends with the block.

    Gives its id; None when ``exclusive`` keeps autologging out of the user's run, or when no run can be had. An error
    of the block marks a run of its own FAILED and goes on.
    """
    active = fluent_runs.active_run_id()
    if active is not None:
        yield None if exclusive else active
        return
    started = None
    with quiet("the run is", silent=silent):
        started = fluent_runs.start_run(tags={AUTOLOGGING: framework, **extra_tags}).info.run_id
    status = FINISHED
    try:
        yield started
    except BaseException:
        status = FAILED
        raise
    finally:
        if started is not None and fluent_runs.active_run_id() == started:
            with quiet("the end of the run is", silent=silent):
                fluent_runs.end_run(status)
