"""Trust: a pure decision by what the caller allows."""

import pytest

from gitmodels import digest
from gitmodels.errors import Invalid, Untrusted
from gitmodels.mlmodel.trust import CLASSES, Subject, Trust, allows, decide, from_text, worst

ONE, OTHER = digest.of_bytes(b"one"), digest.of_bytes(b"other")
PICKLE = Subject("models:/fraud@champion", digest=ONE, remote="acme")


@pytest.mark.parametrize("trust", [Trust.nothing(), Trust.default(), Trust.all()])
def test_what_runs_nothing_always_loads(trust):
    decide(trust, "none", Subject())


@pytest.mark.parametrize("code", [*CLASSES[1:], "something new", ""])
def test_nothing_allows_no_code_at_all(code):
    with pytest.raises(Untrusted):
        decide(Trust.nothing(), code, PICKLE)
    decide(Trust.all(), code, PICKLE)


@pytest.mark.parametrize(
    ("trust", "subject", "expected"),
    [
        (Trust(local=True), Subject(local=True), True),
        (Trust(local=True), Subject(), False),
        (Trust(), Subject(local=True, approved=True), False),
        (Trust(approved=True), Subject(approved=True), True),
        (Trust(approved=True), Subject(local=True), False),
        (Trust(digests=frozenset({ONE})), Subject(digest=ONE), True),
        (Trust(digests=frozenset({ONE})), Subject(digest=OTHER), False),
        (Trust(digests=frozenset({ONE})), Subject(), False),
    ],
)
@pytest.mark.parametrize("code", ["pickle", "python-code"])
def test_each_kind_of_trust_covers_its_own(code, trust, subject, expected):
    assert allows(trust, code, subject) is expected


def test_remote_code_needs_everything():
    subject = Subject(digest=ONE, local=True, approved=True)
    assert not allows(Trust(local=True, approved=True, digests=frozenset({ONE})), "remote-code", subject)


def test_the_refusal_names_what_would_run_and_what_allows_it():
    with pytest.raises(Untrusted) as caught:
        decide(Trust.default(), "python-code", PICKLE)
    assert caught.value.message == (
        "models:/fraud@champion is not trusted: loading it runs Python code that lies in the model"
    )
    assert "git models trust acme" in caught.value.hint
    assert "trust=True" in caught.value.hint
    assert "GITMODELS_TRUST" in caught.value.hint
    assert caught.value.code_execution == "python-code"
    assert "\n" not in caught.value.message + caught.value.hint


def test_trusts_add_up():
    both = Trust(local=True) | Trust(digests=frozenset({ONE})) | Trust(digests=frozenset({OTHER}))
    assert both == Trust(local=True, digests=frozenset({ONE, OTHER}))


def test_the_words_of_a_setting():
    assert from_text("") == from_text("none") == Trust.nothing()
    assert from_text("all") == Trust.all()
    assert from_text(f" local , {ONE} ") == Trust(local=True, digests=frozenset({ONE}))
    for wrong in ("All", "yes", "*", ONE[:63]):
        with pytest.raises(Invalid, match="not a word of trust"):
            from_text(wrong)


def test_the_worst_counts():
    assert worst([]) == "none"
    assert worst(["none", "python-code", "pickle"]) == "python-code"
    assert worst(["remote-code", "unheard of"]) == "unheard of"
