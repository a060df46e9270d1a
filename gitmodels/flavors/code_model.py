"""Models from code: a Python file that builds its model and hands it over with ``set_model``.

This room runs such a file, after trust was decided, and gives back what it set. It knows no directories of models.
"""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any

from gitmodels import digest, yaml
from gitmodels.errors import FileMissing, Invalid, InvalidModel
from gitmodels.flavors.python_model import PythonModel

MAX_SOURCE = 16 << 20
_slot: ContextVar[list[Any] | None] = ContextVar("gitmodels_code_model", default=None)
_config: ContextVar[Mapping[str, Any] | None] = ContextVar("gitmodels_model_config", default=None)


def set_model(model: Any) -> None:
    """Name the model of a code file: a PythonModel or a function. Outside of loading it only checks.

    >>> set_model(lambda model_input: model_input)
    """
    if not (isinstance(model, PythonModel) or callable(model)):
        raise Invalid(
            f"set_model takes a PythonModel or a function, not {type(model).__name__}",
            hint="wrap the object in a class derived from PythonModel",
        )
    slot = _slot.get()
    if slot is not None:
        slot[:] = [model]


class ModelConfig:
    """The model's configuration, as its code file asks for it; ``development_config`` counts outside of loading.

    >>> ModelConfig(development_config={"k": 1}).get("k")
    1
    """

    def __init__(self, *, development_config: str | Path | Mapping[str, Any] | None = None) -> None:
        given = _config.get()
        if given is None:
            given = read_config(development_config)
        self._values = dict(given or {})

    def get(self, key: str) -> Any:
        """The value of ``key``. Raises Invalid when the configuration has none."""
        if key not in self._values:
            raise Invalid(f"the model configuration has no key {key!r}; it has {sorted(self._values)}")
        return self._values[key]

    def to_dict(self) -> dict[str, Any]:
        """All of it."""
        return dict(self._values)


def read_config(config: str | Path | Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A model configuration from a mapping or a YAML file; None stays None."""
    if config is None or isinstance(config, Mapping):
        return None if config is None else dict(config)
    path = Path(config)
    if not path.is_file():
        raise FileMissing(f"no such model configuration: {path}")
    values = yaml.load(path.read_bytes(), what=path.name)
    if not isinstance(values, dict):
        raise Invalid(f"a model configuration is a mapping, {path.name} is not")
    return values


def defines(path: Path, method: str) -> bool:
    """Whether the Python file at ``path`` defines a function called ``method``; it is parsed, not run.

    Raises Invalid when it is not Python.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise Invalid(f"{path.name} is not Python" + (f": line {line}" if line else "")) from None
    return any(isinstance(node, ast.FunctionDef) and node.name == method for node in ast.walk(tree))


def run(path: Path, model_config: Mapping[str, Any] | None, around: Callable[[], Any] | None = None) -> Any:
    """RUN the file at ``path`` and return what it gave to ``set_model``; ``around`` makes a context to run it in.

    Compiled from the bytes read here, so nothing is written beside the file and no stale bytecode is used.
    Raises InvalidModel when the file sets no model; what the file itself raises passes through.
    """
    source = path.read_bytes()
    if len(source) > MAX_SOURCE:
        raise InvalidModel(f"the code file {path.name} has {len(source)} bytes, the limit is {MAX_SOURCE}")
    module = ModuleType(f"gitmodels_code_{digest.of_bytes(source)[:16]}")
    module.__file__ = str(path)
    with _collecting(model_config or {}) as slot, around() if around else _nothing():
        code = compile(source, str(path), "exec", dont_inherit=True)
        sys.modules[module.__name__] = module  # dataclasses and pickle look a class's module up there
        exec(code, module.__dict__)  # noqa: S102 - it is what a code model is; trust was decided before
    if not slot:
        raise InvalidModel(
            f"the code file {path.name} sets no model", hint="end it with gitmodels.models.set_model(your_model)"
        )
    return slot[0]


@contextmanager
def _collecting(model_config: Mapping[str, Any]) -> Iterator[list[Any]]:
    slot: list[Any] = []
    tokens = _slot.set(slot), _config.set(model_config)
    try:
        yield slot
    finally:
        _slot.reset(tokens[0])
        _config.reset(tokens[1])


@contextmanager
def _nothing() -> Iterator[None]:
    yield
