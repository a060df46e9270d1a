"""Pickles of Python models: the same bytes for the same model, readable by MLflow, and MLflow's readable here.

Plain cloudpickle writes a random id per class, the absolute path of the script and sets in hash order, so one model
logged twice is two objects. The pickler here leaves those out. The unpickler answers for MLflow's own names where
MLflow is not installed. Both know functions and classes; nothing of directories, MLmodel files or trust.
"""

import importlib.util
import io
import pickle
import sys
from types import CodeType, FunctionType
from typing import Any, BinaryIO, ClassVar, TypeVar

from cloudpickle import cloudpickle

from gitmodels.errors import Invalid, InvalidModel
from gitmodels.flavors import mlflow_names, python_model

# Fixed, not pickle.HIGHEST_PROTOCOL: another Python must not write other bytes. 5 is read by every Python ≥ 3.8.
PROTOCOL = 5
CODE_FILE = "<python_model>"
_BY_VALUE = python_model.__name__
_BATCH = 1000
# Longer bytes are data, not names that Python may share: hashing them would cost more than it saves.
_SHORT = 4096
# The pickler written in Python: the one in C writes sets in hash order and cannot be told otherwise.
_PurePickler: Any = getattr(pickle, "_Pickler")  # noqa: B009 - typeshed shows it as the C one


def dump(value: Any, stream: BinaryIO) -> None:
    """Write ``value`` to ``stream``, pickled by cloudpickle's rules, free of random ids, file names and hash order.

    Raises Invalid when something in it cannot be pickled (an open file, a lock, a database connection).
    """
    try:
        _StablePickler(stream).dump(value)
    except RecursionError:
        raise _unpicklable("it is nested too deeply") from None
    except (pickle.PicklingError, TypeError, AttributeError, ValueError) as error:
        raise _unpicklable(str(error)) from error


def dumps(value: Any) -> bytes:
    """``value`` as ``dump`` writes it.

    >>> loads(dumps({"k": {3, 1, 2}})) == {"k": {1, 2, 3}}
    True
    """
    stream = io.BytesIO()
    dump(value, stream)
    return stream.getvalue()


def load(stream: BinaryIO) -> Any:
    """The value that cloudpickle (plain or ours) wrote to ``stream``. RUNS what it says: decide trust before.

    Raises InvalidModel for what is no whole pickle; what the value's own code raises is raised as it is.
    """
    try:
        return _ModelUnpickler(stream).load()
    except (pickle.UnpicklingError, EOFError) as error:
        raise InvalidModel("the model's pickle cannot be read: the file is damaged") from error


def loads(data: bytes) -> Any:
    """The value in ``data``, as ``load`` reads it."""
    return load(io.BytesIO(data))


def _unpicklable(reason: str) -> Invalid:
    return Invalid(
        f"the model cannot be pickled: {reason}",
        hint="keep such objects out of __init__ and make them in load_context, or log the model from a code file",
    )


class _StablePickler(_PurePickler):  # type: ignore[misc]
    """Cloudpickle's reducers on the pickler that is written in Python."""

    dispatch: ClassVar[dict[Any, Any]] = dict(_PurePickler.dispatch)
    dispatch_table = cloudpickle.Pickler.dispatch_table
    _dynamic_function_reduce = cloudpickle.Pickler._dynamic_function_reduce
    _function_reduce = cloudpickle.Pickler._function_reduce
    _function_getnewargs = cloudpickle.Pickler._function_getnewargs

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream, PROTOCOL)
        self.globals_ref: dict[int, dict[str, Any]] = {}
        self.same: dict[str | bytes, str | bytes] = {}

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        # Whether two equal strings are one object depends on interning, which depends on what was imported before.
        if obj.__class__ is str or (obj.__class__ is bytes and len(obj) < _SHORT):
            obj = self.same.setdefault(obj, obj)
        super().save(obj, save_persistent_id)

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, FunctionType):
            # Cloudpickle would add __file__ and __path__: where the script lies is no part of the model.
            kept = ("__package__", "__name__")
            names = {str(name): obj.__globals__[name] for name in kept if name in obj.__globals__}
            self.globals_ref.setdefault(id(obj.__globals__), names)
            if obj.__module__ == _BY_VALUE:
                return self._dynamic_function_reduce(obj)
            return self._function_reduce(obj)
        if isinstance(obj, type):
            by_value = obj.__module__ == _BY_VALUE
            return _without_id(cloudpickle._dynamic_class_reduce(obj) if by_value else cloudpickle._class_reduce(obj))
        if obj is python_model.TypeFromExample:
            return TypeVar, (python_model.TypeFromExample.__name__,)
        if isinstance(obj, CodeType):
            return cloudpickle._code_reduce(obj.replace(co_filename=CODE_FILE))
        return NotImplemented

    def save_set(self, obj: set[Any]) -> None:
        self.write(pickle.EMPTY_SET)
        self.memoize(obj)
        items = sorted(obj, key=_order)
        for start in range(0, len(items), _BATCH):
            self.write(pickle.MARK)
            for item in items[start : start + _BATCH]:
                self.save(item)
            self.write(pickle.ADDITEMS)

    def save_frozenset(self, obj: frozenset[Any]) -> None:
        self.write(pickle.MARK)
        for item in sorted(obj, key=_order):
            self.save(item)
        if id(obj) in self.memo:  # an item of it holds it: it is written by now
            self.write(pickle.POP_MARK + self.get(self.memo[id(obj)][0]))
            return
        self.write(pickle.FROZENSET)
        self.memoize(obj)

    def save_buffer(self, obj: pickle.PickleBuffer) -> None:
        # Python 3.11 asserts that the bytes of a buffer are new to it; those of empty arrays are one shared object.
        with obj.raw() as view:
            self.save(view.tobytes() if view.readonly else bytearray(view))

    dispatch[pickle.PickleBuffer] = save_buffer
    dispatch[set] = save_set
    dispatch[frozenset] = save_frozenset


