"""The words in which a framework's file tells of a training, and to whom.

A ``Call`` is what the user called; a ``Story`` says what there is to tell before and after it; a ``Log`` takes what is
told, an ``Observer`` decides whether there is a log. Nothing that goes wrong in telling reaches the call itself.
"""

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Call:
    """A call that a wrapper caught: made once, perhaps with more arguments than the user gave.

    >>> call = Call(lambda data, rounds=10, *, names=None: rounds, ("rows",), {"names": "ab"})
    >>> call.given
    {'data': 'rows', 'names': 'ab', 'rounds': 10}
    >>> call.give(rounds=3)
    >>> call()
    3
    """

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.function = function
        self._args = args
        self._kwargs = dict(kwargs)
        self._names: list[str] | None = None

    def __call__(self) -> Any:
        """Make the call."""
        return self.function(*self._args, **self._kwargs)

    @property
    def given(self) -> dict[str, Any]:
        """All arguments by name, with defaults for those that the user left to the function."""
        found = self.said
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                found.setdefault(name, parameter.default)
        return found

    @property
    def said(self) -> dict[str, Any]:
        """The arguments that the user gave, by name."""
        if self._names is None:
            self._names = list(inspect.signature(self.function).parameters)
        return dict(zip(self._names, self._args, strict=False)) | self._kwargs

    @property
    def first(self) -> Any:
        """The value of the function's first parameter; None when it was not given."""
        said = self.said
        return said.get(self._names[0]) if self._names else None

    def give(self, **arguments: Any) -> None:
        """Other values for some arguments; the user's own objects are left as they are."""
        names = list(inspect.signature(self.function).parameters)
        for name, value in arguments.items():
            place = names.index(name) if name in names else len(self._args)
            if place < len(self._args):
                self._args = (*self._args[:place], value, *self._args[place + 1 :])
            else:
                self._kwargs[name] = value

    def with_callback(self, callback: Any, name: str = "callbacks") -> None:
        """One more callback, behind those of the user, whose own list stays as it is."""
        theirs = self.said.get(name)
        if theirs is not None and not isinstance(theirs, list | tuple | set):
            theirs = [theirs]
        self.give(**{name: [*(theirs or ()), callback]})


class Log(Protocol):
    """Takes what is told of one training. ``options`` are the switches that only this framework has."""

    options: Mapping[str, Any]
    wants_models: bool

    def step(self, what: str) -> AbstractContextManager[None]:
        """Tell one thing in here: an error is told once for each ``what`` and goes no further."""
        ...

    def params(self, found: Mapping[str, Any]) -> None:
        """Params; values that are no text become it."""
        ...

    def tags(self, found: Mapping[str, str]) -> None:
        """Tags of the run."""
        ...

    def data(self, features: Any, labels: Any = None, context: str = "train", name: str | None = None) -> Any:
        """A data set that the training reads: its fingerprint is noted. Gives what ``metrics`` takes as ``data``."""
        ...

    def example(self, features: Any) -> None:
        """What the model is given: the first rows are copied, now, for its signature and example."""
        ...

    def metrics(self, found: Mapping[str, Any], step: int = 0, data: Any = None) -> None:
        """Numbers measured at a step, perhaps on a data set."""
        ...

    def model(self, model: Any, output: Callable[[Any], Any] | None = None, **how: Any) -> str | None:
        """The trained model; ``output`` answers for the example, which makes the signature. Gives its id.

        ``how``: ``name``, ``params``, ``tensors`` (types and shapes of both sides, as signature), the flavor's options.
        """
        ...

    def text(self, name: str, text: str) -> None:
        """A text as a file of the run."""
        ...

    def json(self, name: str, value: Any) -> None:
        """A value as a file of the run."""
        ...

    def figure(self, name: str, figure: Any) -> None:
        """A figure of matplotlib as a file of the run."""
        ...

    def child(
        self, params: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str], **how: Any
    ) -> None:
        """A run of its own below this one, such as a trial of a search. ``how``: ``data`` and ``model_id``."""
        ...


class Story(Protocol):
    """What there is to tell of one kind of call. Each step is told by itself, in ``log.step``."""

    def before(self, log: Log, call: Call) -> None:
        """What is known before it, taken now: a training may change its data. May add to what is given."""
        ...

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """What is known after it."""
        ...


class Observer(Protocol):
    """Who is told of calls. Each method makes the call it is handed, once, and gives its answer back."""

    def trained(self, story: Story, call: Call, estimator: Any = None) -> Any:
        """A training; the scores of an ``estimator`` that are computed later belong to it."""
        ...

    def inside(self) -> Log | None:
        """The log of this framework's training that is going on in this thread; None when there is none."""
        ...

    def active(self) -> bool:
        """Whether anything is logged at all."""
        ...

    def noticed(self, notice: Callable[[], None]) -> None:
        """Do a small thing besides, such as copying the first rows; what goes wrong is told once."""
        ...

    def predicted(self, estimator: Any, call: Call) -> Any:
        """An estimator is asked for predictions."""
        ...

    def scored(self, estimator: Any, call: Call) -> Any:
        """An estimator is asked for its score."""
        ...

    def measured(self, call: Call) -> Any:
        """A function that measures predictions is called."""
        ...

    def unobserved(self, call: Call) -> Any:
        """A call whose inner trainings are none of the user's own, as in cross validation."""
        ...


def told(story: Story, log: Log, call: Call) -> Any:
    """Make the call and tell its story. What the call raises is raised."""
    with log.step("what is known before a training is"):
        story.before(log, call)
    answer = call()
    with log.step("what is known after a training is"):
        story.after(log, call, answer)
    return answer
