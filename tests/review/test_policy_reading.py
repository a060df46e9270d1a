"""The policy is read strictly: what is well-formed says what it says, anything in doubt is never a pass (case 37)."""

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels import yaml
from gitmodels.errors import GitModelsError, NotEvaluated
from gitmodels.review.policy import reading, rules, units
from gitmodels.review.policy.globs import matches
from gitmodels.review.policy.reading import read
from gitmodels.review.policy.windows import window

PAGE = Path(__file__).parents[2] / "docs/format/policy.md"
HOUR = 3_600_000
WORDS = (*reading._RULE, *reading._METRIC, *reading._APPROVALS)


def _example() -> bytes:
    found = re.search(r"```yaml\n(format: 1\n.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert found is not None
    return found[1].encode()


def test_the_example_of_the_page_is_read_as_the_page_says() -> None:
    policy = read(_example())
    assert [rule.name for rule in policy.rules] == ["every version", "production"]
    everywhere, production = policy.rules
    assert everywhere.require == ("signature",)
    assert everywhere.code_execution == ("none", "pickle")
    assert production.protected
    assert production.max_size == 500 << 20
    assert (production.from_alias, production.soak) == ("staging", 24 * HOUR)
    assert production.metrics[0].max_drop == 0.002
    assert production.approvals is not None
    assert policy.members(production.approvals) == {"alice@example.com", "bob@example.com", "carol@example.com"}
    assert production.breaking == rules.REFUSE
    assert production.override is not None
    assert production.override.needs_reason
    assert policy.policy_changes is not None


def test_every_key_that_may_be_said_stands_in_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    keys = {*reading._TOP, *reading._RULE, *reading._METRIC, *reading._APPROVALS, *rules.REQUIREMENTS}
    assert {key for key in keys if f"`{key}`" not in text} == set()


def test_no_file_is_no_policy() -> None:
    policy = read(None)
    assert not policy.given
    assert not policy.is_protected("fraud", "champion")


def _rule(**keys: object) -> bytes:
    return yaml.dump({"format": 1, "rules": [{"name": "one", **keys}]})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"# nothing\n", "empty"),
        (b"- 1\n", "mapping"),
        (b"rules: []\n", "format: 1"),
        (b"format: 2\n", "format: 1"),
        (b"format: true\n", "format: 1"),
        (b"format: 1\nrule: []\n", "unknown key 'rule'"),
        (b"format: 1\n<<<<<<< ours\nrules: []\n=======\n>>>>>>> theirs\n", "merge conflict at line 2"),
        (b"format: 1\nrules: []\nrules: []\n", "duplicate key"),
        (b"format: 1\nrules: [&a {name: x}, *a]\n", "aliases"),
        (b"format: 1\nrules: {}\n", "not a list"),
        (b"format: 1\nrules: [{}]\n", "'name': missing"),
        (b"format: 1\nrules: [{name: x}, {name: x}]\n", "two are called 'x'"),
        (_rule(requires=["signature"]), "unknown key 'requires'"),
        (_rule(require=["signatures"]), "unknown 'signatures'"),
        (_rule(require=[]), "'require': not a list"),
        (_rule(protected=True), "names no aliases"),
        (_rule(aliases=["a"], protected="yes"), "not true or false"),
        (_rule(aliases=["a"], soak="24h"), "from_alias"),
        (_rule(aliases=["a"], from_alias="staging", soak="a day"), "span of time"),
        (_rule(aliases=["a"], from_alias="latest"), "reserved"),
        (_rule(aliases=["a"], approvals={"min": 0}), "whole number from 1"),
        (_rule(aliases=["a"], approvals={"min": True}), "whole number from 1"),
        (_rule(aliases=["a"], approvals={"min": 1, "roles": ["nobody"]}), "no role 'nobody'"),
        (_rule(aliases=["a"], approvals={"min": 2, "signers": ["a@x"]}), "only 1 can sign"),
        (_rule(max_size="large"), "size"),
        (_rule(max_size=5), "line of text"),
        (_rule(code_execution=["python"]), "unknown 'python'"),
        (_rule(metrics=[{"name": "auc"}]), "min, max and max_drop"),
        (_rule(metrics=[{"name": "auc", "min": float("nan")}]), "not a number"),
        (_rule(metrics=[{"name": "auc", "min": "0.9"}]), "not a number"),
        (_rule(metrics=[{"name": "auc", "max_drop": 0.1}]), "moves only"),
        (_rule(aliases=["a"], metrics=[{"name": "auc", "max_drop": -1}]), "below zero"),
        (_rule(aliases=["a"], metrics=[{"name": "auc", "max_drop": "much%"}]), "share"),
        (_rule(aliases=["a"], metrics=[{"name": "auc", "direction": "up", "min": 1}]), "unknown 'up'"),
        (_rule(freeze=[{"from": "* * * * 5", "until": "mon 08:00"}]), "fri 16:00"),
        (_rule(freeze=[{"from": "fri 25:00", "until": "mon 08:00"}]), "fri 16:00"),
        (_rule(freeze=[{"from": "2026-02-30", "until": "2026-03-01"}]), "'from'"),
        (_rule(freeze=[{"from": "2026-03-02", "until": "2026-03-01"}]), "ends before"),
        (_rule(freeze=[{"from": "fri 16:00", "until": "2026-03-01"}]), "one kind"),
        (_rule(aliases=["a"], signature={"breaking": "block"}), "unknown 'block'"),
        (_rule(code_branch="--force"), "name of a branch"),
        (_rule(models=["a\x1bb"]), "line of text"),
        (_rule(tags={"stage": ""}), "pattern"),
        (b"\xff\xfe", "byte order mark"),
    ],
)
def test_case_37_a_policy_in_doubt_is_never_a_pass(data: bytes, says: str) -> None:
    with pytest.raises(NotEvaluated) as caught:
        read(data)
    assert says in caught.value.message
    assert caught.value.message.startswith("policy/policy.yaml")
    assert "\n" not in caught.value.message


