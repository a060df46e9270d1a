"""PyTorch Lightning's trainings: ``Trainer.fit``, of the package ``lightning`` and of ``pytorch_lightning``.

What is told, and under which names, is MLflow's (mlflow.pytorch.autolog, 3.17), but for checkpoints, which are left to
the trainer.
"""

from functools import partial
from importlib import import_module
from typing import Any

from gitmodels.flavors.trainings.stories import Call, Log, Observer

_STOPPING = ("monitor", "mode", "patience", "min_delta", "stopped_epoch")
_ROWS = 5


def watch(module: Any, observer: Observer) -> None:
    """Put the wrapper on the trainer of one of the two packages. Once in a process for each."""
    from wrapt import wrap_function_wrapper

    def fit(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not instance.is_global_zero:
            return wrapped(*args, **kwargs)  # one of several processes tells
        return observer.trained(Fit(instance), Call(wrapped, args, kwargs))

    wrap_function_wrapper(module.Trainer, "fit", fit)


class Fit:
    """One ``fit``."""

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer
        self._stopping: Any = None
        # What the module was asked first, and what it answered.
        self._seen: list[tuple[Any, Any]] = []

    def before(self, log: Log, call: Call) -> None:
        """How it may stop early, and a callback that tells what goes on."""
        callbacks = self._trainer.callbacks
        with log.step("the params of a training are"):
            stops = [each for each in callbacks if any(kind.__name__ == "EarlyStopping" for kind in type(each).__mro__)]
            if stops:
                self._stopping = stops[-1]
                log.params({name: getattr(stops[-1], name) for name in _STOPPING if hasattr(stops[-1], name)})
        # One that an earlier fit left would tell it all to that fit's run.
        callbacks[:] = [each for each in callbacks if not hasattr(each, "tells_a_training")]
        callbacks.append(_callback(_package(self._trainer), log, self._seen))

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """How it stopped, the summary of the model, and the model."""
        module = self._trainer.lightning_module
        with log.step("the metrics of a training are"):
            if self._stopping is not None and self._stopping.stopped_epoch:
                log.metrics(_stopped(self._stopping))
        with log.step("the summary of a model is"):
            summaries = import_module(f"{_package(self._trainer)}.utilities.model_summary")
            log.text("model_summary.txt", str(summaries.ModelSummary(module, max_depth=-1)))
        if log.wants_models:
            with log.step("the model of a training is"):
                output: Any = None
                if self._seen:
                    rows, answered = self._seen[0]
                    log.example(rows)
                    # It was asked in the training.
                    output = partial(_same, answered)
                log.model(module, output)


def _package(trainer: Any) -> str:
    """``pytorch_lightning`` or ``lightning.pytorch``: where the trainer's class, or one it derives from, is written."""
    return next(
        package
        for kind in type(trainer).__mro__
        for package in ("lightning.pytorch", "pytorch_lightning")
        if kind.__module__.startswith(f"{package}.")
    )


def _stopped(stopping: Any) -> dict[str, float]:
    epoch = stopping.stopped_epoch
    found = {"stopped_epoch": epoch, "restored_epoch": epoch - max(1, stopping.patience)}
    for name in ("best_score", "wait_count"):
        if hasattr(stopping, name):
            found[name] = float(getattr(stopping, name))
    return found


def _same(answer: Any, rows: Any) -> Any:
    return answer


def _numbers(metrics: Any) -> dict[str, float]:
    return {name: float(value) for name, value in metrics.items()}


def _silent(package: str) -> Any:
    """A callback that does nothing: what another process gets of one that tells."""
    return import_module(package).Callback()


def _optimizer(trainer: Any) -> dict[str, Any]:
    if not trainer.optimizers:
        return {}
    optimizer = getattr(trainer.optimizers[0], "_optimizer", trainer.optimizers[0])
    return {"optimizer_name": type(optimizer).__name__, **optimizer.defaults}


class Telling:
    """A callback but for its base, which is that of the trainer's package: tells of epochs, steps and tests."""

    tells_a_training = True

    def __init__(self, package: str, log: Log, seen: list[tuple[Any, Any]]) -> None:
        self._package = package
        self._log = log
        self._seen = seen
        self._hooks: list[Any] = []
        self._of_steps: set[str] = set()
        self._of_epochs: set[str] = set()

    def __reduce__(self) -> Any:
        return _silent, (self._package,)

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """The optimizer's params; and the module is looked at once."""
        with self._log.step("the params of a training are"):
            self._log.tags({"Mode": "training"})
            self._log.params({"epochs": trainer.max_epochs, **_optimizer(trainer)})
        if self._log.wants_models:
            with self._log.step("the signature of a model is"):
                self._hooks.append(_look(pl_module, self._seen))

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Nothing is left in the module."""
        while self._hooks:
            self._hooks.pop().remove()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Nothing is left in the module."""
        self.on_train_end(trainer, pl_module)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """The metrics of an epoch, but for those of steps."""
        with self._log.step("the metrics of a training are"):
            found = {name: each for name, each in trainer.callback_metrics.items() if name not in self._of_steps}
            self._of_epochs.update(found)
            if (pl_module.current_epoch + 1) % (self._log.options.get("log_every_n_epoch") or 1) == 0:
                self._log.metrics(_numbers(found), pl_module.current_epoch)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        """The metrics of some steps; of one measured at steps and epochs, its name with _step."""
        every = self._log.options.get("log_every_n_step")
        if not every:
            return
        with self._log.step("the metrics of a training are"):
            known = trainer.callback_metrics
            names = [name for name in known if name not in self._of_epochs and f"{name}_step" not in known]
            self._of_steps.update(names)
            if (trainer.global_step // max(1, len(trainer.optimizers)) + 1) % every == 0:
                self._log.metrics(_numbers({name: known[name] for name in names}), trainer.global_step)

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        """The metrics of a test after the training, in its run."""
        with self._log.step("the metrics of a test are"):
            self._log.tags({"Mode": "testing"})
            self._log.metrics(_numbers(trainer.callback_metrics))


def _callback(package: str, log: Log, seen: list[tuple[Any, Any]]) -> Any:
    kind: Any = type("Telling", (Telling, import_module(package).Callback), {})
    return kind(package, log, seen)


def _look(module: Any, seen: list[tuple[Any, Any]]) -> Any:
    """Keep the first rows that the module is called with, and its answer, where both are one tensor. Gives the hook."""
    import torch

    def called(_: Any, args: tuple[Any, ...], answer: Any) -> None:
        one = len(args) == 1 and isinstance(args[0], torch.Tensor) and isinstance(answer, torch.Tensor)
        if one and not seen:
            seen.append((_rows(args[0]), _rows(answer)))

    return module.register_forward_hook(called)


def _rows(tensor: Any) -> Any:
    # What is no type of numpy's, as bfloat16, tells no signature either.
    return tensor.detach()[:_ROWS].cpu().float().numpy() if tensor.is_floating_point() else tensor[:_ROWS].cpu().numpy()
