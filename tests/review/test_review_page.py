"""The guide shows the report of a review as it is printed: this scene makes it, and the page has it to the letter.

``WRITE_GOLDEN=1 pytest tests/review/test_review_page.py`` writes it into the page anew: look at the diff.
"""

import contextlib
import os
import re
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli import main
from tests.review.conftest import COLUMNS

PAGE = Path(__file__).parents[2] / "docs/guides/review.md"
_BLOCK = re.compile(r"(?<=```markdown\n)<!-- gitmodels:report:v1 -->.*?(?=```\n)", re.S)
POLICY = {
    "name": "production",
    "aliases": "champion",
    "protected": True,
    "require": ["example", "pinned-dependencies"],
    "max_size": "500 MB",
    "approvals": {"min": 2},
    "signature": {"breaking": "refuse", "override": {"min": 3}},
}


def test_the_guide_shows_the_report_of_a_promotion_as_it_is_printed(
    desk: Any, mlmodel: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    wider = mlmodel([*COLUMNS, {"type": "string", "name": "region", "required": True}])
    example = {"columns": ["age", "income", "region"], "data": [[41, 2500.0, "north"]]}
    desk.register(model=wider, example=example, requirements__txt=b"xgboost==2.1.4\nshap\n")
    desk.policy(POLICY)
    desk.aside("proposal", lambda: _point(desk, 3))
    capfd.readouterr()
    with contextlib.chdir(desk.path):
        assert main.run(["check", "--base", "gitmodels", "--head", "proposal", "--report", "md"]) == 7
    report = _as_on_the_page(capfd.readouterr().out)
    page = PAGE.read_text("utf-8")
    if os.environ.get("WRITE_GOLDEN"):
        PAGE.write_text(_BLOCK.sub(lambda _: report, page), "utf-8")
    (shown,) = _BLOCK.findall(page)
    assert shown == report


def _point(desk: Any, number: int) -> None:
    """Move champion as a proposal does, which no guard of the clone holds up."""
    from gitmodels.registry.changes import aliases
    from gitmodels.repo import Repo

    registry = Repo.open(desk.path).registry
    registry.guard = None
    registry.apply(lambda state, at: aliases.set_alias(state, "fraud", "champion", number, at, reason="more data"))


def _as_on_the_page(report: str) -> str:
    """The ids of the two commits are others each time."""
    known = dict.fromkeys(re.findall(r"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b", report))
    for commit, shown in zip(known, ("381dab1…", "1c7b6a9…"), strict=True):
        report = report.replace(commit, shown)
    return report
