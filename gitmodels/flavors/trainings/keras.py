"""Keras' trainings: ``fit`` of any model, on any back end.

What is told, and under which names, is MLflow's (mlflow.keras.autolog, 3.17).
"""

from typing import Any

from gitmodels.flavors.trainings.stories import Call, Log, Observer

_NO_PARAMS = {"x", "y", "callbacks", "validation_data", "verbose", "sample_weight", "batch_size"}


def watch(module: Any, observer: Observer) -> None:
    """Put the wrapper on. Once in a process."""
    from wrapt import wrap_function_wrapper

    def fit(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return observer.trained(Fit(instance), Call(wrapped, args, kwargs))

    wrap_function_wrapper(module.Model, "fit", fit)


class Fit:
    """One ``fit``."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def before(self, log: Log, call: Call) -> None:
        """Params, data sets, and a callback that tells the metrics of each epoch."""
        given = call.given
        data = given.get("x")
        with log.step("the params of a training are"):
            size = given.get("batch_size") or getattr(data, "batch_size", None) or getattr(data, "_batch_size", None)
            log.params({"batch_size": size} | {key: each for key, each in given.items() if key not in _NO_PARAMS})
        with log.step("the data set of a training is"):
            log.data(data, given.get("y"))
            held = given.get("validation_data")
            if isinstance(held, tuple | list):
                log.data(held[0], held[1] if len(held) > 1 else None, context="eval")
        with log.step("the example of a model is"):
            if hasattr(data, "shape") and hasattr(data, "__getitem__"):
                log.example(data)
        call.with_callback(_callback(log))

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """The model, with the tensors it takes and gives as its signature."""
        if log.wants_models:
            with log.step("the model of a training is"):
                kept = ("save_exported_model", "save_model_kwargs")
                how = {name: log.options[name] for name in kept if log.options.get(name)}
                log.model(self._model, tensors=_tensors(self._model), **how)


def _tensors(model: Any) -> tuple[list[tuple[str, tuple[int, ...]]], ...]:
    """The types and shapes of what goes in and of what comes out; -1 for a length that is open."""
    sides = []
    for shapes, dtype in ((model.input_shape, model.input_dtype), (model.output_shape, model.compute_dtype)):
        each = shapes if isinstance(shapes, list) else [shapes]
        sides.append([(str(dtype), tuple(-1 if size is None else size for size in shape)) for shape in each])
    return tuple(sides)


def _callback(log: Log) -> Any:
    from keras.callbacks import Callback

    class Epochs(Callback):  # type: ignore[misc]
        """Tells how the model is made, and what was measured."""

        def on_train_begin(self, logs: Any = None) -> None:
            """The optimizer's params and the model's summary."""
            with log.step("the params of a training are"):
                config = self.model.optimizer.get_config()
                log.params({f"optimizer_{name}": value for name, value in config.items()})
            with log.step("the summary of a model is"):
                lines: list[str] = []
                self.model.summary(print_fn=lambda line, *_, **__: lines.append(line))
                log.text("model_summary.txt", "\n".join(lines))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            """The metrics of an epoch."""
            if logs and log.options.get("log_every_epoch", True):
                with log.step("the metrics of a training are"):
                    log.metrics(_numbers(logs), epoch)

        def on_batch_end(self, batch: int, logs: Any = None) -> None:
            """The metrics of some steps."""
            every = log.options.get("log_every_n_steps")
            if logs and every:
                with log.step("the metrics of a training are"):
                    step = int(self.model.optimizer.iterations)
                    if step % every == 0:
                        log.metrics(_numbers(logs), step)

        def on_test_end(self, logs: Any = None) -> None:
            """The metrics of the data that is held out."""
            if logs:
                with log.step("the metrics of a training are"):
                    log.metrics({f"validation_{name}": value for name, value in _numbers(logs).items()})

    return Epochs()


def _numbers(logs: Any) -> dict[str, float]:
    return {name: float(value) for name, value in logs.items()}
