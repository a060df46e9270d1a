"""MLflow's filter grammar: what it accepts, what it means, and what it says when it refuses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels.errors import Invalid
from gitmodels.registry import search
from gitmodels.registry.search import MODEL_FIELDS, MODEL_ORDER, VERSION_FIELDS, keep, page, parse_filter, parse_order

ITEMS = [
    ({"name": "fraud", "version_number": 1, "run_id": "ab", "source_path": "s3://x"}, {"team": "risk", "a b": "x"}),
    ({"name": "Fraud", "version_number": 2, "run_id": None, "source_path": "/tmp/x"}, {"team": "Risk"}),
    ({"name": "100%", "version_number": 10, "run_id": "cd", "source_path": "it's"}, {}),
]


def found(text: str | None) -> list[int]:
    kept = keep(ITEMS, parse_filter(text, VERSION_FIELDS), lambda item: item[0], lambda item: item[1])
    return [item[0]["version_number"] for item in kept]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (None, [1, 2, 10]),
        ("  ", [1, 2, 10]),
        ("name = 'fraud'", [1]),
        ('name = "fraud"', [1]),
        ("name='fraud'", [1]),
        ("`name` = 'fraud'", [1]),
        ("attribute.name = 'fraud'", [1]),
        ("attributes.name != 'fraud'", [2, 10]),
        ("name <> 'fraud'", [2, 10]),
        ("name LIKE 'fr%'", [1]),
        ("name ilike 'FR%'", [1, 2]),
        ("name LIKE '_raud'", [1, 2]),
        ("name LIKE '100%'", [10]),
        ("name LIKE 'f.*'", []),
        ("name IN ('fraud', '100%')", [1, 10]),
        ("name NOT IN ('fraud')", [2, 10]),
        ("run_id = 'ab'", [1]),
        ("run_id != 'ab'", [10]),
        ("source_path = 'it''s'", [10]),
        ("version_number > 1", [2, 10]),
        ("version_number <= '2'", [1, 2]),
        ("version_number IN (1, 10)", [1, 10]),
        ("tags.team = 'risk'", [1]),
        ("tag.team ILIKE 'risk'", [1, 2]),
        ("tags.team != 'risk'", [2]),
        ("tags.`a b` = 'x'", [1]),
        ("tags.\"a b\" = 'x'", [1]),
        ("name LIKE 'f%' AND tags.team = 'risk' and version_number = 1", [1]),
        ("name LIKE 'f%' AND name = '100%'", []),
    ],
)
def test_filters(text: str | None, numbers: list[int]) -> None:
    assert found(text) == numbers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = fraud", "quoted"),
        ("name", "an operator"),
        ("name =", "a value"),
        ("name = 'a' OR name = 'b'", "expected AND"),
        ("name = 'a' AND", "a name"),
        ("name > 'a'", "takes"),
        ("nothing = 'a'", "Invalid attribute key"),
        ("tags.team > 'a'", "takes"),
        ("tags.team IN ('a')", "takes"),
        ("version_number = 'x'", "whole number"),
        ("version_number = 1.5", "whole number"),
        ("name IN 'a'", "parentheses"),
        ("name IN ('a' 'b')", "expected"),
        ("name IN ()", "value|quoted"),
        ("name NOT LIKE 'a'", "expected IN"),
        ("name = 'a", "unexpected"),
        ("name = `a`", "quoted"),
        ("= 'a'", "expected a name"),
        ("x" * 10_001, "at most"),
    ],
)
def test_refusals(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        parse_filter(text, VERSION_FIELDS)


def test_models_have_fewer_fields() -> None:
    with pytest.raises(Invalid, match="Valid keys"):
        parse_filter("run_id = 'a'", MODEL_FIELDS)


def test_a_pattern_cannot_take_forever() -> None:
    pattern = "%a" * 40 + "%"
    item = ({"name": "a" * 39 + "b" * 2000}, {})
    comparisons = parse_filter(f"name LIKE '{pattern}'", MODEL_FIELDS)
    assert keep([item], comparisons, lambda i: i[0], lambda i: i[1]) == []


@given(st.text("ab%_", max_size=8), st.text("ab", max_size=8))
def test_a_pattern_means_what_the_obvious_expression_means(pattern: str, text: str) -> None:
    obvious = "".join(".*" if char == "%" else "." if char == "_" else char for char in pattern)
    comparison = search.Comparison("name", "LIKE", pattern)
    assert comparison.holds({"name": text}, {}) == (re.fullmatch(obvious, text) is not None)


def test_prompts_show_only_when_asked_for() -> None:
    items = [({"name": "p"}, {search.IS_PROMPT: "true"}), ({"name": "m"}, {})]

    def names(text: str | None) -> list[str]:
        return [i[0]["name"] for i in keep(items, parse_filter(text, MODEL_FIELDS), lambda i: i[0], lambda i: i[1])]

    assert names(None) == ["m"]
    assert names("tags.`mlflow.prompt.is_prompt` = 'true'") == ["p"]
    assert names("tags.`mlflow.prompt.is_prompt` != 'true'") == ["m"]


def test_order() -> None:
    assert parse_order(["name", "creation_timestamp desc"], MODEL_ORDER) == [
        ("name", False),
        ("creation_timestamp", True),
    ]
    assert parse_order(["attribute.`name` ASC", "timestamp DESC"], MODEL_ORDER)[1] == ("last_updated_timestamp", True)
    assert parse_order(None, MODEL_ORDER) == []
    for clause in ("nothing", "name up", "name ASC x", ""):
        with pytest.raises(Invalid):
            parse_order([clause], MODEL_ORDER)
    with pytest.raises(Invalid, match="duplicate"):
        parse_order(["name", "name DESC"], MODEL_ORDER)


def test_pages() -> None:
    first, token = page(range(5), 2, None, 10)
    second, token_two = page(range(5), 2, token, 10)
    last, none = page(range(5), 2, token_two, 10)
    assert ([*first, *second, *last], none) == ([0, 1, 2, 3, 4], None)
    assert page(range(5), None, None, 10) == ([0, 1, 2, 3, 4], None)
    for size in (0, -1, 11, "3"):
        with pytest.raises(Invalid, match="max_results"):
            page([], size, None, 10)
    for bad in ("x", "eyJ9", "W10=", "eyJvZmZzZXQiOiAtMX0=", "eyJvZmZzZXQiOiAiYSJ9"):
        with pytest.raises(Invalid, match="page token"):
            page([], None, bad, 10)
