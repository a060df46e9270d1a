"""MLflow's searches over the registry: its filters, its orders, its pages, with its SQL store's answers.

The text of a filter is read by MLflow itself, so grammar and messages are those of the release that is installed; what
it means is said here once for all releases. This room knows no records beyond ``shelf``.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from mlflow.store.entities.paged_list import PagedList
from mlflow.utils.search_utils import SearchModelUtils, SearchModelVersionUtils, SearchUtils

from gitmodels.filters import Comparison
from gitmodels.mlflow_plugin.failures import failed, invalid
from gitmodels.mlflow_plugin.shelf import PROMPT, Shelf
from gitmodels.registry.state import Version
from gitmodels.values import frozen

MAX_MODELS = 1000
MAX_VERSIONS = 200_000
Item = TypeVar("Item")
Entity = TypeVar("Entity")
_LISTS = ("IN", "NOT IN")
_TAG = ("=", "!=", "LIKE", "ILIKE")
_ORDERED = ("=", "!=", "<", "<=", ">", ">=")


@frozen
class Wanted:
    """What a filter asks for: comparisons of attributes and of tags, and whether prompts are asked for."""

    attributes: tuple[Comparison, ...] = ()
    tags: tuple[Comparison, ...] = ()
    prompts: bool = False

    def holds(self, attributes: dict[str, Any], tags: dict[str, str]) -> bool:
        """Whether all comparisons hold; what is absent matches nothing."""
        # Plain loops: ten thousand versions are asked one by one.
        for one in self.attributes:
            if not one.accepts(attributes[one.key]):
                return False
        for one in self.tags:
            found = tags.get(one.key)
            if found is None or not one.accepts(found):
                return False
        return True


def models(text: str | None) -> Wanted:
    """What ``text`` asks of registered models. Raises MlflowException."""
    return _wanted(SearchModelUtils.parse_search_filter(text), {"name": _TAG + _LISTS})


def versions(text: str | None) -> Wanted:
    """What ``text`` asks of versions. Raises MlflowException."""
    known = {"name": _TAG + _LISTS, "run_id": _TAG + _LISTS, "source_path": _TAG, "version_number": _ORDERED}
    return _wanted(SearchModelVersionUtils.parse_search_filter(text), known)


def _wanted(parsed: Iterable[dict[str, Any]], known: dict[str, tuple[str, ...]]) -> Wanted:
    attributes, tags = [], []
    for one in parsed:
        kind, key, operator, value = one["type"], one["key"], one["comparator"], one["value"]
        if kind == "attribute":
            attributes.append(_attribute(key, operator, value, known))
        elif kind == "tag":
            if operator not in _TAG:
                raise invalid(f"Invalid comparator for tag: {operator}")
            tags.append(Comparison(key, operator, value, "tag"))
        else:
            raise invalid(f"Invalid token type: {kind}")
    prompts = _asks_for_prompts(tags)
    kept = tags if prompts else [one for one in tags if one.key != PROMPT]
    return Wanted(tuple(attributes), tuple(kept), prompts)


def _attribute(key: str, operator: str, value: Any, known: dict[str, tuple[str, ...]]) -> Comparison:
    if key not in known:
        raise invalid(f"Invalid attribute name: {key}")
    if key == "version_number":
        if operator not in known[key]:
            raise invalid(f"Invalid comparator for attribute {key}: {operator}")
        if isinstance(value, float):
            raise invalid(f"Invalid value for numeric attribute '{key}': {value!r}")
        try:
            value = int(value)
        except (TypeError, ValueError):
            raise invalid(f"Invalid value for numeric attribute '{key}': {value!r}") from None
    elif operator not in known[key]:
        raise invalid(f"Invalid comparator for attribute: {operator}")
    return Comparison(key, operator, value)


def _asks_for_prompts(tags: Iterable[Comparison]) -> bool:
    for one in tags:
        if one.key == PROMPT:
            return (one.operator, one.value.lower()) in (("=", "true"), ("!=", "false"))
    return False


def found_models(shelves: Iterable[Shelf], wanted: Wanted) -> list[Shelf]:
    """The models that a filter asks for; prompts are none unless it asks for them."""
    return [
        shelf
        for shelf in shelves
        if (wanted.prompts or not shelf.is_prompt) and wanted.holds({"name": shelf.record.name}, shelf.record.tags)
    ]


def found_versions(shelves: Iterable[Shelf], wanted: Wanted) -> list[tuple[Shelf, Version]]:
    """The versions that a filter asks for."""
    named = [one for one in wanted.attributes if one.key == "name"]
    rest = Wanted(tuple(one for one in wanted.attributes if one.key != "name"), wanted.tags)
    known = _attributes if rest.attributes else _no_attributes
    return [
        (shelf, version)
        for shelf in shelves
        if all(one.accepts(shelf.record.name) for one in named) and (wanted.prompts or not shelf.has_prompts)
        for version in shelf.versions
        if rest.holds(known(version), version.meta.tags)
    ]


def _attributes(version: Version) -> dict[str, Any]:
    record = version.record
    return {"run_id": record.run_id, "source_path": record.source, "version_number": version.number}


_NONE: dict[str, Any] = {}


def _no_attributes(version: Version) -> dict[str, Any]:
    return _NONE


_MODEL_KEYS: dict[str, Callable[[Shelf], Any]] = {
    "name": lambda shelf: shelf.record.name,
    "last_updated_time": lambda shelf: shelf.updated,
}
_VERSION_KEYS: dict[str, Callable[[tuple[Shelf, Version]], Any]] = {
    "name": lambda pair: pair[1].name,
    "version_number": lambda pair: pair[1].number,
    "creation_timestamp": lambda pair: pair[1].record.created,
    "last_updated_timestamp": lambda pair: pair[1].updated,
}
Order = list[tuple[Callable[[Any], Any], bool]]


def model_order(order_by: Sequence[str] | None) -> Order:
    """How models are ordered: as asked for, then by name. Raises MlflowException."""
    clauses: list[tuple[str, bool]] = []
    for clause in order_by or ():
        key, ascending = SearchUtils.parse_order_by_for_search_registered_models(clause)
        clauses.append(("name" if key == "name" else "last_updated_time", ascending))
        _refuse_twice(clauses, order_by)
    if "name" not in [key for key, _ in clauses]:
        clauses.append(("name", True))
    return [(_MODEL_KEYS[key], ascending) for key, ascending in clauses]


def version_order(order_by: Sequence[str] | None) -> Order:
    """How versions are ordered: as asked for, by default the last changed first; then by name, the newest first."""
    clauses: list[tuple[str, bool]] = []
    for clause in order_by or ["last_updated_timestamp DESC"]:
        _, key, ascending = SearchModelVersionUtils.parse_order_by_for_search_model_versions(clause)
        clauses.append((key, ascending))
        _refuse_twice(clauses, order_by)
    given = [key for key, _ in clauses]
    clauses += [pair for pair in (("name", True), ("version_number", False)) if pair[0] not in given]
    return [(_VERSION_KEYS[key], ascending) for key, ascending in clauses]


def ordered(found: Iterable[Item], order: Order) -> list[Item]:
    """``found`` in that order."""
    known = list(found)
    for key, ascending in reversed(order):
        known.sort(key=key, reverse=not ascending)
    return known


def _refuse_twice(clauses: Sequence[tuple[str, bool]], order_by: Sequence[str] | None) -> None:
    if len({key for key, _ in clauses}) < len(clauses):
        raise failed(f"`order_by` contains duplicate fields: {order_by}")


def check_size(max_results: Any, limit: int, *, positive: bool) -> None:
    """Raise MlflowException for a page that is too large, or not of a ``positive`` size."""
    if positive and (not isinstance(max_results, int) or max_results < 1):
        raise invalid(f"Invalid value for max_results. It must be a positive integer, but got {max_results}")
    if max_results > limit:
        raise invalid(
            f"Invalid value for request parameter max_results. It must be at most {limit}, but got value {max_results}"
        )


def offset(page_token: str | None) -> int:
    """Where a page starts. Raises MlflowException."""
    start: int = SearchUtils.parse_start_offset_from_page_token(page_token)
    return start


def page(found: Sequence[Item], max_results: int, start: int, show: Callable[[Item], Entity]) -> Any:
    """A page of ``found`` as entities, with the token of the next one, None on the last."""
    end = start + max_results
    token = SearchUtils.create_page_token(end) if len(found) > end else None
    return PagedList([show(item) for item in found[start:end]], token)
