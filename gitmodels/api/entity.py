"""How MLflow's entities behave: they iterate as (attribute, value) pairs and print their attributes in order.

This room knows the manner, not the entities (mlflow/entities/_mlflow_object.py, 3.17).
"""

from collections.abc import Iterator
from typing import Any


class Entity:
    """A base for value classes whose public attributes are their public state."""

    __slots__ = ()

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Pairs of attribute and value, so that ``dict(entity)`` works."""
        for name in self._attributes():
            yield name, getattr(self, name)

    def __repr__(self) -> str:
        pairs = ", ".join(f"{name}={_shown(value)}" for name, value in self)
        return f"<{type(self).__name__}: {pairs}>"

    @classmethod
    def _attributes(cls) -> list[str]:
        names: set[str] = set()
        for kind in cls.__mro__:
            names.update(getattr(kind, "__match_args__", ()))
            names.update(name for name, value in vars(kind).items() if isinstance(value, property))
        return sorted(name for name in names if not name.startswith("_"))


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return repr(value)
    import pprint

    return pprint.pformat(value)
