"""One training at a time: which fit is the user's own, which run it is logged to, and what happens when logging fails.

A meta-estimator fits others inside its own fit, perhaps in other threads; only the outermost fit is logged. Whatever
goes wrong in logging is told once and never reaches the training. This room knows runs, no framework.
"""

import contextlib
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from gitmodels.api import fluent_runs
from gitmodels.api.autolog_scores import SCORES
from gitmodels.api.autologging import switches
from gitmodels.flavors.trainings.stories import Call, Story, told
from gitmodels.runs.records import FAILED, FINISHED

if TYPE_CHECKING:
    from gitmodels.api.autolog_recorder import Recorder

AUTOLOGGING = "mlflow.autologging"

_lock = threading.Lock()
_busy = 0
_told: set[str] = set()


class _Open(threading.local):
    """The log of the training that is going on in a thread."""

    log: "Recorder | None" = None


_open = _Open()


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
        started = fluent_runs.start_run(tags={**extra_tags, AUTOLOGGING: framework}).info.run_id
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


class Session:
    """The observer of one framework: logs what the user calls, not what those calls call."""

    def __init__(self, framework: str) -> None:
        self.framework = framework

    def active(self) -> bool:
        """Whether anything of this framework is logged."""
        return switches(self.framework).enabled

    def inside(self) -> "Recorder | None":
        """The log of this framework's training that is going on in this thread; None when there is none."""
        log = _open.log
        return log if log is not None and log.framework == self.framework else None

    def trained(self, story: Story, call: Call, estimator: Any = None) -> Any:
        """Train, and log the training unless it is part of another one."""
        now = switches(self.framework)
        if not now.enabled:
            return call()
        with outermost() as own:
            if not own:
                return call()
            with run(self.framework, now.tags, exclusive=now.exclusive, silent=now.silent) as run_id:
                return call() if run_id is None else self._logged(story, call, estimator, run_id)

    def _logged(self, story: Story, call: Call, estimator: Any, run_id: str) -> Any:
        from gitmodels.api.autolog_recorder import Recorder

        log = Recorder(self.framework, fluent_runs.running(run_id)[0], run_id, switches(self.framework))
        _open.log = log
        try:
            answer = told(story, log, call)
        finally:
            _open.log = None
            log.finish()
        if estimator is not None:
            SCORES.trained(estimator, self.framework, log.repo, run_id, log.model_id)
        return answer

    def noticed(self, notice: Callable[[], None]) -> None:
        """Do a small thing besides; what goes wrong is told once."""
        now = switches(self.framework)
        if now.enabled:
            with quiet("the data of a training is", silent=now.silent):
                notice()

    def predicted(self, estimator: Any, call: Call) -> Any:
        """Predict, and remember on what, so that a metric of the answer can be logged."""
        if not (idle() and SCORES.knows(estimator)):
            return call()
        with outermost():
            answer = call()
        with quiet("a prediction is", silent=switches(self.framework).silent):
            SCORES.predicted(estimator, call.first, answer)
        return answer

    def scored(self, estimator: Any, call: Call) -> Any:
        """Score, and log the score of an estimator whose training was logged."""
        if not (idle() and SCORES.knows(estimator)):
            return call()
        with outermost():
            value = call()
        with quiet("a score is", silent=switches(self.framework).silent):
            SCORES.scored(estimator, call, value)
        return value

    def measured(self, call: Call) -> Any:
        """Measure, and log the metric of a prediction by an estimator whose training was logged."""
        if not (idle() and SCORES.any()):
            return call()
        with outermost():
            value = call()
        with quiet("a metric is", silent=switches(self.framework).silent):
            SCORES.measured(call, value)
        return value

    def unobserved(self, call: Call) -> Any:
        """A call whose trainings are not the user's own."""
        with outermost():
            return call()
