"""What a flavor is tested with: a model that really was trained, data to predict, and what the framework answers."""

import importlib.util
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

GROUP = "gitmodels.testing"


def _ask(model: Any, data: Any) -> Any:
    return model.predict(data)


def _equal(one: Any, other: Any) -> bool:
    """Whether two answers are the same numbers or words, in the same shape and order."""
    import numpy as np

    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one) == list(other) and all(_equal(one[key], other[key]) for key in one)
    left, right = np.asarray(one), np.asarray(other)
    return left.shape == right.shape and bool(np.all((left == right) | ((left != left) & (right != right))))


@dataclass(frozen=True)
class Case:
    """One model of one flavor.

    ``make`` gives a trained model and ``data`` what it predicts for; both are called once, where the test runs.
    ``options`` are the flavor's own keywords. ``answer(model, data)`` is what the framework itself answers, and
    ``same(one, other)`` says whether two answers are equal. ``native`` says the same of what the flavor's ``load``
    gives back, where that is not what was saved. ``needs`` are modules, and ``programs`` commands (``java``), without
    which the case is skipped, by name. ``stable`` is False, with the reason in ``name``, where the framework writes
    other bytes for an equal model. ``recognised`` is the flavor that the model's class is found by, where that is
    another one. ``marks`` are pytest's, such as a filter for what a framework warns of.

    A framework that works in a server of its own has ``events``, what Python audits when it talks to it
    (``socket.connect``), and ``stop``, which ends the server: called once, after the last test.
    """

    flavor: str
    make: Callable[[], Any]
    data: Callable[[], Any]
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    answer: Callable[[Any, Any], Any] = _ask
    native: Callable[[Any, Any], Any] | None = None
    same: Callable[[Any, Any], bool] = _equal
    needs: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    stable: bool = True
    recognised: str = ""
    marks: tuple[Any, ...] = ()
    events: tuple[str, ...] = ()
    stop: Callable[[], None] | None = None

    @property
    def id(self) -> str:
        """How the case is called in a test's name: the flavor, and what is special to the case."""
        return f"{self.flavor}, {self.name}" if self.name else self.flavor

    def missing(self) -> list[str]:
        """The modules the case needs and this Python does not have, and the programs that are not here."""
        modules = [name for name in self.needs if importlib.util.find_spec(name) is None]
        return modules + [f"the program {name}" for name in self.programs if shutil.which(name) is None]


def offered() -> list[Case]:
    """The cases that installed packages offer: each entry of the group names a function that gives a list of them."""
    return [case for entry in sorted(entry_points(group=GROUP), key=lambda each: each.name) for case in entry.load()()]
