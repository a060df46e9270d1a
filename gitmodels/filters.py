"""MLflow's filter grammar, whatever is searched: comparisons joined by AND, orders, pages.

This room turns text into comparisons and judges single values; what has which attributes, and what is searched, is
known above. Grammar and semantics are MLflow's (mlflow/utils/search_utils.py, 3.17): text values quoted, a missing
value matches nothing, not even ``!=``.
"""

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gitmodels.errors import Invalid
from gitmodels.patterns import pattern
from gitmodels.values import field, frozen

MAX_FILTER = 10_000

SIMPLE = frozenset({"=", "!=", "LIKE", "ILIKE"})
LISTS = frozenset({"IN", "NOT IN"})
ORDERED = frozenset({"=", "!=", "<", "<=", ">", ">="})
NULLS = frozenset({"IS NULL", "IS NOT NULL"})
ATTRIBUTE = "attribute"

_TOKEN = pattern(
    r"""\s*(?:
        (?P<string>'(?:[^']|'')*')
      | (?P<quoted>`[^`]*`|"[^"]*")
      | (?P<number>-?(?:[0-9]+(?:\.[0-9]+)?|(?<![\w`"'])\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![^\s'"`=<>!(),.]))
      | (?P<op><=|>=|!=|<>|=|<|>)
      | (?P<mark>[(),.])
      | (?P<word>[^\s'"`=<>!(),.]+)
    )""",
    re.VERBOSE,
)
_WHOLE = pattern(r"-?[0-9]+")

Item = TypeVar("Item")


@frozen
class Field:
    """What a filter may compare: the operators it takes, and whether its values are numbers, and whole ones."""

    operators: frozenset[str]
    numeric: bool = False
    whole: bool = True


@frozen
class Grammar:
    """What can be searched: attributes by name, and kinds of names that are free, such as tags.

    ``prefixes`` spells the kinds (``tag`` for ``tags``), ``aliases`` the attributes. With ``strict`` a prefix that
    nobody knows is refused; else it is taken for part of an attribute's name.
    """

    attributes: Mapping[str, Field]
    kinds: Mapping[str, Field] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False


@frozen
class Comparison:
    """One comparison of something named ``key``, an attribute or of a kind, with a value or a tuple of values."""

    key: str
    operator: str
    value: Any
    kind: str = ATTRIBUTE

    def accepts(self, found: Any) -> bool:
        """Whether it is so for the value ``found``; None is a missing one."""
        if self.operator in NULLS:
            return (found is None) == (self.operator == "IS NULL")
        return found is not None and _OPERATORS[self.operator](found, self.value)


def parse(text: str | None, grammar: Grammar) -> list[Comparison]:
    """The comparisons of ``text``, all of which must hold; none for an empty filter.

    Raises Invalid that names the place.

    >>> grammar = Grammar({}, {"metrics": Field(ORDERED, numeric=True, whole=False)}, {"metrics": "metrics"})
    >>> parse("metrics.`val loss` < 0.5", grammar)[0].key
    'val loss'
    """
    if text is None or text == "":
        return []
    if not isinstance(text, str):
        raise Invalid(f"a filter is text, not {type(text).__name__}")
    if not text.strip():
        return []
    if len(text) > MAX_FILTER:
        raise Invalid(f"a filter has at most {MAX_FILTER} characters, this one {len(text)}")
    reader = _Reader(text, grammar)
    comparisons = [reader.comparison()]
    while not reader.done():
        reader.keyword("AND")
        comparisons.append(reader.comparison())
    return comparisons


def parse_orders(clauses: Sequence[str] | None, grammar: Grammar) -> list[tuple[str, str, bool]]:
    """``["metrics.auc DESC"]`` as (kind, key, descending). Raises Invalid."""
    if isinstance(clauses, str):
        raise Invalid("order_by is a list of clauses, not one text", hint=f"order_by=[{clauses[:60]!r}]")
    if any(not isinstance(clause, str) for clause in clauses or ()):
        raise Invalid("order_by is a list of texts")
    return [_Reader(clause, grammar).order() for clause in clauses or ()]


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
    import base64

    start = _offset(token)
    end = len(items) if max_results is None else start + max_results
    following = base64.b64encode(json.dumps({"offset": end}).encode()).decode() if end < len(items) else None
    return list(items[start:end]), following


