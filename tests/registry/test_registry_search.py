"""Searching a registry: what MLflow's filters and ours find, and what is said of those that make no sense."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from gitmodels import filters
from gitmodels.errors import Invalid
from gitmodels.registry import search
from gitmodels.registry.changes import aliases, models, versions
from gitmodels.registry.registry import Registry
from gitmodels.registry.search_index.rows import IS_PROMPT


@pytest.fixture
def full(registry: Registry, new_version: Callable[..., Any]) -> Registry:
    """fraud with two versions, Fraud with one that came from no run, and 100% with one."""
    fields = [
        ("fraud", b"1", {"run": {"id": "ab", "params": {"depth": 4}, "metrics": [{"key": "auc", "value": 0.95}]}}),
        ("fraud", b"2", {"flavors": ("sklearn",), "signature": {"inputs": ["age: long"], "outputs": ["label: long"]}}),
        ("Fraud", b"3", {"source": "/tmp/x"}),
        ("100%", b"4", {"run": {"id": "cd", "metrics": [{"key": "auc", "value": 0.5}]}, "source": "it's"}),
    ]
    for name, content, more in fields:
        new = new_version(content, **more)
        registry.apply(lambda s, at, n=name, v=new: versions.register(s, n, v, at))
    for name, number, key, value in (
        ("fraud", 1, "team", "risk"),
        ("fraud", 1, "a b", "x"),
        ("fraud", 2, "team", "Risk"),
        ("100%", 1, "team", "it's"),
    ):
        registry.apply(lambda s, at, a=(name, number, key, value): versions.set_tag(s, *a))
    registry.apply(lambda s, at: aliases.set_alias(s, "fraud", "champion", 2, at))
    registry.apply(lambda s, at: models.set_tag(s, "fraud", "owner", "ana"))
    return registry


def found(registry: Registry, text: str | None, *orders: str) -> list[str]:
    what = search.asked(text, orders, search.VERSIONS)
    found = search.find_versions(registry, registry.state(), what)
    return [f"{name}/{number}" for name, number in found.keys]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "100%/1 Fraud/1 fraud/2 fraud/1"),
        ("  ", "100%/1 Fraud/1 fraud/2 fraud/1"),
        ("name = 'fraud'", "fraud/2 fraud/1"),
        ('name = "fraud"', "fraud/2 fraud/1"),
        ("name='Fraud'", "Fraud/1"),
        ("attribute.name != 'fraud'", "100%/1 Fraud/1"),
        ("name LIKE 'fr%'", "fraud/2 fraud/1"),
        ("name ilike 'FR%'", "Fraud/1 fraud/2 fraud/1"),
        ("name LIKE '_raud'", "Fraud/1 fraud/2 fraud/1"),
        ("name LIKE '100%'", "100%/1"),
        ("name LIKE 'f.*'", ""),
        ("name IN ('fraud', '100%',)", "100%/1 fraud/2 fraud/1"),
        ("name not in ('fraud')", "100%/1 Fraud/1"),
        ("run_id = 'ab'", "fraud/1"),
        ("run_id != 'ab'", "100%/1"),
        ("run_id NOT IN ('ab')", "100%/1"),
        ('source_path = "it\'s"', "100%/1"),
        ("source_path = 'it''s'", ""),
        ("source_path LIKE 'models:/m-%'", "fraud/2 fraud/1"),
        ("version_number > 1", "fraud/2"),
        ("version_number <= '1'", "100%/1 Fraud/1 fraud/1"),
        ("version = 2", "fraud/2"),
        ("tags.team = 'risk'", "fraud/1"),
        ("tag.team ILIKE 'risk'", "fraud/2 fraud/1"),
        ("tags.team != 'risk'", "100%/1 fraud/2"),
        ("tags.`a b` = 'x'", "fraud/1"),
        ("tags.\"a b\" = 'x'", "fraud/1"),
        ("name LIKE 'f%' AND tags.team = 'risk' and version_number = 1", "fraud/1"),
        ("metrics.auc > 0.9", "fraud/1"),
        ("metrics.auc > 0.9 AND inputs LIKE '%age%'", ""),
        ("inputs LIKE '%age%' AND outputs = 'label: long'", "fraud/2"),
        ("params.depth = '4'", "fraud/1"),
        ("flavor = 'sklearn' AND alias = 'champion'", "fraud/2"),
    ],
)
def test_filters(text: str | None, expected: str, full: Registry) -> None:
    assert found(full, text) == expected.split()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = fraud", "quoted"),
        ("name", "an operator"),
        ("name =", "a value"),
        ("name = 'a' OR name = 'b'", "expected AND"),
        ("name = 'a' AND", "a name"),
        ("name > 'a'", "takes"),
        ("name = 5", "quoted"),
        ("nothing = 'a'", "Invalid attribute key"),
        ("`name` = 'a'", "Invalid attribute key"),
        ("attributes.name = 'a'", "Invalid entity type 'attributes'"),
        ("Tags.a = 'a'", "Invalid entity type 'Tags'"),
        ("tags.team > 'a'", "takes"),
        ("tags.team IN ('a')", "takes"),
        ("tags.team IS NULL", "takes"),
        ("version_number = 'x'", "whole number"),
        ("version_number = 1.5", "whole number"),
        ("version_number IN (1, 2)", "takes"),
        ("name IN 'a'", "parentheses"),
        ("name IN ('a' 'b')", "expected"),
        ("name IN ()", "value|quoted"),
        ("name NOT LIKE 'a'", "expected IN"),
        ("name <> 'a'", "expected an operator"),
        ("name = 'a", "unexpected"),
        ("name = `a`", "quoted"),
        ("= 'a'", "expected a name"),
        ("metrics.auc > '1'", "numeric"),
        ("x" * 10_001, "at most"),
    ],
)
def test_refusals(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        search.asked(text, None, search.VERSIONS)


def test_models_have_fewer_columns() -> None:
    with pytest.raises(Invalid, match="Valid keys"):
        search.asked("run_id = 'a'", None, search.MODELS)


def test_a_pattern_cannot_take_forever(registry: Registry) -> None:
    registry.apply(lambda s, at: models.create(s, "a" * 39 + "b" * 160, at))
    what = search.asked(f"name LIKE '{'%a' * 40}%'", None, search.MODELS)
    assert search.find_models(registry, registry.state(), what).rows == []


def test_orders(full: Registry) -> None:
    assert found(full, None, "name DESC", "version_number ASC") == ["fraud/1", "fraud/2", "Fraud/1", "100%/1"]
    assert found(full, None, "metrics.auc DESC") == ["fraud/1", "100%/1", "Fraud/1", "fraud/2"]
    assert found(full, None, "tags.team") == ["fraud/2", "100%/1", "fraud/1", "Fraud/1"]
    assert found(full, None, "attribute.creation_timestamp DESC")[0] == "100%/1"
    for wrong in ("nothing", "name up", "name ASC x", "", "alias", "inputs DESC"):
        with pytest.raises(Invalid):
            search.asked(None, [wrong], search.VERSIONS)
    with pytest.raises(Invalid, match="duplicate"):
        search.asked(None, ["timestamp", "last_updated_timestamp DESC"], search.MODELS)


def test_models_come_with_aliases_and_the_newest_version_of_each_stage(full: Registry) -> None:
    full.apply(lambda s, at: versions.stage(s, "fraud", 1, "Production", at))
    shown = search.find_models(
        full, full.state(), search.asked("tags.owner = 'ana'", ["timestamp DESC"], search.MODELS)
    )
    assert [row.name for row in shown.rows] == ["fraud"]
    assert json.loads(shown.rows[0].aliases) == {"champion": 2}
    assert [row[:2] for row in shown.newest["fraud"]] == [("fraud", 1), ("fraud", 2)]
    assert shown.aliases == {("fraud", 2): ["champion"]}


def test_prompts_are_left_out_with_all_their_versions_unless_they_are_asked_for(full: Registry) -> None:
    full.apply(lambda s, at: versions.set_tag(s, "fraud", 1, IS_PROMPT, "true"))
    assert found(full, None) == ["100%/1", "Fraud/1"]
    assert found(full, f"tags.`{IS_PROMPT}` = 'true'") == ["fraud/1"]
    assert found(full, f"tag.`{IS_PROMPT}` != 'true'") == ["100%/1", "Fraud/1"]
    full.apply(lambda s, at: versions.delete(s, "fraud", 1, at))
    assert found(full, "name LIKE 'fr%'") == []


def test_pages() -> None:
    first, token = filters.page(range(5), 2, None, 10)
    second, token_two = filters.page(range(5), 2, token, 10)
    last, none = filters.page(range(5), 2, token_two, 10)
    assert ([*first, *second, *last], none) == ([0, 1, 2, 3, 4], None)
    assert filters.page(range(5), None, None, 10) == ([0, 1, 2, 3, 4], None)
    for size in (0, -1, 11, "3"):
        with pytest.raises(Invalid, match="max_results"):
            filters.page([], size, None, 10)
    for bad in ("x", "eyJ9", "W10=", "eyJvZmZzZXQiOiAtMX0=", "eyJvZmZzZXQiOiAiYSJ9"):
        with pytest.raises(Invalid, match="page token"):
            filters.page([], None, bad, 10)
