"""Searching models and versions by MLflow's filters: ``name LIKE 'fr%' AND tags.team = 'risk'``.

This room knows which attributes models and versions have and applies comparisons to them; the grammar is that of
``gitmodels.filters``. It knows no records and no tree. Prompts, which MLflow keeps among models, are shown only when
a filter asks for them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from gitmodels import filters
from gitmodels.errors import Invalid
from gitmodels.filters import LISTS, ORDERED, SIMPLE, Field, page
from gitmodels.values import frozen

__all__ = ["Comparison", "keep", "page", "parse_filter", "parse_order"]

IS_PROMPT = "mlflow.prompt.is_prompt"

Item = TypeVar("Item")

_TAGS = "tags"
_KINDS = {_TAGS: Field(SIMPLE)}
_PREFIXES = {"tag": _TAGS, "tags": _TAGS}

MODEL_FIELDS = {"name": Field(SIMPLE | LISTS)}
VERSION_FIELDS = {
    "name": Field(SIMPLE | LISTS),
    "run_id": Field(SIMPLE | LISTS),
    "source_path": Field(SIMPLE),
    "version_number": Field(ORDERED | LISTS, numeric=True),
}
MODEL_ORDER = ("name", "creation_timestamp", "last_updated_timestamp")
VERSION_ORDER = ("name", "version_number", "creation_timestamp", "last_updated_timestamp")


@frozen
class Comparison(filters.Comparison):
    """One comparison: of a tag, or of an attribute, with a value or a tuple of values."""

    @property
    def tag(self) -> bool:
        """Whether a tag is compared."""
        return self.kind == _TAGS

    def holds(self, attributes: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
        """Whether it is so for something with these attributes and tags."""
        found = tags.get(self.key) if self.tag else attributes.get(self.key)
        if found is None:
            # MLflow marks prompts only: what has no mark is a model.
            return self.tag and self.key == IS_PROMPT and self.operator == "!="
        return self.accepts(found)


def parse_filter(text: str | None, fields: Mapping[str, Field]) -> list[Comparison]:
    """The comparisons of ``text``, all of which must hold; none for an empty filter.

    Raises Invalid that names the place.

    >>> parse_filter("name = 'fraud' AND tags.`a b` LIKE 'x%'", MODEL_FIELDS)[1].key
    'a b'
    """
    grammar = filters.Grammar(fields, _KINDS, _PREFIXES)
    return [Comparison(one.key, one.operator, one.value, one.kind) for one in filters.parse(text, grammar)]


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
