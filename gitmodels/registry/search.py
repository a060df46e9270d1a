"""MLflow's filter and order grammar over models and versions: ``name LIKE 'fr%' AND tags.team = 'risk'``.

This room parses a filter into comparisons and applies them to plain attributes and tags; it knows no records and no
tree. Grammar and semantics are MLflow's (its registry search, 3.17): comparisons joined by AND only, values quoted,
a missing tag matches nothing, not even ``!=`` (but for MLflow's own ``is_prompt`` mark).
"""

import base64
import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from gitmodels.errors import Invalid

IS_PROMPT = "mlflow.prompt.is_prompt"
MAX_FILTER = 10_000

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^']|'')*')
      | (?P<quoted>`[^`]*`|"[^"]*")
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<op><=|>=|!=|<>|=|<|>)
      | (?P<mark>[(),.])
      | (?P<word>[^\s'"`=<>!(),.]+)
    )""",
    re.VERBOSE,
)
_SIMPLE = frozenset({"=", "!=", "LIKE", "ILIKE"})
_LISTS = frozenset({"IN", "NOT IN"})
_ORDERED = frozenset({"=", "!=", "<", "<=", ">", ">="})

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute that a filter may name: the operators it takes, and whether its values are numbers."""

    operators: frozenset[str]
    numeric: bool = False


