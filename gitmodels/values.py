"""Value classes that cost next to nothing to define.

A reading command meets some thirty of them before its first line, most of them only by name. The ``dataclass`` of the
standard library writes and compiles six methods for each, more than a millisecond a class and together a third of the
command. ``@frozen`` gives what is used of ``@dataclass(frozen=True, slots=True)``: its methods are shared, and only
``__init__`` is written for a class, when it is first looked at.

This room knows classes, nothing of what they hold.
"""

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

Class = TypeVar("Class", bound=type)

if TYPE_CHECKING:
    from dataclasses import field as field
    from dataclasses import replace as replace
else:

    def field(*, default_factory: Callable[[], Any]) -> Any:
        """A field whose default is made anew for every instance."""
        return _Factory(default_factory)

    def replace(instance: Any, /, **changes: Any) -> Any:
        """Another instance of the same class, with ``changes``. Raises TypeError for a field that is not there."""
        kind = type(instance)
        return kind(**{name: getattr(instance, name) for name in kind.__match_args__} | changes)


class _Factory:
    """Stands in a signature for a default that is made anew; called, it makes one."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make

    def __repr__(self) -> str:
        return "<factory>"


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: Class) -> Class:
    """Make ``cls`` a class of values: its annotations are its fields, fixed once made, equal when they are equal.

    Defaults, ``field(default_factory=…)`` and ``__post_init__`` work as in a dataclass; a method that the class or a
    base of it defines is kept, and what a ``cached_property`` gives may be kept beside the fields. Fields are named in
    ``__match_args__``, those of a base first. Values can be matched, hashed, copied and pickled; setting or deleting
    a field raises AttributeError.

    >>> @frozen
    ... class Point:
    ...     x: int
    ...     y: int = 0
    >>> Point(3), replace(Point(3), y=4) == Point(3, 4)
    (Point(x=3, y=0), True)
    """
    own: dict[str, Any] = cls.__annotations__
    dropped = {*own, "__dict__", "__weakref__"}
    namespace = {name: item for name, item in vars(cls).items() if name not in dropped}
    defaults = {name: item for base in reversed(cls.__mro__) for name, item in getattr(base, "_defaults", {}).items()}
    defaults |= {name: vars(cls)[name] for name in own if name in vars(cls)}
    names = (*dict.fromkeys((*getattr(cls, "__match_args__", ()), *own)),)
    namespace |= {"__slots__": (*own,), "__match_args__": names, "_defaults": defaults}
    if any(isinstance(item, cached_property) for item in namespace.values()):
        namespace["__slots__"] += ("__dict__",)
    namespace |= {"__setattr__": _fixed, "__delattr__": _fixed, "__reduce__": _reduced}
    if not any("__repr__" in vars(base) for base in cls.__mro__[:-1]):
        namespace["__repr__"] = _shown
    if "__init__" not in namespace:
        namespace["__init__"] = _Init()
    if "__eq__" not in namespace:
        namespace["__eq__"], namespace["__hash__"] = _compared(names)
    made: Any = type(cls)(cls.__name__, cls.__bases__, namespace)
    return made  # type: ignore[no-any-return]


class _Init:
    """``__init__`` of one class, written when it is first looked at: most classes that are loaded are never made."""

    __slots__ = ("owner",)

    def __set_name__(self, owner: Any, name: str) -> None:
        self.owner = owner

    def __get__(self, instance: Any, kind: Any) -> Any:
        init = _written(self.owner)
        self.owner.__init__ = init
        return init if instance is None else init.__get__(instance, kind)


def _written(owner: Any) -> Any:
    """The code of ``__init__``. Only names of fields go into its text, which are identifiers by then."""
    scope: dict[str, Any] = {}
    parameters, lines = ["self"], []
    for name in owner.__match_args__:
        scope[f"_set_{name}"] = getattr(owner, name).__set__
        given = name
        if name in owner._defaults:
            scope[f"_default_{name}"] = default = owner._defaults[name]
            parameters.append(f"{name}=_default_{name}")
            if isinstance(default, _Factory):
                given = f"_default_{name}.make() if {name} is _default_{name} else {name}"
        else:
            parameters.append(name)
        lines.append(f"  _set_{name}(self, {given})")
    if hasattr(owner, "__post_init__"):
        lines.append("  self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or ["  pass"]), scope)  # noqa: S102 - names of fields
    init = scope["__init__"]
    init.__qualname__, init.__module__ = f"{owner.__qualname__}.__init__", owner.__module__
    init.__annotations__ = {
        name: kind
        for base in reversed(owner.__mro__)
        for name, kind in getattr(base, "__annotations__", {}).items()
        if name in owner.__match_args__
    } | {"return": None}
    return init


def _compared(names: tuple[str, ...]) -> tuple[Any, Any]:
    """``__eq__`` and ``__hash__`` over the fields ``names``."""
    state: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: object) -> Any:
        return state(self) == state(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: Any) -> int:
        return hash((self.__class__, state(self)))

    return __eq__, __hash__


def _shown(self: Any) -> str:
    pairs = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({pairs})"


def _fixed(self: Any, name: str, *_: Any) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} is fixed; make another with replace()")


def _reduced(self: Any) -> tuple[Any, tuple[Any, ...]]:
    return type(self), tuple(getattr(self, name) for name in self.__match_args__)
