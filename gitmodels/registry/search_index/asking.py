"""Filters as SQL: which rows of the tables hold, in which order, from which on.

This room turns comparisons into questions to the tables. MLflow's rule about prompts stands here: they are models like
others, and are left out unless a filter asks for them.
"""

# What is put into statements is ours: names of columns and operators. Whatever a filter says is bound.
# ruff: noqa: S608

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from gitmodels.filters import ATTRIBUTE, Comparison
from gitmodels.registry.search_index.rows import (
    FLAVORS,
    INPUTS,
    IS_PROMPT,
    MODEL_COLUMNS,
    OUTPUTS,
    PARAMS,
    SHOWN,
    TAGS,
    ModelRow,
    Shown,
)
from gitmodels.registry.search_index.tables import Tables

Order = tuple[str, str, bool]

_TAGS, _PARAMS, _METRICS = "tags", "params", "metrics"
_WORDS = {"flavor": FLAVORS, "inputs": INPUTS, "outputs": OUTPUTS}
_KINDS = {_TAGS: TAGS, _PARAMS: PARAMS}
# Attributes whose column is called otherwise.
_COLUMNS = {
    "version_number": "number",
    "source_path": "source",
    "creation_timestamp": "created",
    "last_updated_timestamp": "updated",
}
_NULLABLE = frozenset({"run_id", "run_name"})
_OPERATORS = {"LIKE": "gm_like({}, ?)", "ILIKE": "gm_ilike({}, ?)"}
_AT_ONCE = 500
# To ask for the aliases of more models takes longer than to read those of all.
_FEW = 100

# A model changed last when its record did, or when the version did that changed last together with it.
_MODEL_TIME = "max(models.updated, ifnull((SELECT max(moved) FROM versions WHERE versions.name = models.name), 0))"
_MODEL_SHOWN = tuple(f"{_MODEL_TIME} AS updated" if column == "updated" else column for column in MODEL_COLUMNS)


class Question:
    """One SELECT in the making: what is joined, what must hold, in which order, and the values for all that."""

    def __init__(self, limit: int | None, offset: int) -> None:
        self.joins: list[str] = []
        self.join_values: list[Any] = []
        self.wheres: list[str] = []
        self.values: list[Any] = []
        self.orders: list[str] = []
        self.limits = [-1 if limit is None else limit, min(offset, 2**62)]

    def where(self, text: str, *values: Any) -> None:
        """Ask that ``text`` holds."""
        self.wheres.append(text)
        self.values += values

    def asked(self, tables: Tables, columns: Sequence[str], table: str) -> Iterable[Any]:
        """What the tables answer: ``columns`` of the rows of ``table``."""
        where = f" WHERE {' AND '.join(self.wheres)}" if self.wheres else ""
        rows = f"{', '.join(columns)} FROM {table}{''.join(self.joins)}{where} ORDER BY {', '.join(self.orders)}"
        values = [*self.join_values, *self.values, *self.limits]
        return tables.database.execute(f"SELECT {rows} LIMIT ? OFFSET ?", values)


def versions(
    tables: Tables, wanted: Sequence[Comparison], orders: Sequence[Order], limit: int | None, offset: int = 0
) -> list[Shown]:
    """What is SHOWN of versions for which everything ``wanted`` holds; behind ``orders`` by name and newest first."""
    question = Question(limit, offset)
    question.where("NOT deleted")
    for one in _without_prompts(question, wanted, _PROMPTED_VERSIONS):
        _compare_version(question, one)
    # With a plus an order is made by sorting: few rows are sorted sooner than all are gone through in their order.
    plus = "+" if any(_is_narrow(one) for one in wanted) else ""
    for kind, key, descending in orders:
        if kind == ATTRIBUTE:
            _order(question, plus + _COLUMNS.get(key, key), descending, missing=key in _NULLABLE)
        else:
            _order_joined(question, kind, key, descending)
    question.orders += ["name", "number DESC"]
    return list(question.asked(tables, SHOWN, "versions"))


def models(
    tables: Tables, wanted: Sequence[Comparison], orders: Sequence[Order], limit: int | None, offset: int = 0
) -> list[ModelRow]:
    """The rows of models for which everything ``wanted`` holds; behind ``orders`` by name.

    ``updated`` in them is when the model changed last, its versions considered.
    """
    question = Question(limit, offset)
    for one in _without_prompts(question, wanted, _PROMPTED_MODELS):
        if one.kind == _TAGS:
            text, values = _judged("value", one)
            question.where(f"id IN (SELECT model FROM model_tags WHERE key = ? AND {text})", one.key, *values)
        else:
            _compare(question, _model_column(one.key), one)
    for kind, key, descending in orders:
        if kind == ATTRIBUTE:
            _order(question, _model_column(key), descending)
        else:
            _join(question, "SELECT model AS {0}_of, value AS {0}_value FROM model_tags WHERE key = ?", (key,))
            _order(question, f"{_last(question)}_value", descending, missing=True)
    question.orders.append("name")
    return list(map(ModelRow._make, question.asked(tables, _MODEL_SHOWN, "models")))


def newest(tables: Tables, names: Collection[str]) -> dict[str, list[Shown]]:
    """Of each of these models the newest version in each stage, by number: what is SHOWN of it."""
    columns = ", ".join(SHOWN)
    inner = "SELECT max(number), id FROM versions WHERE NOT deleted AND {} GROUP BY name, stage"
    found: dict[str, list[Shown]] = {}
    for part, marks in _parts(names):
        chosen = inner.format(f"name IN ({marks})")
        text = f"SELECT {columns} FROM versions WHERE id IN (SELECT id FROM ({chosen})) ORDER BY name, number"
        for row in tables.database.execute(text, part):
            found.setdefault(row[0], []).append(row)
    return found


