"""statsmodels' trainings: ``fit`` of any of its models.

What is told, and under which names, is MLflow's (mlflow.statsmodels.autolog, 3.17); beside it the fingerprint of the
data and the signature of the model, which MLflow leaves out.
"""

import re
from collections.abc import Iterator
from numbers import Real
from typing import Any

from gitmodels.flavors.trainings.stories import Call, Log, Observer

METRICS = ("aic", "bic", "centered_tss", "condition_number", "df_model", "df_resid", "ess", "f_pvalue", "fvalue", "llf",
           "mse_model", "mse_resid", "mse_total", "rsquared", "rsquared_adj", "scale", "ssr",
           "uncentered_tss")  # fmt: skip


def watch(module: Any, observer: Observer) -> None:
    """Put the wrappers on, on classes that are there and on those defined later. Once in a process."""
    base = module.Model
    for kind in _family(base):
        _wrap(kind, observer)
    original = base.__init_subclass__

    def defined(cls: type, /, **kwargs: Any) -> None:
        original.__func__(cls, **kwargs) if hasattr(original, "__func__") else original(**kwargs)
        _wrap(cls, observer)

    base.__init_subclass__ = classmethod(defined)


class Fit:
    """One ``fit``."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._has_example = False

    def before(self, log: Log, call: Call) -> None:
        """The params of the call, and the data."""
        with log.step("the params of a training are"):
            log.params(call.given)
        with log.step("the data set of a training is"):
            data = self._model.data
            given = data.orig_exog if getattr(data, "frame", None) is None else data.frame
            log.data(data.orig_endog if given is None else given, self._model.endog)
        with log.step("the data of a training is"):
            rows = _asked_for(self._model)
            if rows is not None:
                log.example(rows)
                self._has_example = True

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """The model, its metrics and its summary; nothing of an answer that is no fitted model."""
        from statsmodels.base.wrapper import ResultsWrapper

        if log.wants_models:
            with log.step("the model of a training is"):
                log.model(answer, answer.predict if self._has_example else None)
        if isinstance(answer, ResultsWrapper):
            with log.step("the metrics of a training are"):
                log.metrics(dict(_measured(answer)))
            with log.step("the summary of a training is"):
                log.text("model_summary.txt", answer.summary().as_text())


def _measured(results: Any) -> Iterator[tuple[str, float]]:
    """The numbers of MLflow's list that the results have; one that cannot be computed is left out."""
    for name in METRICS:
        try:
            value = getattr(results, name, None)
        except Exception:  # noqa: BLE001, S112 - some results have a number in name only
            continue
        if not isinstance(value, bool) and isinstance(value, Real):
            yield name, float(value)


def _asked_for(model: Any) -> Any:
    """What results of the model predict from: of a formula the columns on its right side, else what was given.

    None for a time series without, which predicts from one time to another.
    """
    frame = getattr(model.data, "frame", None)
    if frame is None:
        return model.data.orig_exog
    names = set(re.findall(r"\w+", str(model.formula).rpartition("~")[2]))
    return frame[[name for name in frame.columns if name in names]]


def _family(kind: type) -> Iterator[type]:
    yield kind
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield from _family(child)


def _wrap(kind: type, observer: Observer) -> None:
    """Wrap the ``fit`` that is written in a class; those it calls of its bases are part of it."""
    from wrapt import FunctionWrapper

    def fitted(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return observer.trained(Fit(instance), Call(wrapped, args, kwargs))

    own = kind.__dict__.get("fit")
    if callable(own) and not isinstance(own, FunctionWrapper):
        kind.fit = FunctionWrapper(own, fitted)  # type: ignore[attr-defined]