MODEL_FIELDS = {"name": Field(_SIMPLE | _LISTS)}
VERSION_FIELDS = {
    "name": Field(_SIMPLE | _LISTS),
    "run_id": Field(_SIMPLE | _LISTS),
    "source_path": Field(_SIMPLE),
    "version_number": Field(_ORDERED | _LISTS, numeric=True),
}
MODEL_ORDER = ("name", "creation_timestamp", "last_updated_timestamp")
VERSION_ORDER = ("name", "version_number", "creation_timestamp", "last_updated_timestamp")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: of a tag, or of an attribute, with a value or a tuple of values."""

    key: str
    operator: str
    value: Any
    tag: bool = False

    def holds(self, attributes: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
        """Whether it is so for something with these attributes and tags."""
        found = tags.get(self.key) if self.tag else attributes.get(self.key)
        if found is None:
            return self.tag and self.key == IS_PROMPT and self.operator == "!="
        return _OPERATORS[self.operator](found, self.value)


def parse_filter(text: str | None, fields: Mapping[str, Field]) -> list[Comparison]:
    """The comparisons of ``text``, all of which must hold; none for an empty filter.

    Raises Invalid that names the place.

    >>> parse_filter("name = 'fraud' AND tags.`a b` LIKE 'x%'", MODEL_FIELDS)[1].key
    'a b'
    """
    if text is None or not text.strip():
        return []
    if len(text) > MAX_FILTER:
        raise Invalid(f"a filter has at most {MAX_FILTER} characters, this one {len(text)}")
    reader = _Filter(text, fields)
    comparisons = [reader.comparison()]
    while not reader.done():
        reader.keyword("AND")
        comparisons.append(reader.comparison())
    return comparisons


def keep(
    items: Iterable[Item],
    comparisons: Sequence[Comparison],
    attributes: Callable[[Item], Mapping[str, Any]],
    tags: Callable[[Item], Mapping[str, str]],
) -> list[Item]:
    """The items for which every comparison holds. Prompts are left out unless the filter asks for them."""
    asks_prompts = any(comparison.tag and comparison.key == IS_PROMPT for comparison in comparisons)
    kept = []
    for item in items:
        marks = tags(item)
        if not asks_prompts and marks.get(IS_PROMPT) == "true":
            continue
        known = attributes(item)
        if all(comparison.holds(known, marks) for comparison in comparisons):
            kept.append(item)
    return kept


def parse_order(order_by: Sequence[str] | None, allowed: Sequence[str]) -> list[tuple[str, bool]]:
    """``["name ASC", "creation_timestamp DESC"]`` as (key, descending) pairs. Raises Invalid.

    >>> parse_order(["name DESC"], MODEL_ORDER)
    [('name', True)]
    """
    order: list[tuple[str, bool]] = []
    for clause in order_by or ():
        words = clause.replace("`", "").replace('"', "").split()
        key = words[0].removeprefix("attribute.").removeprefix("attributes.") if words else ""
        key = "last_updated_timestamp" if key == "timestamp" else key
        direction = words[1].upper() if len(words) > 1 else "ASC"
        if key not in allowed or direction not in ("ASC", "DESC") or len(words) > 2:
            raise Invalid(f"Invalid order_by clause {clause!r}: use one of {', '.join(allowed)}, then ASC or DESC")
        if any(key == known for known, _ in order):
            raise Invalid(f"`order_by` contains duplicate fields: {list(order_by or ())}")
        order.append((key, direction == "DESC"))
    return order


def page(
    items: Sequence[Item], max_results: int | None, token: str | None, limit: int
) -> tuple[list[Item], str | None]:
    """One page of ``items`` and the token of the next, None on the last. Raises Invalid for a bad token or size."""
    if max_results is not None and (not isinstance(max_results, int) or max_results < 1):
        raise Invalid(f"Invalid value for max_results. It must be a positive integer, but got {max_results}")
    if max_results is not None and max_results > limit:
        raise Invalid(
            f"Invalid value for request parameter max_results. It must be at most {limit}, but got value {max_results}"
        )
    start = _offset(token)
    end = len(items) if max_results is None else start + max_results
    following = base64.b64encode(json.dumps({"offset": end}).encode()).decode() if end < len(items) else None
    return list(items[start:end]), following


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        offset = json.loads(base64.b64decode(token, validate=True))["offset"]
    except (ValueError, KeyError, TypeError):
        offset = None
    if not isinstance(offset, int) or offset < 0:
        raise Invalid("Invalid page token")
    return offset


class _Filter:
    """Reads a filter token by token."""

    def __init__(self, text: str, fields: Mapping[str, Field]) -> None:
        self.text = text
        self.fields = fields
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        place, stripped = 0, text.rstrip()
        while place < len(stripped):
            match = _TOKEN.match(stripped, place)
            if match is None:
                raise Invalid(f"Invalid filter string: unexpected {stripped[place:][:20].strip()!r} in {text!r}")
            self.tokens.append((str(match.lastgroup), match[match.lastgroup or 0]))
            place = match.end()

    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def keyword(self, word: str) -> None:
        kind, text = self.next(word)
        if kind != "word" or text.upper() != word:
            hint = "conditions are joined by AND only" if text.upper() == "OR" else ""
            raise Invalid(f"Invalid filter string: expected {word}, found {text!r} in {self.text!r}", hint=hint)

    def next(self, expected: str) -> tuple[str, str]:
        if self.done():
            raise Invalid(f"Invalid filter string: expected {expected} at the end of {self.text!r}")
        self.at += 1
        return self.tokens[self.at - 1]

    def comparison(self) -> Comparison:
        key, tag = self.key()
        operator = self.operator()
        if tag:
            allowed = _SIMPLE
        elif key in self.fields:
            allowed = self.fields[key].operators
        else:
            raise Invalid(
                f"Invalid attribute key '{key}' specified. Valid keys are {sorted(self.fields)}, or a tag as tags.key"
            )
        if operator not in allowed:
            raise Invalid(f"'{key}' takes {', '.join(sorted(allowed))}, not {operator}: {self.text!r}")
        numeric = not tag and self.fields[key].numeric
        value = self.values(numeric) if operator in _LISTS else self.value(numeric)
        return Comparison(key, operator, value, tag)

    def key(self) -> tuple[str, bool]:
        parts = [self.part()]
        while not self.done() and self.tokens[self.at] == ("mark", "."):
            self.at += 1
            parts.append(self.part())
        head = parts[0].lower()
        if len(parts) > 1 and head in ("tag", "tags"):
            return ".".join(parts[1:]), True
        if len(parts) > 1 and head in ("attribute", "attributes"):
            parts = parts[1:]
        return ".".join(parts), False

    def part(self) -> str:
        kind, text = self.next("a name")
        if kind == "quoted":
            return text[1:-1]
        if kind in ("word", "number"):
            return text
        raise Invalid(f"Invalid filter string: expected a name, found {text!r} in {self.text!r}")

    def operator(self) -> str:
        kind, text = self.next("an operator")
        if kind == "op":
            return "!=" if text == "<>" else text
        word = text.upper()
        if kind == "word" and word in ("LIKE", "ILIKE", "IN"):
            return word
        if kind == "word" and word == "NOT":
            self.keyword("IN")
            return "NOT IN"
        raise Invalid(f"Invalid filter string: expected an operator, found {text!r} in {self.text!r}")

    def values(self, numeric: bool) -> tuple[Any, ...]:
        if self.next("(")[1] != "(":
            raise Invalid(f"Invalid filter string: IN takes a list in parentheses: {self.text!r}")
        found = [self.value(numeric)]
        while (mark := self.next(") or ,")[1]) == ",":
            found.append(self.value(numeric))
        if mark != ")":
            raise Invalid(f"Invalid filter string: expected ')', found {mark!r} in {self.text!r}")
        return tuple(found)

    def value(self, numeric: bool) -> Any:
        kind, text = self.next("a value")
        plain = text[1:-1].replace("''", "'") if kind in ("string", "quoted") else text
        if numeric:
            if kind not in ("number", "string") or not re.fullmatch(r"-?\d+", plain):
                raise Invalid(f"Invalid filter string: expected a whole number, found {text!r} in {self.text!r}")
            return int(plain)
        if kind not in ("string", "quoted") or text.startswith("`"):
            raise Invalid(f"Expected a quoted string value, found {text!r} in {self.text!r}", hint="write it in ' '")
        return plain


@functools.lru_cache(maxsize=256)
def _segments(pattern: str, flags: int) -> list[tuple[re.Pattern[str], int]]:
    parts = re.sub("%+", "%", pattern).split("%")
    texts = ("".join("." if char == "_" else re.escape(char) for char in part) for part in parts)
    return [(re.compile(text, flags | re.DOTALL), len(part)) for text, part in zip(texts, parts, strict=True)]


def _like(found: str, pattern: str, flags: int) -> bool:
    """SQL's LIKE, piece by piece between the ``%``: one expression for all of it could take forever."""
    (first, _), *rest = _segments(pattern, flags)
    if not rest:
        return first.fullmatch(found) is not None
    match = first.match(found)
    *middle, (last, width) = rest
    for segment, _ in middle:
        if match is None:
            return False
        match = segment.search(found, match.end())
    start = len(found) - width
    return match is not None and start >= match.end() and last.fullmatch(found, start) is not None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, value: bool(found == value),
    "!=": lambda found, value: bool(found != value),
    "<": lambda found, value: bool(found < value),
    "<=": lambda found, value: bool(found <= value),
    ">": lambda found, value: bool(found > value),
    ">=": lambda found, value: bool(found >= value),
    "LIKE": lambda found, value: _like(found, value, 0),
    "ILIKE": lambda found, value: _like(found, value, re.IGNORECASE),
    "IN": lambda found, value: found in value,
    "NOT IN": lambda found, value: found not in value,
}
