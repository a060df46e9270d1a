"""The page of bad input says which test covers which case; here it is held to that."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/design/0004-bad-input.md"
# All but network file systems and sizes, which belong to the benchmarks.
NUMBERS = set(range(1, 114)) - {95}


def rows() -> dict[int, list[str]]:
    """The tests of each case."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\| (\d+) \| (.*) \|", line):
            found[int(match[1])] = re.findall(r"`(tests/[^`]+)`", match[2])
    return found


def test_every_case_of_this_stage_stands_in_the_page() -> None:
    assert set(rows()) == NUMBERS


def test_a_case_has_a_test_or_says_later() -> None:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| \d+ \|", line):
            assert "`tests/" in line or "later: " in line, line


def test_every_test_of_the_page_exists() -> None:
    for case, tests in rows().items():
        for name in tests:
            path, _, function = name.partition("::")
            assert re.search(rf"^def {function}\(", (ROOT / path).read_text(encoding="utf-8"), re.M), (case, name)
