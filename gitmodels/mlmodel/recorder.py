"""Which modules a model needs: recorded while it is pickled into nothing, in this process.

This room sees objects and code; it knows no distributions and no files of models. Nothing of the model runs beyond
what pickling runs (its ``__reduce__`` and kin). Functions and classes that travel by value have their code searched
for imports, so that ``import x`` inside a method is seen too; buffers (arrays, tensors) are passed over, not copied.
"""

import dis
import pickle
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import cloudpickle

from gitmodels.values import frozen

# What pickles by copying or writing out all its weights, with subclasses: its class is noted, its content passed over.
_OPAQUE = frozenset(
    {
        "torch.Tensor",
        "torch._C.TensorBase",
        "torch.storage.UntypedStorage",
        "torch.storage.TypedStorage",
        "xgboost.core.Booster",
        "lightgbm.basic.Booster",
        "catboost.core._CatBoostBase",
        "keras.src.models.model.Model",
        "spacy.language.Language",
    }
)
_IMPORT = dis.opmap["IMPORT_NAME"]
_PROTOCOL = 5


@frozen
class Recording:
    """Dotted module names that were seen, and why recording stopped early (``""`` when it did not).

    ``by_value`` says that some function or class travels with the model, as it does for cloudpickle.
    """

    modules: frozenset[str]
    by_value: bool = False
    failure: str = ""


def record(model: Any) -> Recording:
    """The modules that unpickling ``model`` and calling what it holds by value would import.

    Never raises for what the model does: one that cannot be pickled gives the modules of its classes, and
    ``failure`` names the kind of error (never its text, which may hold data).

    >>> import decimal
    >>> sorted(record([decimal.Decimal(1)]).modules)
    ['decimal']
    """
    recorder = _Recorder()
    for base in type(model).__mro__:
        recorder.note(base.__module__)
    failure = ""
    try:
        recorder.dump(model)
    except Exception as error:  # noqa: BLE001 - a model's own __reduce__ may raise anything at all
        failure = type(error).__name__
    modules = recorder.modules - {"builtins", "__builtin__", "copyreg"}
    return Recording(frozenset(modules), recorder.by_value, failure)


def imports_in(code: CodeType, package: str = "") -> frozenset[str]:
    r"""Modules that ``code`` and the code nested in it import; ``package`` resolves relative ones.

    ``from a import b`` gives both ``a`` and ``a.b``: only the caller can tell a module from a name in it.

    >>> sorted(imports_in(compile("def f():\n import json\n from os import path", "", "exec")))
    ['json', 'os', 'os.path']
    """
    found: set[str] = set()
    waiting = [code]
    while waiting:
        current = waiting.pop()
        waiting.extend(constant for constant in current.co_consts if isinstance(constant, CodeType))
        if _IMPORT in current.co_code[::2]:
            found.update(_static_imports(current, package))
        if not {"import_module", "__import__"}.isdisjoint(current.co_names):
            found.update(name for name in current.co_consts if isinstance(name, str) and _dotted(name))
    return frozenset(found)


def resolve(name: str, level: int, package: str) -> str:
    """The absolute name of an import ``level`` dots up from ``package``; ``""`` when it leads outside."""
    if not level:
        return name
    parts = package.split(".")
    if not package or level > len(parts):
        return ""
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])


class _Nowhere:
    """A file that forgets what is written."""

    def write(self, data: Any) -> int:
        return len(data)


class _Recorder(cloudpickle.Pickler):  # type: ignore[misc]
    """A pickler that notes the module of every class, function and module it meets."""

    def __init__(self) -> None:
        # Out-of-band buffers are neither copied nor written.
        super().__init__(_Nowhere(), protocol=_PROTOCOL, buffer_callback=lambda buffer: None)
        self.modules: set[str] = set()
        self.by_value = False
        self._opaque: dict[type, bool] = {}

    def note(self, module: object) -> None:
        if isinstance(module, str):
            self.modules.add(module)

    def reducer_override(self, obj: Any) -> Any:
        """What the pickler asks before it reduces ``obj``; the answer stays cloudpickle's but for opaque buffers."""
        kind = type(obj)
        if issubclass(kind, type) or kind is FunctionType:
            return self._global(obj)
        if isinstance(obj, ModuleType):
            self.note(obj.__name__)
            return super().reducer_override(obj)
        if self._is_opaque(kind):
            return type, (kind,)  # nobody reads the answer: it only leads the pickler to the class
        if special := self.dispatch_table.get(kind):
            return self._special(obj, special)
        if kind.__name__ in ("builtin_function_or_method", "ufunc", "cython_function_or_method"):
            self.note(getattr(obj, "__module__", None))
        return super().reducer_override(obj)

    def _is_opaque(self, kind: type) -> bool:
        known = self._opaque.get(kind)
        if known is None:
            names = {f"{base.__module__}.{base.__qualname__}" for base in kind.__mro__}
            known = self._opaque[kind] = not _OPAQUE.isdisjoint(names)
        return known

    def _global(self, obj: Any) -> Any:
        answer = super().reducer_override(obj)
        module = getattr(obj, "__module__", None)
        if answer is NotImplemented:
            self.note(module)
        else:
            self.by_value = True
            self._search(obj)
        return answer

    def _search(self, obj: Any) -> None:
        """Note what the code of a function that travels by value imports; a class's methods come by themselves."""
        if isinstance(obj, FunctionType):
            package = obj.__globals__.get("__package__") or ""
            self.modules.update(imports_in(obj.__code__, package))

    def _special(self, obj: Any, reduce: Any) -> Any:
        """Reduce by copyreg's table. A string answer names a global (a ufunc does so) whose module must be found."""
        answer = reduce(obj)
        if isinstance(answer, str):
            self.note(pickle.whichmodule(obj, answer))  # type: ignore[attr-defined]
        return answer


def _static_imports(code: CodeType, package: str) -> Iterator[str]:
    before: list[Any] = [None, None]
    for instruction in dis.get_instructions(code):
        if instruction.opcode == _IMPORT:
            level = before[0] if isinstance(before[0], int) else 0
            name = resolve(instruction.argval, level, package)
            yield from (full for full in _with_names(name, before[1]) if full)
        before = [before[1], instruction.argval]


def _with_names(module: str, names: Any) -> Iterator[str]:
    yield module
    if module and isinstance(names, tuple):
        yield from (f"{module}.{name}" for name in names if name != "*")


def _dotted(text: str) -> bool:
    return len(text) < 200 and all(part.isidentifier() for part in text.split("."))


def is_standard(module: str) -> bool:
    """Whether ``module`` belongs to Python itself, or is the script that runs.

    >>> is_standard("os.path"), is_standard("__main__"), is_standard("numpy")
    (True, True, False)
    """
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or top in ("__main__", "__mp_main__", "builtins", "__builtin__")
