"""Tests of a policy, kept beside it (``policy/tests/*.yaml``): a change in words, and what has to be decided of it.

This room turns such words into Facts and holds decisions against what is expected. As strict as the policy itself: a
test that cannot be read is NotEvaluated.
"""

from typing import Any

from gitmodels import yaml
from gitmodels.errors import InvalidYaml, NotEvaluated
from gitmodels.fields import parse_time
from gitmodels.review.measurements import EVALUATIONS, RUN, Measurement
from gitmodels.review.policy import judging, units
from gitmodels.review.policy.asked import Asked
from gitmodels.review.policy.decisions import Decision, Outcome, worst
from gitmodels.review.policy.facts import Approval, Facts, VersionFacts
from gitmodels.review.policy.rules import CODE_EXECUTION, Policy
from gitmodels.values import frozen, replace

_TEST = (
    "name",
    "model",
    "alias",
    "version",
    "before",
    "at",
    "direct",
    "goes_back",
    "authors",
    "held",
    "on_branches",
    "breaking",
    "approvals",
    "expect",
    "by",
)
_VERSION = (
    "number",
    "flavors",
    "code_execution",
    "size",
    "signature",
    "example",
    "card",
    "unpinned",
    "tags",
    "metrics",
    "code_commit",
    "code_dirty",
)
_METRIC = ("name", "value", "dataset", "digest", "source")
EXPECTED = {"allowed": (Outcome.PASSED, Outcome.WARNED), "refused": (Outcome.VIOLATED,), "unknown": (Outcome.UNKNOWN,)}


@frozen
class Fixture:
    """One test: ``expect`` is a key of EXPECTED, ``by`` the rules that have to be among those that decided so."""

    name: str
    facts: Facts
    expect: str
    by: tuple[str, ...] = ()


@frozen
class Tried:
    """What came of a test: whether it holds, and every decision."""

    fixture: Fixture
    holds: bool
    decisions: tuple[Decision, ...]


def read(data: bytes, what: str) -> tuple[Fixture, ...]:
    """The tests in one file. Raises NotEvaluated for anything that is not as docs/format/policy.md says."""
    try:
        loaded = yaml.load(data, what=what)
    except InvalidYaml as error:
        raise NotEvaluated(error.message) from None
    top = Asked(loaded, what, ("format", "tests"))
    if top.raw("format") != 1 or not top.raw("tests"):
        raise NotEvaluated(f"{what}: 'format: 1' and at least one test are expected")
    return tuple(_fixture(item) for item in top.items("tests", _TEST))


def run(policy: Policy, fixture: Fixture) -> Tried:
    """Judge the change of ``fixture`` by ``policy``."""
    facts = fixture.facts
    asked = judging.needs(policy, facts.model, facts.alias).branches
    # A branch that a test does not name is one that the commit is not on.
    facts = replace(facts, branches={branch: branch in facts.branches for branch in asked})
    decisions = judging.judge(policy, facts)
    wanted = EXPECTED[fixture.expect]
    deciding = {each.rule for each in decisions if each.outcome in wanted}
    holds = worst(decisions) in wanted and set(fixture.by) <= deciding
    return Tried(fixture, holds, decisions)


def _fixture(asked: Asked) -> Fixture:
    name = asked.text("name")
    asked.where = f"{asked.where} {name!r}"
    version = asked.inner("version", _VERSION)
    before = asked.inner("before", _VERSION)
    alias = asked.optional("alias")
    if version is None and alias is None:
        raise asked.wrong("version", "missing: only an alias can be cleared")
    facts = Facts(
        model=asked.text("model"),
        alias=alias,
        version=None if version is None else _version(version),
        before=None if before is None else _version(before),
        when=_when(asked),
        direct=asked.flag("direct"),
        goes_back=asked.flag("goes_back"),
        authors=frozenset(asked.texts("authors") or ()),
        held={each: _held(asked, span) for each, span in asked.mapping("held").items()},
        branches=dict.fromkeys(asked.texts("on_branches") or (), True),
        breaking=asked.texts("breaking") or (),
        approvals=tuple(_approval(each) for each in _approvals(asked)),
    )
    return Fixture(name, facts, asked.choice("expect", tuple(EXPECTED), ""), asked.texts("by") or ())


def _version(asked: Asked) -> VersionFacts:
    return VersionFacts(
        number=asked.count("number"),
        flavors=asked.texts("flavors") or (),
        code_execution=asked.choice("code_execution", CODE_EXECUTION, "none"),
        size=asked.parsed("size", units.size) or 0,
        has_signature=asked.flag("signature", default=True),
        has_example=asked.flag("example"),
        has_card=asked.flag("card"),
        unpinned=asked.texts("unpinned") or (),
        tags={key: str(value) for key, value in asked.mapping("tags").items()},
        measurements=tuple(_measurement(item) for item in asked.items("metrics", _METRIC)),
        code_commit=asked.optional("code_commit"),
        code_dirty=asked.flag("code_dirty"),
    )


def _measurement(asked: Asked) -> Measurement:
    value = asked.number("value")
    if value is None:
        raise asked.wrong("value", "missing")
    digest = asked.optional("digest")
    return Measurement(
        name=asked.text("name"),
        value=value,
        source=asked.choice("source", (RUN, EVALUATIONS), RUN),
        dataset=asked.optional("dataset"),
        digests=frozenset() if digest is None else frozenset({digest}),
    )


def _when(asked: Asked) -> int:
    text = asked.optional("at")
    if text is None:
        return 0
    try:
        return parse_time(text if "." in text else text.removesuffix("Z") + ".000Z")
    except ValueError:
        raise asked.wrong("at", "a UTC time is such as 2026-11-27T17:00:00Z") from None


def _held(asked: Asked, span: Any) -> int:
    try:
        return units.span(span) if isinstance(span, str) else 0
    except ValueError as error:
        raise asked.wrong("held", str(error)) from None


def _approvals(asked: Asked) -> list[Any]:
    found = asked.raw("approvals") or []
    if not isinstance(found, list):
        raise asked.wrong("approvals", "a list of names, or of mappings with 'signer' and 'reason'")
    return found


def _approval(given: Any) -> Approval:
    if isinstance(given, str):
        return Approval(given)
    asked = Asked(given, "an approval of a policy test", ("signer", "reason"))
    return Approval(asked.text("signer"), asked.optional("reason"))
