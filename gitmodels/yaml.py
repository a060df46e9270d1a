"""The YAML we read and write: a strict, bounded subset, and one canonical spelling.

This room turns bytes into plain values (dict, list, str, int, float, bool, None) and back; it knows no schema.
Reading goes through libyaml's *events*, never its composer, which overflows the C stack on deep nesting. Refused:
anchors, aliases, merge keys, tags, duplicate or non-string keys, a second document, a BOM, other encodings than
UTF-8, numbers past 64 bits, and anything past the limits. Plain scalars resolve as in YAML 1.2's core schema, so
``no``, ``017``, ``1:30``, ``1e3`` and dates stay the strings they look like.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

from gitmodels import canonical
from gitmodels.canonical import MAX_DEPTH as MAX_DEPTH
from gitmodels.canonical import dump as dump
from gitmodels.errors import InvalidYaml
from gitmodels.patterns import pattern

MAX_SIZE = 1 << 20
MAX_NODES = 200_000
MAX_SCALAR = 256 << 10

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = pattern(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = pattern(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NONFINITE = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}
_SURROGATE = pattern(r"[\ud800-\udfff]")
_MARKS = (b"<<<<<<< ", b"=======", b">>>>>>> ")
_CONFLICT = pattern(rb"^(<{7} |={7}$|>{7} )", re.MULTILINE)


def load(data: bytes, *, what: str = "YAML", max_size: int = MAX_SIZE, max_scalar: int = MAX_SCALAR) -> Any:
    r"""The value that ``data`` (one UTF-8 document) spells; ``what`` names it in errors.

    Raises InvalidYaml, with the line where one is known.

    >>> load(b"a: no\nb: [1, 1.5, true]\n")
    {'a': 'no', 'b': [1, 1.5, True]}
    """
    text = _decode(data, what, max_size)
    if len(text) <= max_scalar and (value := canonical.read(text)) is not canonical.DOUBT:
        return value
    return _Reader(text, what, max_scalar).document()


def _decode(data: bytes, what: str, max_size: int) -> str:
    if len(data) > max_size:
        raise InvalidYaml(f"{what}: {len(data)} bytes, the limit is {max_size}")
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise InvalidYaml(f"{what}: starts with a byte order mark; save it as plain UTF-8")
    # Looked for by plain words first: most files have none of them.
    if any(mark in data for mark in _MARKS) and (found := _CONFLICT.search(data)):
        line = data.count(b"\n", 0, found.start()) + 1
        raise InvalidYaml(f"{what}: unresolved merge conflict at line {line}")
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InvalidYaml(f"{what}: not UTF-8 at byte {error.start}") from None


def _parser(text: str) -> Any:
    import yaml

    # Only events are asked of it: the class that both offer, here for its parser alone.
    return yaml.CSafeLoader(text) if yaml.__with_libyaml__ else yaml.SafeLoader(text)


class _Reader:
    """Builds one document from libyaml's events, counting as it goes."""

    def __init__(self, text: str, what: str, max_scalar: int) -> None:
        import yaml

        self.what = what
        self.max_scalar = max_scalar
        self.nodes = 0
        self.parse_error = yaml.YAMLError
        self.events = yaml
        self.text = text

    def document(self) -> Any:
        try:
            self.parser = _parser(self.text)
            return self._document()
        except self.parse_error as error:
            mark = getattr(error, "problem_mark", None)
            where = f" at line {mark.line + 1}" if mark is not None else ""
            problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
            raise InvalidYaml(f"{self.what}: {problem}{where}") from None

    def _document(self) -> Any:
        stream = self._stream()
        next(stream)  # StreamStart
        event = next(stream)
        if isinstance(event, self.events.StreamEndEvent):
            return None
        value = self._tree(stream)
        next(stream)  # DocumentEnd
        if not isinstance(next(stream), self.events.StreamEndEvent):
            raise InvalidYaml(f"{self.what}: more than one document")
        return value

    def _stream(self) -> Iterator[Any]:
        get = self.parser.get_event
        while (event := get()) is not None:
            yield event

    def _tree(self, stream: Iterator[Any]) -> Any:
        """One value, without recursion: containers wait on a stack with the key they are filled under."""
        events = self.events
        stack: list[tuple[Any, Any]] = []
        container: Any = None
        key: Any = _NO_KEY
        for event in stream:
            kind = type(event)
            if kind is events.MappingEndEvent or kind is events.SequenceEndEvent:
                value = container
                container, key = stack.pop()
                if container is None:
                    return value
            elif kind is events.ScalarEvent:
                value = self._scalar(event)
                if container is None:
                    return value
            else:
                self._count(event)
                if container.__class__ is dict and key is _NO_KEY:
                    raise self._refusal(event, "a key is not a string")
                stack.append((container, key))
                if len(stack) > MAX_DEPTH:
                    raise self._refusal(event, f"nested deeper than {MAX_DEPTH}")
                container = {} if kind is events.MappingStartEvent else []
                key = _NO_KEY
                continue
            if container.__class__ is list:
                container.append(value)
            elif key is _NO_KEY:
                key = self._key(event, value, container)
            else:
                container[key] = value
                key = _NO_KEY
        raise InvalidYaml(f"{self.what}: ends in the middle")  # pragma: no cover - libyaml reports it first

    def _key(self, event: Any, key: Any, mapping: dict[str, Any]) -> str:
        if not isinstance(key, str):
            raise self._refusal(event, f"a key is not a string: {str(key)[:40]!r}")
        if key == "<<" and event.implicit[0]:
            raise self._refusal(event, "merge keys are refused")
        if key in mapping:
            raise self._refusal(event, f"duplicate key {key[:80]!r}")
        return key

    def _count(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self._refusal(event, f"more than {MAX_NODES} nodes")
        if isinstance(event, self.events.AliasEvent) or event.anchor is not None:
            raise self._refusal(event, "anchors and aliases are refused")
        if event.tag is not None:
            raise self._refusal(event, f"tags are refused: {event.tag[:60]}")

    def _scalar(self, event: Any) -> Any:
        self._count(event)
        text: str = event.value
        if len(text) > self.max_scalar:
            raise self._refusal(event, f"a value of {len(text)} characters, the limit is {self.max_scalar}")
        if not text.isascii() and _SURROGATE.search(text):
            raise self._refusal(event, "half a character (a lone surrogate)")
        if not event.implicit[0]:
            return text
        if text in _NULLS:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        first = text[0]
        if not (first.isdigit() or first in "+-."):
            return text
        return self._number(event, text)

    def _number(self, event: Any, text: str) -> Any:
        if _INT.fullmatch(text):
            if len(text) > 20 or not -(2**63) <= int(text) < 2**64:
                raise self._refusal(event, "a number past 64 bits")
            return int(text)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if math.isinf(number):
                raise self._refusal(event, f"a number past what a float holds: {text[:40]}")
            return number
        return _NONFINITE.get(text.lower(), text)

    def _refusal(self, event: Any, problem: str) -> InvalidYaml:
        return InvalidYaml(f"{self.what}: {problem} at line {event.start_mark.line + 1}")


_NO_KEY = object()
