"""Searching models and versions by MLflow's filters: ``name LIKE 'fr%' AND tags.team = 'risk'``.

The grammar is that of ``gitmodels.filters``. MLflow's attributes are compared as MLflow's SQL store compares them;
beside them stand ours: metrics (the run's, and above them what was evaluated last), params, aliases, flavors, the
columns of signatures. This room knows what can be asked for, and asks the search index; it knows no SQL.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gitmodels import filters
from gitmodels.errors import Invalid
from gitmodels.filters import LISTS, ORDERED, SIMPLE, Comparison, Field, Grammar
from gitmodels.registry.registry import Registry
from gitmodels.registry.search_index.rows import ModelRow, Shown
from gitmodels.registry.state import State
from gitmodels.values import frozen

if TYPE_CHECKING:
    from gitmodels.registry.search_index.tables import Tables

_TAGS, _METRICS, _PARAMS = "tags", "metrics", "params"
_TEXT = Field(SIMPLE | LISTS)
_TIME = Field(ORDERED, numeric=True)
# Of what there can be several it is asked whether one of them is so.
_SEVERAL = Field(frozenset({"=", "LIKE", "ILIKE", "IN"}), sortable=False)
_HEADS = frozenset({"attribute"})

MODELS = Grammar(
    attributes={"name": _TEXT, "creation_timestamp": _TIME, "last_updated_timestamp": _TIME},
    kinds={_TAGS: Field(SIMPLE)},
    prefixes={"tag": _TAGS, "tags": _TAGS},
    aliases={"timestamp": "last_updated_timestamp"},
    strict=True,
    heads=_HEADS,
    bare=True,
)
VERSIONS = Grammar(
    attributes={
        "name": _TEXT,
        "run_id": _TEXT,
        "source_path": Field(SIMPLE),
        "version_number": Field(ORDERED, numeric=True),
        "creation_timestamp": _TIME,
        "last_updated_timestamp": _TIME,
        "alias": _SEVERAL,
        "flavor": _SEVERAL,
        "inputs": _SEVERAL,
        "outputs": _SEVERAL,
        "author": _TEXT,
        "stage": _TEXT,
        "code_execution": _TEXT,
        "run_name": _TEXT,
        "model_id": _TEXT,
        "size": Field(ORDERED, numeric=True),
    },
    kinds={_TAGS: Field(SIMPLE), _METRICS: Field(ORDERED, numeric=True, whole=False), _PARAMS: Field(SIMPLE)},
    prefixes={one: kind for kind in (_TAGS, _METRICS, _PARAMS) for one in (kind, kind.removesuffix("s"))},
    aliases={"version": "version_number"},
    strict=True,
    heads=_HEADS,
    bare=True,
)
# MLflow's order where none is asked for: what changed last comes first.
NEWEST_FIRST = (("attribute", "last_updated_timestamp", True),)


@frozen
class Asked:
    """What a search is for: everything that must hold, and by what the answers are ordered."""

    wanted: Sequence[Comparison]
    orders: Sequence[tuple[str, str, bool]]


@frozen
class Versions:
    """Versions that were found, what is SHOWN of each, and their aliases by name and number."""

    rows: Sequence[Shown]
    aliases: dict[tuple[str, int], list[str]]

    @property
    def keys(self) -> list[tuple[str, int]]:
        """Names and numbers."""
        return [row[:2] for row in self.rows]


@frozen
class Models:
    """Models that were found, the newest version of each in each stage, and their aliases."""

    rows: Sequence[ModelRow]
    newest: dict[str, list[Shown]]
    aliases: dict[tuple[str, int], list[str]]


def asked(text: str | None, order_by: Sequence[str] | None, grammar: Grammar) -> Asked:
    """A filter and an order, read. Raises Invalid that names the place.

    >>> asked("name LIKE 'fr%' AND tags.`a b` = 'x'", ["name DESC"], MODELS).orders
    [('attribute', 'name', True)]
    """
    wanted, orders = filters.parse(text, grammar), filters.parse_orders(order_by, grammar)
    if len({order[:2] for order in orders}) < len(orders):
        raise Invalid(f"`order_by` contains duplicate fields: {list(order_by or ())}")
    return Asked(wanted, orders)


def find_versions(
    registry: Registry, state: State, what: Asked, *, limit: int | None = None, offset: int = 0
) -> Versions:
    """The versions of ``state`` that are asked for, ``offset`` of them left out, at most ``limit``."""
    from gitmodels.registry.search_index import asking

    def question(tables: "Tables") -> Versions:
        rows = asking.versions(tables, what.wanted, what.orders, limit, offset)
        return Versions(rows, asking.aliases(tables, {row[0] for row in rows}))

    return registry.search_index.ask(state, question)


def find_models(registry: Registry, state: State, what: Asked, *, limit: int | None = None, offset: int = 0) -> Models:
    """The models of ``state`` that are asked for, ``offset`` of them left out, at most ``limit``."""
    from gitmodels.registry.search_index import asking

    def question(tables: "Tables") -> Models:
        rows = asking.models(tables, what.wanted, what.orders, limit, offset)
        names = [row.name for row in rows]
        return Models(rows, asking.newest(tables, names), asking.aliases(tables, names))

    return registry.search_index.ask(state, question)
