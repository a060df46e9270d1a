"""The comment of a pull request: to the byte what it was, harmless whatever models are called, and never too long."""

import json
import re
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitmodels.digest import Digest
from gitmodels.registry.records import NOWHERE, AliasRecord, Target
from gitmodels.review import check_documents, markdown, pull_request
from gitmodels.review.checking import Checked, Seen
from gitmodels.review.checks.answers import CHECKS, Answer
from gitmodels.review.moves import Move
from gitmodels.review.policy.decisions import Outcome
from gitmodels.review.verdicts import Finding, Verdict

GOLDEN = Path(__file__).parent / "golden"
OLD, NEW = Digest("41aa" + "0" * 60), Digest("9f2c" + "1" * 60)
P, W, V, U = Outcome.PASSED, Outcome.WARNED, Outcome.VIOLATED, Outcome.UNKNOWN


def _seen(model: str = "fraud", alias: str = "champion") -> Seen:
    record = AliasRecord(model, alias, Target(8, NEW), Target(7, OLD), "f" * 32)
    move = Move(model, alias, Target(7, OLD), Target(8, NEW), record)
    findings = (
        Finding("signature", Verdict.BREAK, "input region", "callers that do not send it are refused", None, "string"),
        Finding("metrics", Verdict.OK, "auc", "better", 0.921, 0.934),
        Finding("size", Verdict.NOTE, "size", "12 % more", 41 << 20, 46 << 20),
    )
    return Seen(move, protected=True, findings=findings)


def _checked(*answers: Answer, **fields: Any) -> Checked:
    told = {each.check for each in answers}
    passed = [Answer(name, "", P, asks) for name, asks in CHECKS.items() if name not in told]
    known: dict[str, Any] = {"base": "a" * 40, "head": "b" * 40, "moves": (_seen(),), "policy": True}
    return Checked(answers=(*answers, *passed), **known | fields)


REVIEW = _checked(
    Answer("signature", "fraud/8", P, "takes its input example"),
    Answer("objects", "fraud/8", P, "4 files, 48234496 bytes"),
    Answer("policy", "fraud@champion", P, "moves by pull request", "production", "protected"),
    Answer(
        "policy",
        "fraud@champion",
        P,
        "0.921 → 0.934 on the same data; worse by at most 0.002",
        "production",
        "metrics: auc",
    ),
    Answer(
        "policy",
        "fraud@champion",
        V,
        "breaks callers: input region: required input was added",
        "production",
        "signature",
    ),
    Answer("policy", "fraud@champion", V, "1 of 2 signed (alice@example.com)", "production", "approvals"),
    Answer("policy", "fraud@champion", U, "main is not known here", "production", "code_branch"),
    Answer("policy", "fraud/8", W, "not pinned: shap", "versions", "pinned-dependencies"),
    versions=(("fraud", 8, NEW),),
)


def _golden(name: str, text: str) -> None:
    path = GOLDEN / name
    assert path.read_text(encoding="utf-8") == text


def test_the_comment_is_to_the_byte_what_it_was() -> None:
    _golden("report.md", pull_request.markdown(REVIEW))


def test_a_comment_without_trouble_says_so() -> None:
    _golden("well.md", pull_request.markdown(_checked(policy=False)))


def test_the_documents_are_what_they_were() -> None:
    _golden("report.json", json.dumps(check_documents.document(REVIEW), indent=2, ensure_ascii=False) + "\n")
    _golden("report.sarif", json.dumps(check_documents.sarif(REVIEW, "1"), indent=2, ensure_ascii=False) + "\n")


NASTY = (
    "a|b",
    "line\nbreak",
    "</details><img src=x onerror=alert(1)>",
    "@org/team",
    "closes #12",
    "https://evil.example/?q=1 www.evil.example",
    "[click](javascript:alert(1))",
    "`code` ``more``",
    "\x1b[31mred\x1b]8;;http://evil.example\x07link",
    "pro\u202ed\u200b",
    "$(curl evil.example)",
    "<!-- gitmodels:report:v1 -->",
    "x" * 1_000_000,
)


def test_case_101_what_models_are_called_does_nothing_in_a_comment() -> None:
    for nasty in NASTY:
        text = pull_request.markdown(
            _checked(
                Answer("policy", nasty, V, nasty, nasty, nasty),
                moves=(_seen(nasty, nasty),),
                versions=((nasty, 1, NEW),),
            )
        )
        assert len(text) <= 60_000
        assert text.count(pull_request.MARKER) == 1
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "<img" not in text
        bare = _outside_code(text)
        assert not re.search(r"(^|[^\w`])@\w", bare), nasty
        assert not re.search(r"(^|[^\w&])#\d", bare), nasty
        assert not re.search(r"https?://|www\.", bare), nasty
        assert "](" not in bare.replace("\\]", "")
        assert text.count("<details>") == text.count("</details>")
        for line in text.splitlines():
            if line.startswith("|"):
                assert len(re.findall(r"(?<!\\)\|", line)) in (3, 4, 5, 6), line


def _outside_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`|<code>[^<]*</code>", "", text)


@given(st.text(max_size=60))
def test_case_101_no_text_leaves_its_cell_its_line_or_its_span(text: str) -> None:
    prose, code = markdown.escape(text), markdown.code(text)
    for shown in (prose, code):
        assert len(shown.splitlines()) <= 1
        assert not re.search(r"(?<!\\)\|", shown)
    assert code.count("`") == 2
    assert not re.search(r"<(?!!-- -->)", prose)


def test_case_102_five_hundred_moves_fit_and_what_does_not_is_counted() -> None:
    moves = tuple(_seen(f"model-{number}", "champion") for number in range(500))
    answers = [Answer("policy", f"model-{number}@champion", V, "x" * 200, "r", "p") for number in range(500)]
    text = pull_request.markdown(_checked(*answers, moves=moves))
    assert len(text) <= 60_000
    assert "more lines: the JSON report has them all." in text
    assert "500 blocking" in text
    assert text.rstrip().endswith("`git models rollback model-0 champion`")
    assert len(check_documents.document(_checked(*answers, moves=moves))["answers"]) >= 500


def test_a_cleared_alias_and_an_unreadable_version_are_shown_too() -> None:
    cleared = Seen(Move("fraud", "champion", Target(7, OLD), NOWHERE), protected=False)
    assert "| `fraud@champion` | v7 `41aa0000` | **none** |  |" in pull_request.markdown(_checked(moves=(cleared,)))


def test_the_same_change_gives_the_same_comment() -> None:
    assert pull_request.markdown(REVIEW) == pull_request.markdown(REVIEW)
