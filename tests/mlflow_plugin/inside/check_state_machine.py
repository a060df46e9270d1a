"""Random histories of a registry, told to MLflow's SQL store and to ours: at every step both say the same.

Left out is where ours differs on purpose: a name that was deleted or given up starts after its old numbers.
"""

import itertools
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag

from tests.mlflow_plugin.inside.conftest import Pair, differences

NUMBERS = st.integers(0, 5)
ALIASES = st.sampled_from(["champion", "Champion", "old", "latest", "v1"])
KEYS = st.sampled_from(["team", "a b", "mlflow.prompt.is_prompt", "x/y"])
VALUES = st.sampled_from(["true", "false", "", "risk", "Risk 50%", "it's"])
STAGES = st.sampled_from(["None", "staging", "Production", "archived", "Best"])
TEXTS = st.sampled_from([None, "told", "tölt\nnow"])
FILTERS = st.sampled_from(
    ["", " AND tag.team = 'risk'", " AND tags.`a b` != 'true'", " AND tags.`mlflow.prompt.is_prompt` = 'true'"]
)


class Histories(RuleBasedStateMachine):
    """Each history has names of its own, so all of them share the two stores."""

    pair: ClassVar[Pair]
    count: ClassVar[Any] = itertools.count()

    @initialize()
    def begin(self) -> None:
        self.prefix = f"h{next(self.count)}"
        self.names = [f"{self.prefix}-{letter}" for letter in "abcdefgh"]
        self.retired: set[str] = set()
        self.renamed: set[str] = set()

    def same(self, method: str, *arguments: Any, **options: Any) -> None:
        theirs, ours = self.pair.ask(method, *arguments, **options)
        assert self.told(ours, theirs) == [], (method, arguments, options)

    def told(self, ours: Any, theirs: Any) -> list[str]:
        """The differences, but for those that are meant: renaming touches every version in the reference."""
        found = differences(ours, theirs)
        return [one for one in found if not (self.renamed and ".last_updated_timestamp: " in one)]

    @rule(data=st.data(), tag=st.tuples(KEYS, VALUES), text=TEXTS)
    def create(self, data: Any, tag: tuple[str, str], text: str | None) -> None:
        name = data.draw(st.sampled_from([one for one in self.names[:4] if one not in self.retired] or self.names[4:]))
        self.same("create_registered_model", name, [RegisteredModelTag(*tag)], text)

    @rule(name=st.integers(0, 3), source=st.integers(0, 2), tag=st.tuples(KEYS, VALUES), text=TEXTS)
    def register(self, name: int, source: int, tag: tuple[str, str], text: str | None) -> None:
        tags = [ModelVersionTag(*tag)] if tag[0] != "mlflow.prompt.is_prompt" else []
        self.same("create_model_version", self.names[name], self.pair.sources[source], "0" * 32, tags, None, text)

    @rule(name=st.integers(0, 3), number=NUMBERS, alias=ALIASES)
    def point(self, name: int, number: int, alias: str) -> None:
        self.same("set_registered_model_alias", self.names[name], alias, number)

    @rule(name=st.integers(0, 3), alias=ALIASES)
    def clear(self, name: int, alias: str) -> None:
        self.same("delete_registered_model_alias", self.names[name], alias)

    @rule(name=st.integers(0, 3), number=NUMBERS, tag=st.tuples(KEYS, VALUES), remove=st.booleans())
    def tag_version(self, name: int, number: int, tag: tuple[str, str], remove: bool) -> None:
        if remove:
            self.same("delete_model_version_tag", self.names[name], number, tag[0])
        else:
            self.same("set_model_version_tag", self.names[name], number, ModelVersionTag(*tag))

    @rule(name=st.integers(0, 3), tag=st.tuples(KEYS, VALUES), remove=st.booleans())
    def tag_model(self, name: int, tag: tuple[str, str], remove: bool) -> None:
        if remove:
            self.same("delete_registered_model_tag", self.names[name], tag[0])
        else:
            self.same("set_registered_model_tag", self.names[name], RegisteredModelTag(*tag))

    @rule(name=st.integers(0, 3), number=NUMBERS, text=TEXTS)
    def describe(self, name: int, number: int, text: str | None) -> None:
        self.same("update_model_version", self.names[name], number, text)

    @rule(name=st.integers(0, 3), number=NUMBERS, stage=STAGES, archive=st.booleans())
    def stage(self, name: int, number: int, stage: str, archive: bool) -> None:
        self.same("transition_model_version_stage", self.names[name], number, stage, archive)

    @rule(name=st.integers(0, 3), number=NUMBERS)
    def delete_version(self, name: int, number: int) -> None:
        self.same("delete_model_version", self.names[name], number)

    @rule(name=st.integers(0, 3))
    def delete(self, name: int) -> None:
        self.retired.add(self.names[name])
        self.same("delete_registered_model", self.names[name])

    @precondition(lambda self: len(self.names) > 5)
    @rule(name=st.integers(0, 3))
    def rename(self, name: int) -> None:
        fresh = self.names.pop()
        self.renamed.add(fresh)
        self.same("rename_registered_model", self.names[name], fresh)
        self.names[name] = fresh

    @rule(name=st.integers(0, 3), alias=ALIASES)
    def look(self, name: int, alias: str) -> None:
        self.same("get_model_version_by_alias", self.names[name], alias)
        self.same("get_latest_versions", self.names[name])

    @rule(extra=FILTERS, size=st.integers(1, 4))
    def search(self, extra: str, size: int) -> None:
        order = ["name DESC"] if self.renamed else None
        self.same("search_model_versions", f"name LIKE '{self.prefix}-%'{extra}", size, order)
        self.same("search_registered_models", f"name LIKE '{self.prefix}-%'{extra}", size)

    @invariant()
    def all_models_are_alike(self) -> None:
        for name in self.names[:4]:
            self.same("get_registered_model", name)


def hold_to_one_answer(pair: Pair, histories: int, steps: int, *, derandomize: bool) -> None:
    Histories.pair = pair
    wanted = settings(
        max_examples=histories,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Histories, settings=wanted)  # type: ignore[no-untyped-call]


def test_no_history_of_a_few_tells_the_stores_apart(pair: Pair) -> None:
    hold_to_one_answer(pair, 6, 20, derandomize=True)


@pytest.mark.heavy
@pytest.mark.timeout(3600)
def test_no_history_tells_the_stores_apart(pair: Pair) -> None:
    hold_to_one_answer(pair, 60, 40, derandomize=False)
