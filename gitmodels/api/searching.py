"""Models and versions by a filter, as the plain documents that ``git models search`` prints and gives as JSON.

The grammar is MLflow's, and asks for more than MLflow's client can: params of a version's run, its metrics (the run's,
and above them what was evaluated last), aliases, stage, flavors and author. This room knows what can be asked for;
documents are made by ``overview``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from gitmodels import filters
from gitmodels.api import overview
from gitmodels.api.publication import Publication
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.filters import ATTRIBUTE, LISTS, ORDERED, SIMPLE, Comparison, Field, Grammar
from gitmodels.registry.records import ModelRecord
from gitmodels.registry.search import IS_PROMPT, MODEL_FIELDS, VERSION_FIELDS
from gitmodels.registry.state import State, Version
from gitmodels.repo import Repo

Item = TypeVar("Item")
Value = Callable[[Item, str, str], Any]

# Of what there can be several it is asked whether one of them is so.
_ONE_OF_SEVERAL = Field(frozenset({"=", "LIKE", "ILIKE", "IN"}))
_TIMES = {"creation_timestamp": Field(ORDERED, numeric=True), "last_updated_timestamp": Field(ORDERED, numeric=True)}
_TAGS, _METRICS, _PARAMS = "tags", "metrics", "params"

MODELS = Grammar({**MODEL_FIELDS, **_TIMES}, {_TAGS: Field(SIMPLE)}, {"tag": _TAGS, "tags": _TAGS}, strict=True)
VERSIONS = Grammar(
    attributes={
        **VERSION_FIELDS,
        **_TIMES,
        "alias": _ONE_OF_SEVERAL,
        "flavor": _ONE_OF_SEVERAL,
        "author": Field(SIMPLE | LISTS),
        "stage": Field(SIMPLE | LISTS),
        "code_execution": Field(SIMPLE | LISTS),
        "run_name": Field(SIMPLE | LISTS),
    },
    kinds={_TAGS: Field(SIMPLE), _METRICS: Field(ORDERED, numeric=True, whole=False), _PARAMS: Field(SIMPLE)},
    prefixes={one: kind for kind in (_TAGS, _METRICS, _PARAMS) for one in (kind, kind.removesuffix("s"))},
    aliases={"version": "version_number"},
    strict=True,
)

# A version, the aliases of its model with their numbers, and what tells the metrics it was evaluated at.
Found = tuple[Version, dict[str, int], Callable[[], Mapping[str, float]]]


def models(
    repo: Repo, text: str | None = None, order_by: Sequence[str] | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """One document per model for which the filter holds, as ``ls`` gives them; in the order of the registry.

    Raises Invalid that names the place in the filter or the order.
    """
    wanted, orders = _parse(text, MODELS), filters.parse_orders(order_by, MODELS)
    state, publication = repo.registry.existing_state(), Publication(repo)
    found = (state.model(name) for name in state.model_names())
    kept = (record for record in found if _holds(record, wanted, _of_model))
    for record in islice(_in_order(kept, orders, _of_model), limit):
        try:
            yield overview.model(state, record.name, publication)
        except GitModelsError as error:
            yield {"name": record.name, "error": error.message}


def versions(
    repo: Repo, text: str | None = None, order_by: Sequence[str] | None = None, limit: int | None = None
) -> Iterator[dict[str, Any]]:
    """One document per version for which the filter holds, as ``ls NAME`` gives them; a model's newest first.

    Deleted versions are left out. Raises Invalid that names the place in the filter or the order.
    """
    wanted, orders = _parse(text, VERSIONS), filters.parse_orders(order_by, VERSIONS)
    state, publication = repo.registry.existing_state(), Publication(repo)
    kept = (found for found in _versions(state, wanted) if _holds(found, wanted, _of_version))
    for version, aliases, _ in islice(_in_order(kept, orders, _of_version), limit):
        yield overview.of_version(version, aliases, publication)


def _parse(text: str | None, grammar: Grammar) -> list[Comparison]:
    try:
        return filters.parse(text, grammar)
    except Invalid as error:
        if text and text.replace("-", "").replace("_", "").isalnum():
            # Somebody who looks for a name writes the name.
            error.hint = f"a filter compares: \"name LIKE '%{text}%'\""
        raise


def _versions(state: State, wanted: Sequence[Comparison]) -> Iterator[Found]:
    named = [one.value for one in wanted if (one.kind, one.key, one.operator) == (ATTRIBUTE, "name", "=")]
    for name in named[:1] or state.model_names():
        if state.find_model(name) is not None:
            aliases = state.aliases(name)
            for version in reversed(state.versions(name)):
                yield version, aliases, partial(_evaluated, state, version)


def _evaluated(state: State, version: Version) -> Mapping[str, float]:
    from gitmodels.registry import evaluations

    found = evaluations.of_version(state, version.name, version.number, version.record.manifest)
    return evaluations.latest(found)


def _holds(item: Item, wanted: Sequence[Comparison], value: Value[Item]) -> bool:
    """Whether every comparison holds; prompts, which MLflow keeps among models, only for those who ask for them."""
    asks = any((one.kind, one.key) == (_TAGS, IS_PROMPT) for one in wanted)
    if not asks and value(item, _TAGS, IS_PROMPT) == "true":
        return False
    for one in wanted:
        found = value(item, one.kind, one.key)
        if not (any(map(one.accepts, found)) if isinstance(found, tuple) else one.accepts(found)):
            return False
    return True


def _in_order(found: Iterator[Item], orders: Sequence[tuple[str, str, bool]], value: Value[Item]) -> Iterable[Item]:
    """``found`` as it comes where no order is asked for, so that the first are there before the last."""
    if not orders:
        return found
    rows = list(found)
    for kind, key, descending in reversed(orders):
        rows = filters.ordered(rows, lambda item, kind=kind, key=key: value(item, kind, key), descending=descending)  # type: ignore[misc]
    return rows


def _of_model(record: ModelRecord, kind: str, key: str) -> Any:
    if kind == _TAGS:
        return record.tags.get(key)
    return {
        "name": record.name,
        "creation_timestamp": record.created,
        "last_updated_timestamp": record.updated,
    }[key]


def _of_version(found: Found, kind: str, key: str) -> Any:
    version, aliases, evaluated = found
    record = version.record
    if kind == _TAGS:
        return version.meta.tags.get(key)
    if kind == _METRICS:
        metric = evaluated().get(key, record.metrics.get(key))
        return metric if isinstance(metric, int | float) else None
    if kind == _PARAMS:
        params = record.run.get("params")
        return str(params[key]) if isinstance(params, dict) and key in params else None
    values: dict[str, Callable[[], Any]] = {
        "name": lambda: version.name,
        "version_number": lambda: version.number,
        "run_id": lambda: record.run_id,
        "run_name": lambda: record.run.get("name"),
        "source_path": lambda: record.source,
        "creation_timestamp": lambda: record.created,
        "last_updated_timestamp": lambda: version.updated,
        "alias": lambda: tuple(alias for alias, number in aliases.items() if number == version.number),
        "flavor": lambda: tuple(record.flavors),
        "author": lambda: record.author,
        "stage": lambda: version.meta.stage,
        "code_execution": lambda: record.code_execution,
    }
    return values[key]()
