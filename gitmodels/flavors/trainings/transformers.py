"""The trainings of transformers: ``Trainer.train``.

Params and metrics are those that MLflow's autologging leaves to transformers' own callback for MLflow, under its names;
beside them the data set's fingerprint, and the model as a pipeline with its tokenizer where the task is known.
"""

from typing import Any

from gitmodels.flavors.trainings.stories import Call, Log, Observer

# Transformers' callback leaves out what is longer.
_LONGEST = 250
_LOOKED_AT = 10_000
# How the name of a model's class ends -> the task of its pipeline.
TASKS = {
    "ForSequenceClassification": "text-classification",
    "ForMaskedLM": "fill-mask",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForCausalLM": "text-generation",
}


def watch(module: Any, observer: Observer) -> None:
    """Put the wrapper on. Once in a process."""
    from wrapt import wrap_function_wrapper

    def train(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not instance.is_world_process_zero():
            return wrapped(*args, **kwargs)  # one of several processes tells
        return observer.trained(Training(instance), Call(wrapped, args, kwargs))

    wrap_function_wrapper(module.Trainer, "train", train)


class Training:
    """One ``train``."""

    def __init__(self, trainer: Any) -> None:
        self._trainer = trainer
        self._callback: Any = None

    def before(self, log: Log, call: Call) -> None:
        """Params, data sets, and a callback that tells what is measured."""
        trainer = self._trainer
        names = {type(each).__name__ for each in trainer.callback_handler.callbacks}
        # Asked for by ``report_to``, transformers' own callback logs the same to the same run.
        if "MLflowCallback" not in names:
            with log.step("the params of a training are"):
                config = getattr(trainer.model, "config", None)
                found = {**(config.to_dict() if config is not None else {}), **trainer.args.to_dict()}
                log.params({name: each for name, each in found.items() if len(str(each)) <= _LONGEST})
            self._callback = _callback(log)
            trainer.add_callback(self._callback)
        with log.step("the data set of a training is"):
            log.data(_frame(trainer.train_dataset))
            if not isinstance(trainer.eval_dataset, dict):
                log.data(_frame(trainer.eval_dataset), context="eval")

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """The model, as a pipeline."""
        if self._callback is not None:
            self._trainer.remove_callback(self._callback)
        if log.wants_models:
            with log.step("the model of a training is"):
                pipeline = _pipeline(self._trainer)
                log.example(["one text", "another one"])
                log.model(pipeline, pipeline if pipeline.task == "text-classification" else None)


def _frame(dataset: Any) -> Any:
    """The rows of a data set of ``datasets`` that its fingerprint looks at; None for others.

    Those may be different at every look, and what comes next with them.
    """
    if type(dataset).__module__.partition(".")[0] != "datasets" or not hasattr(dataset, "with_format"):
        return None
    return dataset.with_format("pandas")[:_LOOKED_AT]


def _pipeline(trainer: Any) -> Any:
    """Raises ValueError for what is no pipeline by itself."""
    import transformers

    model = trainer.model
    task = next((task for ending, task in TASKS.items() if type(model).__name__.endswith(ending)), None)
    tokenizer = getattr(trainer, "processing_class", None)
    if task is None or not hasattr(tokenizer, "save_pretrained"):
        raise ValueError(f"a pipeline of a {type(model).__name__} needs a tokenizer (processing_class=) and a task")
    return transformers.pipeline(task, model=model, tokenizer=tokenizer)


def _callback(log: Log) -> Any:
    from transformers import TrainerCallback

    class Steps(TrainerCallback):  # type: ignore[misc]
        """Tells what is measured."""

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            """The numbers of a step."""
            with log.step("the metrics of a training are"):
                found = {name: each for name, each in (logs or {}).items() if isinstance(each, int | float)}
                log.metrics(found, state.global_step)

    return Steps()
