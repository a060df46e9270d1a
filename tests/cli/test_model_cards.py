"""``git models card``: generated until somebody writes one, shown where models are shown, gone with its model."""

from pathlib import Path
from typing import Any

import pytest

Models = Any
CARD = "---\nlicense: mit\nlanguage: [en, de]\n---\n\n# Fraud, found early\n\nBy Ana.\n"


@pytest.fixture
def written(fraud: Path, models: Models) -> Path:
    (fraud / "card.md").write_text(CARD)
    models("card", "fraud", "card.md")
    return fraud


def test_without_a_card_one_is_made_of_what_is_known(fraud: Path, models: Models) -> None:
    models("evaluate", "fraud/2", "--metric", "auc=0.93", "--dataset", "holdout")
    text = models("card", "fraud").out
    assert text.startswith("---\nmodel-index:\n")
    assert "# fraud v2" in text
    assert "| `auc` | 0.93 | holdout |" in text
    assert "the first" in models("card", "fraud/1").out
    assert models("show", "fraud/1", "--json").json["card"] is None


def test_a_card_is_written_once_and_told_everywhere(written: Path, models: Models, git: Any) -> None:
    assert models("card", "fraud").out == CARD
    assert "card       Fraud, found early · mit · en, de\n" in models("show", "fraud/1").out
    assert models("show", "fraud/2", "--json").json["card"] == CARD
    assert git("show", "gitmodels:models/39/fraud/README.md", cwd=written) == CARD
    newest = models("log", "fraud", "-n", "1", "--json").json[0]
    assert (newest["kind"], newest["subject"]) == ("card", "write the card of fraud")
    tip = git("rev-parse", "gitmodels", cwd=written)
    models("card", "fraud", "card.md")
    assert git("rev-parse", "gitmodels", cwd=written) == tip


def test_a_versions_own_readme_comes_first(written: Path, models: Models) -> None:
    (written / "files" / "README.md").write_text("# As it was then\n")
    models("register", "files", "fraud")
    assert models("card", "fraud/3").out == "# As it was then\n"
    assert models("card", "fraud").out == CARD
    assert models("show", "fraud/3", "--json").json["card"] == "# As it was then\n"


def test_a_card_comes_from_standard_input_too_and_an_empty_one_is_none(
    written: Path, models: Models, program: Any
) -> None:
    done = program("card", "fraud", "-", stdin="# Piped\n")
    assert (done.returncode, done.stderr) == (0, "the card of fraud is written\n")
    assert models("card", "fraud").out == "# Piped\n"
    assert program("card", "fraud", "-", stdin="").returncode == 0
    assert models("card", "fraud").out.endswith(" by Ana Test\n")


def test_a_card_is_edited_from_what_it_was(written: Path, models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = written / "editor"
    editor.write_text('#!/bin/sh\nsleep 0.01\nprintf "And Bo.\\n" >> "$1"\ntouch -d "2030-01-01" "$1"\n')
    editor.chmod(0o755)
    monkeypatch.setenv("GIT_EDITOR", str(editor))
    models("card", "fraud", "--edit")
    assert models("card", "fraud").out == CARD + "And Bo.\n"
    monkeypatch.setenv("GIT_EDITOR", "true")
    assert "nothing was saved" in models("card", "fraud", "--edit", code=4).err


def test_a_card_goes_with_its_model_and_never_to_the_next_of_its_name(written: Path, models: Models) -> None:
    models("mv", "fraud", "theft")
    assert models("card", "theft").out == CARD
    models("rm", "theft", "--yes", code=None)
    models("register", "files", "fraud", code=None)
    assert CARD not in models("card", "fraud", code=None).out


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (("fraud/1", "card.md"), 4, "a version never changes"),
        (("fraud", "gone.md"), 3, "no such file"),
        (("fraud", "binary"), 4, "not UTF-8"),
        (("fraud", "open.md"), 4, "does not end"),
        (("fraud", "card.md", "--edit"), 4, "either a FILE"),
        (("nobody", "card.md"), 3, "not found"),
        (("nobody",), 3, "not found"),
    ],
)
def test_what_cannot_be_a_card_is_told(written: Path, models: Models, line: Any, code: int, words: str) -> None:
    (written / "binary").write_bytes(b"\xff\xfe")
    (written / "open.md").write_text("---\nlicense: mit\n")
    assert words in models("card", *line, code=code).err


def test_a_card_with_broken_front_matter_does_not_hide_the_model(fraud: Path, models: Models) -> None:
    (fraud / "files" / "README.md").write_text("---\na: &b 1\n---\n# X\n")
    models("register", "files", "fraud")
    assert "its front matter cannot be read" in models("show", "fraud/3").out
