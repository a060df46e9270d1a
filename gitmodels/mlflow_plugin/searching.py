"""MLflow's searches over the registry: its filters, its orders, its pages, with its SQL store's answers.

The text of a filter is read by MLflow itself, so grammar and messages are those of the release that is installed; what
it means is said here once for all releases, and looked up in the search index of the registry.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from mlflow.store.entities.paged_list import PagedList
from mlflow.utils.search_utils import SearchModelUtils, SearchModelVersionUtils, SearchUtils

from gitmodels.filters import ATTRIBUTE, Comparison
from gitmodels.mlflow_plugin.entities import found_model, found_version
from gitmodels.mlflow_plugin.failures import failed, invalid, translated
from gitmodels.mlflow_plugin.opened import Opened
from gitmodels.registry.search_index import asking
from gitmodels.registry.search_index.tables import Tables
from gitmodels.registry.search_index.uncollected import uncollected

MAX_MODELS = 1000
MAX_VERSIONS = 200_000
Wanted = Sequence[Comparison]
Order = Sequence[asking.Order]
_LISTS = ("IN", "NOT IN")
_TEXT = ("=", "!=", "LIKE", "ILIKE")
_ORDERED = ("=", "!=", "<", "<=", ">", ">=")
_UPDATED = "last_updated_timestamp"


def models(
    opened: Opened, text: str | None, max_results: Any, order_by: Sequence[str] | None, page_token: str | None
) -> Any:
    """A page of registered models. Raises MlflowException."""
    _check_size(max_results, MAX_MODELS, positive=False)
    wanted, order, start = model_filter(text), model_order(order_by), _offset(page_token)

    def question(tables: Tables) -> tuple[list[Any], dict[str, list[Any]]]:
        rows = asking.models(tables, wanted, order, max_results + 1, start)
        return rows, asking.newest(tables, [row.name for row in rows[:max_results]])

    with translated():
        rows, newest = _asked(opened, question)
    shown = [found_model(row, newest.get(row.name, ())) for row in rows[:max_results]]
    return PagedList(shown, _next(len(rows), start, max_results))


def versions(
    opened: Opened, text: str | None, max_results: Any, order_by: Sequence[str] | None, page_token: str | None
) -> Any:
    """A page of versions. Raises MlflowException."""
    _check_size(max_results, MAX_VERSIONS, positive=True)
    wanted, order, start = version_filter(text), version_order(order_by), _offset(page_token)
    with translated(), uncollected():
        rows = _asked(opened, lambda tables: asking.versions(tables, wanted, order, max_results + 1, start))
        shown = [found_version(row) for row in rows[:max_results]]
    return PagedList(shown, _next(len(rows), start, max_results))


def model_filter(text: str | None) -> list[Comparison]:
    """What ``text`` asks of registered models. Raises MlflowException."""
    return _wanted(SearchModelUtils.parse_search_filter(text), {"name": _TEXT + _LISTS})


def version_filter(text: str | None) -> list[Comparison]:
    """What ``text`` asks of versions. Raises MlflowException."""
    known = {"name": _TEXT + _LISTS, "run_id": _TEXT + _LISTS, "source_path": _TEXT, "version_number": _ORDERED}
    return _wanted(SearchModelVersionUtils.parse_search_filter(text), known)


def model_order(order_by: Sequence[str] | None) -> list[asking.Order]:
    """How models are ordered before their names count. Raises MlflowException."""
    clauses: list[tuple[str, bool]] = []
    for clause in order_by or ():
        key, ascending = SearchUtils.parse_order_by_for_search_registered_models(clause)
        clauses.append(("name" if key == "name" else _UPDATED, ascending))
        _refuse_twice(clauses, order_by)
    return [(ATTRIBUTE, key, not ascending) for key, ascending in clauses]


def version_order(order_by: Sequence[str] | None) -> list[asking.Order]:
    """How versions are ordered before names and then the newest count, by default the last changed first."""
    clauses: list[tuple[str, bool]] = []
    for clause in order_by or [f"{_UPDATED} DESC"]:
        _, key, ascending = SearchModelVersionUtils.parse_order_by_for_search_model_versions(clause)
        clauses.append((key, ascending))
        _refuse_twice(clauses, order_by)
    return [(ATTRIBUTE, key, not ascending) for key, ascending in clauses]


def _asked(opened: Opened, question: Any) -> Any:
    with opened.searching() as registry:
        return registry.search_index.ask(registry.state(), question)


def _wanted(parsed: Iterable[dict[str, Any]], known: dict[str, tuple[str, ...]]) -> list[Comparison]:
    found = []
    for one in parsed:
        kind, key, operator, value = one["type"], one["key"], one["comparator"], one["value"]
        if kind == "attribute":
            found.append(_attribute(key, operator, value, known))
        elif kind == "tag":
            if operator not in _TEXT:
                raise invalid(f"Invalid comparator for tag: {operator}")
            found.append(Comparison(key, operator, value, "tags"))
        else:
            raise invalid(f"Invalid token type: {kind}")
    return found


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
    return Comparison(key, operator, tuple(value) if operator in _LISTS else value)


def _refuse_twice(clauses: Sequence[tuple[str, bool]], order_by: Sequence[str] | None) -> None:
    if len({key for key, _ in clauses}) < len(clauses):
        raise failed(f"`order_by` contains duplicate fields: {order_by}")


def _check_size(max_results: Any, limit: int, *, positive: bool) -> None:
    """Raise MlflowException for a page that is too large, or not of a ``positive`` size."""
    if positive and (not isinstance(max_results, int) or max_results < 1):
        raise invalid(f"Invalid value for max_results. It must be a positive integer, but got {max_results}")
    if max_results > limit:
        raise invalid(
            f"Invalid value for request parameter max_results. It must be at most {limit}, but got value {max_results}"
        )


def _offset(page_token: str | None) -> int:
    """Where a page starts. Raises MlflowException."""
    start: int = SearchUtils.parse_start_offset_from_page_token(page_token)
    return start


def _next(found: int, start: int, max_results: int) -> Any:
    """The token of the next page, None on the last: one item more than the page holds was looked for."""
    return SearchUtils.create_page_token(start + max_results) if found == max_results + 1 else None
