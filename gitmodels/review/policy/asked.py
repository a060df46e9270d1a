"""Reading one mapping of a policy strictly: every key is known, every value is what its key promises.

This room knows types and where something stands; what keys mean is said in ``reading``. Whatever is wrong raises
NotEvaluated: a policy that cannot be read lets nothing pass.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gitmodels.errors import NotEvaluated
from gitmodels.fields import finite

Value = TypeVar("Value")

MAX_ITEMS = 200
MAX_TEXT = 200


class Asked:
    """A mapping, and where it stands (``policy/policy.yaml: rule 'production'``)."""

    def __init__(self, value: Any, where: str, known: Sequence[str]) -> None:
        """Take ``value`` when it is a mapping that has no other keys than ``known``."""
        self.where = where
        if not isinstance(value, dict):
            raise NotEvaluated(f"{where}: a mapping is expected")
        self._values = value
        for key in value:
            if key not in known:
                raise NotEvaluated(f"{where}: unknown key {key[:40]!r}", hint=_nearest(key, known))

    def has(self, key: str) -> bool:
        """Whether the key stands there."""
        return key in self._values

    def raw(self, key: str) -> Any:
        """What stands there, as YAML has it; None where nothing does."""
        return self._values.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A line of text; missing only where a default is given."""
        found = self.optional(key)
        if found is None:
            if default is None:
                raise self.wrong(key, "missing")
            return default
        return found

    def optional(self, key: str) -> str | None:
        """A line of text, or None where the key is missing."""
        return self._line(key, self._values[key]) if key in self._values else None

    def choice(self, key: str, known: Sequence[str], default: str) -> str:
        """One of ``known``."""
        return self._known(key, self.text(key, default), known)

    def flag(self, key: str, default: bool = False) -> bool:
        """True or False."""
        found = self._values.get(key, default)
        if not isinstance(found, bool):
            raise self.wrong(key, "not true or false")
        return found

    def count(self, key: str, least: int = 1) -> int:
        """A whole number from ``least`` to a thousand."""
        found = self._values.get(key)
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= 1000:
            raise self.wrong(key, f"not a whole number from {least} to 1000")
        return found

    def number(self, key: str) -> float | None:
        """A finite number, or None where the key is missing."""
        if key not in self._values:
            return None
        found = self._values[key]
        if not finite(found):
            raise self.wrong(key, "not a number")
        return float(found)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """A list of lines, or one line; None where the key is missing."""
        if key not in self._values:
            return None
        found = self._values[key]
        items = found if isinstance(found, list) else [found]
        if not items or len(items) > MAX_ITEMS:
            raise self.wrong(key, f"not a list of 1 to {MAX_ITEMS}")
        return tuple(self._line(key, each) for each in items)

    def choices(self, key: str, known: Sequence[str]) -> tuple[str, ...] | None:
        """A list of some of ``known``; None where the key is missing."""
        found = self.texts(key)
        return None if found is None else tuple(self._known(key, each, known) for each in found)

    def mapping(self, key: str) -> dict[str, Any]:
        """A mapping with any keys; empty where the key is missing."""
        found = self._values.get(key, {})
        if not isinstance(found, dict) or len(found) > MAX_ITEMS:
            raise self.wrong(key, f"not a mapping of at most {MAX_ITEMS}")
        return found

    def items(self, key: str, known: Sequence[str]) -> list["Asked"]:
        """A list of mappings that have these keys; empty where the key is missing."""
        found = self._values.get(key, [])
        if not isinstance(found, list) or len(found) > MAX_ITEMS:
            raise self.wrong(key, f"not a list of at most {MAX_ITEMS}")
        return [Asked(each, f"{self.where}: {key} {place}", known) for place, each in enumerate(found, 1)]

    def inner(self, key: str, known: Sequence[str]) -> "Asked | None":
        """A mapping that has these keys; None where the key is missing."""
        return Asked(self._values[key], f"{self.where}: {key}", known) if key in self._values else None

    def parsed(self, key: str, parse: Callable[[str], Value]) -> Value | None:
        """What ``parse`` makes of a line of text; its ValueError is told. None where the key is missing."""
        text = self.optional(key)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise self.wrong(key, str(error)) from None

    def wrong(self, key: str, what: str) -> NotEvaluated:
        """The error about the value of ``key``."""
        return NotEvaluated(f"{self.where}: {key!r}: {what}", hint="docs/format/policy.md says what a policy may say")

    def _line(self, key: str, found: Any) -> str:
        if not isinstance(found, str) or not found or len(found) > MAX_TEXT or not found.isprintable():
            raise self.wrong(key, f"not a line of text of 1 to {MAX_TEXT} characters")
        return found

    def _known(self, key: str, found: str, known: Sequence[str]) -> str:
        if found not in known:
            raise NotEvaluated(f"{self.where}: {key!r}: unknown {found[:40]!r}", hint=_nearest(found, known))
        return found


def _nearest(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
