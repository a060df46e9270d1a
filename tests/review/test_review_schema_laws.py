"""The law of verdicts on signatures, with enforcement as the oracle.

Below BREAK, whatever the giving schema accepts in its own form is accepted by the taking one, and up to NOTE in any
form. At BREAK there are data that one accepts and the other refuses.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.schema import Schema
from gitmodels.review.schemas import compare_inputs, compare_outputs
from gitmodels.review.verdicts import Verdict, worst
from tests.review import schema_data
from tests.review.schema_data import Data, accepts, changed_schemas, column_schemas, data_in, tensor_schemas

QUICK = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
MANY = settings(QUICK, max_examples=6_000)
pairs = st.one_of(column_schemas(), column_schemas(schema_data.types), tensor_schemas()).flatmap(
    lambda schema: st.tuples(st.just(schema), changed_schemas(schema))
)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    logging.getLogger("gitmodels").disabled = True
    yield
    logging.getLogger("gitmodels").disabled = False


def refused(give: Schema, take: Schema, chance: random.Random, forms: tuple[str, ...], share: float) -> Data | None:
    """The first data in one of the ``forms`` that ``give`` accepts and ``take`` does not; of a ``share`` of them."""
    tried = (each for each in data_in(give, chance, forms) if chance.random() < share)
    return next((each for each in tried if not accepts(take, each) and accepts(give, each)), None)


def assert_proven(give: Schema, take: Schema, verdict: Verdict, seed: int, reads_dicts: bool) -> None:
    note(f"give {give}\ntake {take}\nverdict {verdict.word}")
    own: tuple[str, ...] = ("own", "dict") if reads_dicts else ("own",)
    every = (*own, "other", "other dict") if reads_dicts else (*own, "other")
    if verdict is Verdict.BREAK:
        witness = refused(give, take, random.Random(seed), every, share=1)
        assert witness is not None or only_in_kind(give, take), "BREAK, and everything is accepted"
        return
    forms = own if verdict is Verdict.WARN else every
    lost = refused(give, take, random.Random(seed), forms, share=0.4)
    assert lost is None, f"{verdict.word}, and refused: {lost}"


def only_in_kind(give: Schema, take: Schema) -> bool:
    """A break in what is meant, though enforcement may not see it.

    Some arrays pass as tables where columns are now; a column of text looks at no cell of a table.
    """
    if give.is_tensor_spec():
        return not take.is_tensor_spec()
    nested = any(not isinstance(each.type, DataType) or each.type is DataType.binary for each in give)
    text = any(each.type in (DataType.string, DataType.binary) for each in take)
    return not give.has_input_names() and len(give) > 1 and nested and text


def prove_inputs(old: Schema, new: Schema, seed: int) -> Verdict:
    verdict = worst(compare_inputs(old, new))
    assert_proven(old, new, verdict, seed, reads_dicts=True)
    return verdict


def prove_outputs(old: Schema, new: Schema, seed: int) -> Verdict:
    verdict = worst(compare_outputs(old, new))
    assert_proven(new, old, verdict, seed, reads_dicts=False)
    return verdict


@QUICK
@given(pairs, st.integers(0, 1000))
def test_the_verdict_on_inputs_is_what_enforcement_does(pair: tuple[Schema, Schema], seed: int) -> None:
    event(prove_inputs(*pair, seed).word)


@QUICK
@given(pairs, st.integers(0, 1000))
def test_the_verdict_on_outputs_is_what_enforcement_does(pair: tuple[Schema, Schema], seed: int) -> None:
    event(prove_outputs(*pair, seed).word)


@pytest.mark.heavy
@MANY
@given(pairs, st.integers(0, 1000))
def test_six_thousand_changes_of_inputs_are_judged_as_enforcement_does(pair: tuple[Schema, Schema], seed: int) -> None:
    prove_inputs(*pair, seed)


@pytest.mark.heavy
@MANY
@given(pairs, st.integers(0, 1000))
def test_six_thousand_changes_of_outputs_are_judged_as_enforcement_does(pair: tuple[Schema, Schema], seed: int) -> None:
    prove_outputs(*pair, seed)
