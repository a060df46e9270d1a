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
        (?P<string>'(?:''|\\'|[^'])*')
      | (?P<quoted>`[^`]*`|"[^"]*")
      | (?P<number>-?(?:[0-9]+(?:\.[0-9]+)?|(?<![\w`"'])\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![^\s'"`=<>!(),.]))
      | (?P<op><=|>=|!=|<>|=|<|>)
      | (?P<mark>[(),.])
      | (?P<word>[^\s'"`=<>!(),.]+)
    )""",
    re.VERBOSE,
)
_WHOLE = pattern(r"-?[0-9]+")
# How much of a filter an error shows: long ones are programs', and the place is told.
_SHOWN = 200

Item = TypeVar("Item")


@frozen
class Field:
    """What a filter may compare: the operators it takes, and whether its values are numbers, and whole ones.

    What there can be several of, such as aliases, is not ``sortable``.
    """

    operators: frozenset[str]
    numeric: bool = False
    whole: bool = True
    sortable: bool = True


@frozen
class Grammar:
    """What can be searched: attributes by name, and kinds of names that are free, such as tags.

    ``prefixes`` spells the kinds (``tag`` for ``tags``), ``aliases`` the attributes. With ``strict`` a prefix that
    nobody knows is refused; else it is taken for part of an attribute's name. ``heads`` may stand before an attribute;
    with ``bare`` its name is not quoted, as MLflow's registry wants it.
    """

    attributes: Mapping[str, Field]
    kinds: Mapping[str, Field] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    heads: frozenset[str] = frozenset({"attribute", "attributes", "attr", "run"})
    bare: bool = False


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
    check_size(max_results, limit)
    start = offset(token)
    end = len(items) if max_results is None else start + max_results
    return list(items[start:end]), token_of(end) if end < len(items) else None


def check_size(max_results: int | None, limit: int) -> None:
    """Raise Invalid unless a page may have so many items; None asks for all."""
    if max_results is not None and (not isinstance(max_results, int) or max_results < 1):
        raise Invalid(f"Invalid value for max_results. It must be a positive integer, but got {max_results}")
    if max_results is not None and max_results > limit:
        raise Invalid(
            f"Invalid value for request parameter max_results. It must be at most {limit}, but got value {max_results}"
        )


def token_of(start: int) -> str:
    """The token of the page that begins with item ``start``."""
    import base64

    return base64.b64encode(json.dumps({"offset": start}).encode()).decode()


def offset(token: str | None) -> int:
    """Where the page of ``token`` begins. Raises Invalid for one that ``token_of`` did not make."""
    if not token:
        return 0
    import base64

    try:
        start = json.loads(base64.b64decode(token, validate=True))["offset"]
    except (ValueError, KeyError, TypeError):
        start = None
    if not isinstance(start, int) or start < 0:
        raise Invalid("Invalid page token")
    return start


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
    """Reads a filter token by token; a token is its kind, its text and where it begins."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.text = text
        self.grammar = grammar
        self.tokens: list[tuple[str, str, int]] = []
        self.at = 0
        place, stripped = 0, text.rstrip()
        while place < len(stripped):
            match = _TOKEN.match(stripped, place)
            if match is None:
                place += len(stripped[place:]) - len(stripped[place:].lstrip())
                hint = "a quote is not closed" if stripped[place] in "'\"`" else ""
                found = repr(stripped[place:][:20])
                raise Invalid(f"Invalid filter string: unexpected {found}{self.place(place)}", hint=hint)
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind], match.start(kind)))
            place = match.end()

    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def place(self, start: int) -> str:
        """Where a character stands, for people: counted from one, with what stands around it."""
        if len(self.text) <= _SHOWN:
            return f" at character {start + 1} of {self.text!r}"
        begin = max(0, start - _SHOWN // 2)
        return f" at character {start + 1}: …{self.text[begin : begin + _SHOWN]!r}…"

    def unexpected(self, expected: str, hint: str = "") -> Invalid:
        """The error that names what was read last and what should stand there."""
        _, text, start = self.tokens[self.at - 1]
        return Invalid(f"Invalid filter string: expected {expected}, found {text[:60]!r}{self.place(start)}", hint=hint)

    def keyword(self, word: str) -> None:
        kind, text = self.next(word)
        if kind != "word" or text.upper() != word:
            raise self.unexpected(word, "conditions are joined by AND only" if text.upper() == "OR" else "")

    def next(self, expected: str) -> tuple[str, str]:
        if self.done():
            shown = self.text if len(self.text) <= _SHOWN else f"…{self.text[-_SHOWN:]}"
            raise Invalid(f"Invalid filter string: expected {expected} at the end of {shown!r}")
        self.at += 1
        return self.tokens[self.at - 1][:2]

    def is_next(self, kind: str, text: str) -> bool:
        return not self.done() and self.tokens[self.at][:2] == (kind, text)

    def comparison(self) -> Comparison:
        start = self.at
        kind, key = self.key(bare=self.grammar.bare)
        field = self.field(kind, key)
        place = self.place(self.tokens[start][2])
        operator = self.operator()
        if operator not in field.operators:
            raise Invalid(f"'{key}' takes {', '.join(sorted(field.operators))}, not {operator}{place}")
        if operator in NULLS:
            return Comparison(key, operator, None, kind)
        value = self.values(field) if operator in LISTS else self.value(field)
        return Comparison(key, operator, value, kind)

    def order(self) -> tuple[str, str, bool]:
        kind, key = self.key(bare=False)
        if not self.field(kind, key).sortable:
            raise Invalid(f"Invalid order by key '{key}' specified: a version can have several")
        direction = "ASC" if self.done() else self.next("ASC or DESC")[1].upper()
        if direction not in ("ASC", "DESC") or not self.done():
            raise Invalid(f"Invalid ordering key in order_by clause {self.text[:_SHOWN]!r}.", hint="ASC or DESC")
        return kind, key, direction == "DESC"

    def field(self, kind: str, key: str) -> Field:
        grammar = self.grammar
        found = grammar.attributes.get(key) if kind == ATTRIBUTE else grammar.kinds[kind]
        if found is None:
            kinds = "".join(f", {one}.<key>" for one in grammar.kinds)
            raise Invalid(
                f"Invalid attribute key '{key[:60]}' specified. Valid keys are {sorted(grammar.attributes)}{kinds}"
            )
        return found

    def key(self, *, bare: bool) -> tuple[str, str]:
        start = self.at
        parts = [self.part()]
        while self.is_next("mark", "."):
            self.at += 1
            parts.append(self.part())
        quoted = [one for one in self.tokens[start : self.at] if one[0] == "quoted"]
        head, grammar = parts[0], self.grammar
        if len(parts) > 1 and head in grammar.prefixes:
            return grammar.prefixes[head], ".".join(parts[1:])
        if len(parts) > 1 and head in grammar.heads:
            parts = parts[1:]
        elif len(parts) > 1 and grammar.strict:
            known = sorted({*grammar.prefixes, *grammar.heads})
            raise Invalid(
                f"Invalid entity type '{head[:60]}'. Valid entity types are {known}{self.place(self.tokens[start][2])}"
            )
        if quoted and bare:
            raise Invalid(
                f"Invalid attribute key {quoted[0][1][:60]} specified{self.place(quoted[0][2])}",
                hint="attributes are written without quotes; text to compare with stands on the right",
            )
        key = ".".join(parts)
        return ATTRIBUTE, grammar.aliases.get(key, key)

    def part(self) -> str:
        kind, text = self.next("a name")
        if kind == "quoted":
            return text[1:-1]
        if kind in ("word", "number"):
            return text
        raise self.unexpected("a name")

    def operator(self) -> str:
        kind, text = self.next("an operator")
        word = text.upper()
        if kind == "op" and word != "<>":
            return text
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
        raise self.unexpected("an operator", "not equal is written !=" if word == "<>" else "")

    def values(self, field: Field) -> tuple[Any, ...]:
        if self.next("(")[1] != "(":
            raise self.unexpected("a list in parentheses after IN")
        found = [self.value(field)]
        while (mark := self.next(") or ,")[1]) == "," and not self.is_next("mark", ")"):
            found.append(self.value(field))
        if mark == ",":
            mark = self.next(")")[1]
        if mark != ")":
            raise self.unexpected("')' or ','")
        return tuple(found)

    def value(self, field: Field) -> Any:
        kind, text = self.next("a value")
        # As MLflow reads it: what stands between the quotes, as it stands.
        plain = text[1:-1] if kind in ("string", "quoted") else text
        is_text = kind == "string" or text.startswith('"')
        if field.numeric and field.whole:
            if not (kind == "number" or is_text) or not _WHOLE.fullmatch(plain):
                raise self.unexpected("a whole number")
            return int(plain)
        if field.numeric:
            if kind != "number":
                raise self.unexpected("a numeric value", "numbers are written without quotes")
            return float(plain)
        if not is_text:
            raise self.unexpected("a quoted string value", "write it in ' '")
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


def like(found: str, pattern: str) -> bool:
    """SQL's LIKE: ``%`` for any text, ``_`` for one character, everything else for itself.

    >>> like("fraud", "fr%"), like("Fraud", "fr%")
    (True, False)
    """
    return _like(found, pattern, 0)


def ilike(found: str, pattern: str) -> bool:
    """The same for upper and lower case, of ASCII's letters only, as SQLite has it."""
    return _like(found, pattern, re.IGNORECASE | re.ASCII)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, value: bool(found == value),
    "!=": lambda found, value: bool(found != value),
    "<": lambda found, value: bool(found < value),
    "<=": lambda found, value: bool(found <= value),
    ">": lambda found, value: bool(found > value),
    ">=": lambda found, value: bool(found >= value),
    "LIKE": lambda found, value: like(found, value),
    "ILIKE": lambda found, value: ilike(found, value),
    "IN": lambda found, value: found in value,
    "NOT IN": lambda found, value: found not in value,
}