def _order(item: Any) -> str:
    if isinstance(item, frozenset):
        return f"frozenset {sorted(map(_order, item))}"
    if isinstance(item, tuple):
        return f"tuple {[_order(part) for part in item]}"
    return f"{type(item).__qualname__} {item!r}"


def _without_id(reduced: Any) -> Any:
    """A class's reduction without cloudpickle's tracker id.

    The id makes two loads in one process share a class. A fixed one would let the second version of a model
    overwrite the methods of the first; none at all gives every load its own class.
    """
    if not isinstance(reduced, tuple):
        return reduced
    make, arguments, *rest = reduced
    place = {cloudpickle._make_skeleton_class: 4, cloudpickle._make_skeleton_enum: 5}.get(make)
    if place is not None:
        arguments = (*arguments[:place], None, *arguments[place + 1 :])
        attributes = rest[0][0]
        attributes.pop("__slotnames__", None)  # a cache that copyreg leaves on the class when it likes
        if "__static_attributes__" in attributes:  # a tuple made from a set (Python 3.13)
            attributes["__static_attributes__"] = tuple(sorted(attributes["__static_attributes__"]))
    return (make, arguments, *rest)


class _ModelUnpickler(pickle.Unpickler):
    """Gives back our live base classes for their by-value copies, and ours for MLflow's."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self.without_mlflow = not mlflow_installed()

    def find_class(self, module: str, name: str) -> Any:
        if module == cloudpickle.__name__ and name in _REBUILD:
            return _REBUILD[name]
        if self.without_mlflow and (module == "mlflow" or module.startswith("mlflow.")):
            return mlflow_names.find(module, name)
        return super().find_class(module, name)


def mlflow_installed() -> bool:
    """Whether ``import mlflow`` finds the real MLflow, not gitmodels answering in its place. Imports nothing."""
    spec = _mlflow_spec()
    return spec is not None and spec.name == "mlflow" and spec.has_location


def mlflow_answered() -> bool:
    """Whether ``import mlflow`` finds anything at all, the real one or gitmodels in its place."""
    return "mlflow" in sys.modules or _mlflow_spec() is not None


def _mlflow_spec() -> Any:
    try:
        return importlib.util.find_spec("mlflow")
    except ValueError:  # a module without a spec was put into sys.modules by hand
        return None


def _make_class(kind: Any, name: str, bases: Any, namespace: dict[str, Any], *rest: Any) -> Any:
    if namespace.get("__module__") == _BY_VALUE and isinstance(getattr(python_model, name, None), type):
        return getattr(python_model, name)
    return cloudpickle._make_skeleton_class(kind, name, bases, namespace, *rest)


def _fill_class(made: Any, state: Any) -> Any:
    if made.__module__ == _BY_VALUE and getattr(python_model, made.__name__, None) is made:
        return made  # the live class keeps its own methods, whatever an older version wrote
    return cloudpickle._class_setstate(made, state)


def _import_module(name: str) -> Any:
    if (name == "mlflow" or name.startswith("mlflow.")) and not mlflow_installed():
        return mlflow_names.module(name)
    return cloudpickle.subimport(name)


_REBUILD = {"_make_skeleton_class": _make_class, "_class_setstate": _fill_class, "subimport": _import_module}