def _offset(token: str | None) -> int:
    if not token:
        return 0
    import base64

    try:
        offset = json.loads(base64.b64decode(token, validate=True))["offset"]
    except (ValueError, KeyError, TypeError):
        offset = None
    if not isinstance(offset, int) or offset < 0:
        raise Invalid("Invalid page token")
    return offset


def ordered(items: Sequence[Item], value: Callable[[Item], Any], *, descending: bool = False) -> list[Item]:
    """``items`` by their values; those whose value is not a number stand behind, those without one last.

    >>> ordered([3, None, 1], lambda item: item, descending=True)
    [3, 1, None]
    """
    known = [(found, item) for item in items if (found := value(item)) is not None]
    sortable = [pair for pair in known if pair[0] == pair[0]]
    sortable.sort(key=lambda pair: pair[0], reverse=descending)
    rest = [item for found, item in known if found != found]
    return [item for _, item in sortable] + rest + [item for item in items if value(item) is None]


class _Reader:
    """Reads a filter token by token."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text = text
        self.grammar = grammar
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
        kind, key = self.key()
        field = self.field(kind, key)
        operator = self.operator()
        if operator not in field.operators:
            raise Invalid(f"'{key}' takes {', '.join(sorted(field.operators))}, not {operator}: {self.text!r}")
        if operator in NULLS:
            return Comparison(key, operator, None, kind)
        value = self.values(field) if operator in LISTS else self.value(field)
        return Comparison(key, operator, value, kind)

    def order(self) -> tuple[str, str, bool]:
        kind, key = self.key()
        self.field(kind, key)
        direction = "ASC" if self.done() else self.next("ASC or DESC")[1].upper()
        if direction not in ("ASC", "DESC") or not self.done():
            raise Invalid(f"Invalid ordering key in order_by clause {self.text!r}.", hint="ASC or DESC")
        return kind, key, direction == "DESC"

    def field(self, kind: str, key: str) -> Field:
        grammar = self.grammar
        found = grammar.attributes.get(key) if kind == ATTRIBUTE else grammar.kinds[kind]
        if found is None:
            kinds = "".join(f", {one}.<key>" for one in grammar.kinds)
            raise Invalid(
                f"Invalid attribute key '{key}' specified. Valid keys are {sorted(grammar.attributes)}{kinds}"
            )
        return found

    def key(self) -> tuple[str, str]:
        parts = [self.part()]
        while not self.done() and self.tokens[self.at] == ("mark", "."):
            self.at += 1
            parts.append(self.part())
        head, kinds = parts[0].lower(), self.grammar.prefixes
        if len(parts) > 1 and head in kinds:
            return self.named(kinds[head], ".".join(parts[1:]))
        if len(parts) > 1 and head in ("attribute", "attributes", "attr", "run"):
            parts = parts[1:]
        elif len(parts) > 1 and self.grammar.strict:
            known = sorted({*kinds.values(), ATTRIBUTE})
            raise Invalid(f"Invalid entity type {parts[0]!r}. Valid values are {known}")
        return self.named(ATTRIBUTE, ".".join(parts))

    def named(self, kind: str, key: str) -> tuple[str, str]:
        return kind, self.grammar.aliases.get(key, key) if kind == ATTRIBUTE else key

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
        if kind == "word" and word == "IS":
            negated = not self.done() and self.tokens[self.at][1].upper() == "NOT"
            self.at += negated
            self.keyword("NULL")
            return "IS NOT NULL" if negated else "IS NULL"
        raise Invalid(f"Invalid filter string: expected an operator, found {text!r} in {self.text!r}")

    def values(self, field: Field) -> tuple[Any, ...]:
        if self.next("(")[1] != "(":
            raise Invalid(f"Invalid filter string: IN takes a list in parentheses: {self.text!r}")
        found = [self.value(field)]
        while (mark := self.next(") or ,")[1]) == ",":
            found.append(self.value(field))
        if mark != ")":
            raise Invalid(f"Invalid filter string: expected ')', found {mark!r} in {self.text!r}")
        return tuple(found)

    def value(self, field: Field) -> Any:
        kind, text = self.next("a value")
        plain = text[1:-1].replace("''", "'") if kind in ("string", "quoted") else text
        if field.numeric and field.whole:
            if kind not in ("number", "string") or not _WHOLE.fullmatch(plain):
                raise Invalid(f"Invalid filter string: expected a whole number, found {text!r} in {self.text!r}")
            return int(plain)
        if field.numeric:
            if kind != "number":
                raise Invalid(f"Expected numeric value type for metric or time. Found {text} in {self.text!r}")
            return float(plain)
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