def aliases(tables: Tables, names: Collection[str]) -> dict[tuple[str, int], list[str]]:
    """The aliases of these models, and maybe of others, by version; each version's in the order of their names."""
    found: dict[tuple[str, int], list[str]] = {}
    some = f"WHERE name IN ({', '.join('?' * len(names))})" if len(names) <= _FEW else ""
    values = list(names) if some else []
    text = f"SELECT name, number, alias FROM aliases {some} ORDER BY alias"
    for name, number, alias in tables.database.execute(text, values):
        found.setdefault((name, number), []).append(alias)
    return found


def _parts(names: Collection[str]) -> Iterable[tuple[list[str], str]]:
    every = list(dict.fromkeys(names))
    for start in range(0, len(every), _AT_ONCE):
        part = every[start : start + _AT_ONCE]
        yield part, ", ".join("?" * len(part))


_PROMPTED_MODELS = "id NOT IN (SELECT model FROM model_tags WHERE key = ? AND value = 'true')"
_PROMPTED_VERSIONS = (
    "name NOT IN (SELECT name FROM versions WHERE id IN "
    f"(SELECT version FROM words WHERE kind = {TAGS} AND key = ? AND value = 'true'))"
)


def _without_prompts(question: Question, wanted: Sequence[Comparison], excluding: str) -> list[Comparison]:
    """What else is wanted, where prompts are not; everything, where they are. The first mention of them decides."""
    first = next((one for one in wanted if (one.kind, one.key) == (_TAGS, IS_PROMPT)), None)
    if first is not None and (first.operator, first.value.lower()) in (("=", "true"), ("!=", "false")):
        return list(wanted)
    question.where(excluding, IS_PROMPT)
    return [one for one in wanted if (one.kind, one.key) != (_TAGS, IS_PROMPT)]


def _is_narrow(one: Comparison) -> bool:
    """Whether few versions are likely to be left, found without a look at the others."""
    several = one.kind in _KINDS or one.key in _WORDS or one.key in ("alias", "name", "run_id")
    return one.operator in ("=", "IN") and several and one.key != IS_PROMPT


def _compare_version(question: Question, one: Comparison) -> None:
    text, values = _judged("value", one)
    if one.kind in _KINDS:
        words = f"id IN (SELECT version FROM words WHERE kind = {_KINDS[one.kind]} AND key = ? AND {text})"
        question.where(words, one.key, *values)
    elif one.kind == _METRICS:
        # What is not a number is kept as NULL, and is no other number.
        text = f"({text} OR value IS NULL)" if one.operator == "!=" else text
        question.where(f"id IN (SELECT version FROM measures WHERE key = ? AND {text})", one.key, *values)
    elif one.key in _WORDS:
        words = f"id IN (SELECT version FROM words WHERE kind = {_WORDS[one.key]} AND key = '' AND {text})"
        question.where(words, *values)
    elif one.key == "alias":
        text, values = _judged("alias", one)
        question.where(f"(name, number) IN (SELECT name, number FROM aliases WHERE {text})", *values)
    else:
        _compare(question, _COLUMNS.get(one.key, one.key), one)


def _compare(question: Question, column: str, one: Comparison) -> None:
    text, values = _judged(column, one)
    question.where(text, *values)


def _judged(column: str, one: Comparison) -> tuple[str, list[Any]]:
    """``column`` compared as ``one`` says, and the values for it; a missing one compares to nothing."""
    if isinstance(one.value, tuple):
        return f"{column} {one.operator} ({', '.join('?' * len(one.value))})", [_bound(value) for value in one.value]
    return _OPERATORS.get(one.operator, f"{{}} {one.operator} ?").format(column), [_bound(one.value)]


def _bound(value: Any) -> Any:
    """``value`` as SQLite takes it: whole numbers past its own become the nearest it has to offer."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value) if abs(value) < 2**1000 else math.inf if value > 0 else -math.inf
    return value


def _order(question: Question, column: str, descending: bool, *, missing: bool = False) -> None:
    if missing:
        question.orders.append(f"{column} IS NULL")
    question.orders.append(f"{column} {'DESC' if descending else 'ASC'}")


def _order_joined(question: Question, kind: str, key: str, descending: bool) -> None:
    if kind == _METRICS:
        _join(question, "SELECT version AS {0}_of, value AS {0}_value FROM measures WHERE key = ?", (key,))
        # What has none stands behind what is not a number.
        question.orders.append(f"{_last(question)}_of IS NULL")
    else:
        words = "SELECT version AS {0}_of, value AS {0}_value FROM words WHERE kind = ? AND key = ?"
        _join(question, words, (_KINDS[kind], key))
    _order(question, f"{_last(question)}_value", descending, missing=True)


def _join(question: Question, select: str, values: Iterable[Any]) -> None:
    name = f"o{len(question.joins)}"
    question.joins.append(f" LEFT JOIN ({select.format(name)}) ON {name}_of = id")
    question.join_values += values


def _last(question: Question) -> str:
    return f"o{len(question.joins) - 1}"


def _model_column(key: str) -> str:
    return _MODEL_TIME if key == "last_updated_timestamp" else _COLUMNS.get(key, key)
