"""The forms of a comparison, byte for byte; what a model wrote stays text in each of them.

``WRITE_GOLDEN=1 pytest tests/review/test_review_reports.py`` writes the files anew: look at their diff.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from gitmodels.review import check_documents, diff_markdown, report, sarif
from gitmodels.review.checking import Checked
from gitmodels.review.checks.answers import Answer
from gitmodels.review.policy.decisions import Outcome
from gitmodels.review.report import Comparison
from gitmodels.review.verdicts import SECTIONS, Finding, Verdict
from tests.review import sarif_form

GOLDEN = Path(__file__).with_name("golden")
HOSTILE = "x|y `code` <img src=x> @ana #12 [a](http://b.c) **b** \x1b[31m \u202eevil\u200b\nnext"
COMPARISON = Comparison(
    "fraud v7",
    "fraud v8",
    (
        Finding("identity", Verdict.OK, "content", "files: 2 changed", "m-" + "1" * 32, "m-" + "2" * 32),
        Finding("signature", Verdict.OK, "input device", "optional", None, "string?"),
        Finding(
            "signature", Verdict.BREAK, "input country", "data that the old version takes is refused", "string", "long"
        ),
        Finding("metrics", Verdict.OK, "auc", "+0.022 (+2.4 %) on the same data 9f3c", 0.912, 0.934),
        Finding("metrics", Verdict.NOTE, "loss", "not comparable: nobody recorded on which data", 0.5, float("nan")),
        Finding("dependencies", Verdict.WARN, "numpy", "another major version", "1.26.4", "2.1.0"),
        Finding("size", Verdict.OK, "size", "+0.2 MB (+17 %); 1.4 MB in files that are new", 1_200_000, 1_400_000),
        Finding("tags", Verdict.OK, f"tag {HOSTILE}", "changed", HOSTILE, None),
        Finding("provenance", Verdict.NOTE, "base models", "others", ["m-a", "m-b"], []),
    ),
    model="fraud",
    number=8,
)
RANGE = Comparison(
    "main~1",
    "main",
    (Finding("alias", Verdict.NOTE, "fraud@champion", f"moved: {HOSTILE}", "v7", "v8"),),
    parts=(COMPARISON,),
)


def as_json(comparison: Comparison) -> str:
    return json.dumps(report.document(comparison), indent=2) + "\n"


@pytest.mark.parametrize(
    ("name", "render"), [("diff.md", diff_markdown.render), ("diff.sarif", sarif.render), ("diff.json", as_json)]
)
def test_a_report_is_the_golden_file(name: str, render: object) -> None:
    made = render(RANGE)  # type: ignore[operator]
    if os.environ.get("WRITE_GOLDEN"):
        (GOLDEN / name).write_text(made, "utf-8")
    assert made == (GOLDEN / name).read_text("utf-8")


def test_a_comment_keeps_below_its_limit_and_counts_what_is_left_out() -> None:
    many = tuple(
        Finding("tags", Verdict.OK, f"tag {number} {HOSTILE * 3}", "added", None, "x") for number in range(900)
    )
    made = diff_markdown.render(Comparison("a", "b", many))
    assert len(made) <= 60_000
    assert "more lines: run `git models diff`" in made
    assert made == diff_markdown.render(Comparison("a", "b", many))


def test_markdown_is_one_table_row_a_finding() -> None:
    rows = [line for line in diff_markdown.render(RANGE).splitlines() if line.startswith("| ")]
    assert len(rows) == len(RANGE.every()) + 2
    assert all(row.replace("\\|", "").count("|") == 6 for row in rows)


def test_sarif_has_the_form_that_hosts_read() -> None:
    log = json.loads(sarif.render(RANGE))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == list(SECTIONS)
    assert len(run["results"]) == len(RANGE.every())
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["kind"] in ("pass", "fail")
        assert (result["kind"] == "pass") == (result["level"] == "none")
        assert result["message"]["text"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.startswith("models/")
        assert uri.isascii()
    prints = [result["partialFingerprints"]["gitmodels/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def test_every_log_keeps_to_the_schema_of_sarif() -> None:
    answers = [Answer("policy", "a b\x1b/ü", outcome, "text", "rule", "part") for outcome in Outcome]
    checked = Checked("a" * 40, None, answers=(*answers, Answer("merge", "", Outcome.VIOLATED, "text")))
    for made in (json.loads(sarif.render(RANGE)), check_documents.sarif(checked, "1.0")):
        assert sarif_form.problems(made) == []
        assert made["$schema"] == sarif.SCHEMA
        (run,) = made["runs"]
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert len(set(rules)) == len(rules)
        for result in run["results"]:
            assert result["ruleId"] in rules
            # Where nothing failed there is no level, says the standard.
            assert result.get("kind", "fail") == "fail" or result["level"] == "none"
            for location in result.get("locations", ()):
                assert re.fullmatch(r"[A-Za-z0-9._~/%=+@-]+", location["physicalLocation"]["artifactLocation"]["uri"])
    broken = json.loads(sarif.render(RANGE))
    broken["runs"][0]["results"][0]["levels"] = "error"
    del broken["runs"][0]["tool"]["driver"]["name"]
    assert sorted(sarif_form.problems(broken)) == [
        "$.runs[0].results[0]: has levels",
        "$.runs[0].tool.driver: lacks name",
    ]


def test_the_summary_says_the_worst_first_and_nothing_of_what_is_fine() -> None:
    assert report.summary(COMPARISON) == "BREAK (1), warn (1), note (2)"
    assert report.summary(Comparison("a", "b", COMPARISON.findings[:2])) == "ok (2)"
    assert report.summary(Comparison("a", "a", ())) == "nothing differs"
