"""The filter grammar for free kinds of names: numbers, nulls, prefixes, quoting, orders."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels import filters
from gitmodels.errors import Invalid
from gitmodels.filters import LISTS, NULLS, ORDERED, SIMPLE, Field, Grammar

NUMBER = Field(ORDERED, numeric=True, whole=False)
GRAMMAR = Grammar(
    attributes={"name": Field(SIMPLE | LISTS), "start": NUMBER},
    kinds={"metrics": NUMBER, "tags": Field(SIMPLE | NULLS)},
    prefixes={"metric": "metrics", "metrics": "metrics", "tags": "tags"},
    aliases={"Created": "start"},
    strict=True,
)


@pytest.mark.parametrize(
    ("text", "kind", "key", "operator", "value"),
    [
        ("metrics.auc > 0.5", "metrics", "auc", ">", 0.5),
        ("metric.auc >= 1e-3", "metrics", "auc", ">=", 1e-3),
        ("metrics.auc<-.5", "metrics", "auc", "<", -0.5),
        ("metrics.val/loss-2 = 5", "metrics", "val/loss-2", "=", 5.0),
        ("metrics.`val loss` != 2E+3", "metrics", "val loss", "!=", 2000.0),
        ('metrics."p.99" > 0', "metrics", "p.99", ">", 0.0),
        ("metrics.p.99.5 > 0", "metrics", "p.99.5", ">", 0.0),
        ("metrics.5 > 0", "metrics", "5", ">", 0.0),
        ("metrics.2nd > 0", "metrics", "2nd", ">", 0.0),
        ("tags.mlflow.user = 'x'", "tags", "mlflow.user", "=", "x"),
        ("tags.a IS NULL", "tags", "a", "IS NULL", None),
        ("tags.a is not null", "tags", "a", "IS NOT NULL", None),
        ("Created > 3", "attribute", "start", ">", 3.0),
        ("attributes.name NOT IN ('a', 'b')", "attribute", "name", "NOT IN", ("a", "b")),
        ("run.name = 'and'", "attribute", "name", "=", "and"),
    ],
)
def test_comparisons(text: str, kind: str, key: str, operator: str, value: object) -> None:
    (found,) = filters.parse(text, GRAMMAR)
    assert (found.kind, found.key, found.operator, found.value) == (kind, key, operator, value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("metrics.auc > '0.5'", "numeric"),
        ("metrics.auc > x", "numeric"),
        ("metrics.auc LIKE 'x'", "takes"),
        ("metrics.auc IS NULL", "takes"),
        ("tags.a IS 5", "expected NULL"),
        ("tags.a = 1", "quoted"),
        ("nothing.a = 1", "Invalid entity type"),
        ("nothing = 'a'", "Valid keys"),
        ("metrics.a > 1 OR metrics.b > 1", "expected AND"),
        ("metrics. > 1", "expected a name"),
        ("tags.a", "an operator"),
        ("tags.a IS", "at the end"),
        ("tags.a = 'x' 'y'", "expected AND"),
        ("metrics.a > 1;", "numeric|unexpected|expected"),
    ],
)
def test_refusals(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        filters.parse(text, GRAMMAR)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tags.a = 'x' OR tags.b = 'y'", "expected AND, found 'OR' at character 14 of"),
        ("  tags.a =", "expected a value at the end of"),
        ("tags.a == 'x'", "expected a value, found '=' at character 9|quoted string value, found '=' at character 9"),
        ("tags.a <> 'x'", "expected an operator, found '<>' at character 8"),
        ("tags.a = 'x", 'unexpected "\'x" at character 10'),
        ("metrics.a > 1 AND tags.b > 'x'", "'b' takes .* at character 19"),
        ("tags.a = 'x' AND nothing.b = 'y'", "Invalid entity type 'nothing'.* at character 18"),
        ("tags.a = '" + "x" * 500 + "' OR", "found 'OR' at character 513: …"),
    ],
)
def test_an_error_tells_the_place_and_what_should_stand_there(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as caught:
        filters.parse(text, GRAMMAR)
    assert len(caught.value.message) < 450


def test_what_is_missing_matches_nothing_but_null() -> None:
    for text, holds in (("tags.a != 'x'", False), ("tags.a IS NULL", True), ("tags.a IS NOT NULL", False)):
        assert filters.parse(text, GRAMMAR)[0].accepts(None) is holds
    assert filters.parse("tags.a IS NOT NULL", GRAMMAR)[0].accepts("") is True


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_that_python_writes_is_read_back(found: float, value: float) -> None:
    for operator, truth in ((">", found > value), ("=", found == value), ("<=", found <= value)):
        assert filters.parse(f"metrics.a {operator} {value!r}", GRAMMAR)[0].accepts(found) is truth


@given(st.text(max_size=40))
def test_whatever_is_written_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        filters.parse(text, GRAMMAR)
    with contextlib.suppress(Invalid):
        filters.parse_orders([text], GRAMMAR)


def test_orders() -> None:
    clauses = ["metrics.`val loss` DESC", "name", "tags.a asc", "attribute.start desc"]
    assert filters.parse_orders(clauses, GRAMMAR) == [
        ("metrics", "val loss", True),
        ("attribute", "name", False),
        ("tags", "a", False),
        ("attribute", "start", True),
    ]
    for wrong in ("name UP", "name ASC x", "nothing", "", "a.b"):
        with pytest.raises(Invalid):
            filters.parse_orders([wrong], GRAMMAR)
    with pytest.raises(Invalid, match="a list"):
        filters.parse_orders("name", GRAMMAR)


@given(st.lists(st.none() | st.floats()), st.booleans())
def test_what_has_no_value_stands_last_either_way(values: list[float | None], descending: bool) -> None:
    found = filters.ordered(values, lambda value: value, descending=descending)
    numbers = [value for value in found if value is not None and not math.isnan(value)]
    assert numbers == sorted(numbers, reverse=descending)
    ranks = [2 if value is None else 1 if math.isnan(value) else 0 for value in found]
    assert ranks == sorted(ranks)
    assert len(found) == len(values)