def test_a_slip_names_what_was_meant() -> None:
    with pytest.raises(NotEvaluated) as caught:
        read(_rule(code_exection=["none"]))
    assert "code_execution" in caught.value.hint


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers(-5, 5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=2),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=8), _ANYTHING, max_size=5))
def test_whatever_a_rule_says_it_is_read_or_refused(keys: dict[str, object]) -> None:
    try:
        data = yaml.dump({"format": 1, "rules": [{"name": "one"} | keys]})
    except GitModelsError:
        return  # what no file can hold
    with contextlib.suppress(NotEvaluated):
        assert len(read(data).rules) == 1


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_globs_match_as_the_shell_s_do(glob: str, name: str) -> None:
    import fnmatch

    assert matches(glob, name) == fnmatch.fnmatchcase(name, glob)


def test_case_37_no_pattern_takes_long() -> None:
    assert not matches("*a" * 100 + "b", "a" * 10_000)


def test_a_week_that_turns_is_one_window() -> None:
    freeze = window("fri 16:00", "mon 08:00")
    friday = 1_792_771_200_000  # 2026-10-23T16:00Z, a Friday
    assert [freeze.holds(friday + hours * HOUR) for hours in (-1, 0, 40, 63, 64)] == [False, True, True, True, False]


def test_dated_windows_hold_from_their_first_to_before_their_last_moment() -> None:
    freeze = window("2026-12-24T16:00Z", "2027-01-02")
    start, end = freeze.start, freeze.end
    assert [freeze.holds(at) for at in (start - 1, start, end - 1, end)] == [False, True, True, False]


@given(st.integers(1, 10**5))
def test_sizes_and_spans_are_what_they_say(count: int) -> None:
    assert units.size(f"{count} KiB") == units.size(f"{count}KiB") == count << 10
    assert units.span(f"{count}h") == count * HOUR
