"""The page that is written without click says what click would say."""

import click
import pytest

import gitmodels
from gitmodels.cli import first_page
from gitmodels.cli.main import PROGRAM, run
from gitmodels.cli.root import root


@pytest.mark.parametrize("columns", [1, 20, 52, 60, 72, 79, 80, 81, 100, 101, 200])
def test_the_first_page_is_the_one_of_click(columns: int) -> None:
    context = click.Context(root, info_name=PROGRAM, **root.context_settings)
    context.terminal_width = max(min(columns, first_page.WIDEST) - 2, 50)
    assert first_page.page(columns) == root.get_help(context) + "\n"


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["--version"]])
def test_both_ways_to_it_show_the_same(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(arguments) == 0
    short = capsys.readouterr().out
    # With an option before it click is asked.
    assert run(["-C", ".", *arguments]) == 0
    assert capsys.readouterr().out == short
    assert short.startswith(("Usage: git models ", f"gitmodels {gitmodels.__version__}\n"))


@pytest.mark.parametrize("argument", ["-v", "help", "ls", "-hh", ""])
def test_anything_else_is_for_click(argument: str) -> None:
    assert first_page.answer(argument) is None


def test_the_page_fits_the_terminal_it_is_asked_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    text = first_page.answer("-h")
    assert text == first_page.page(60)
    assert max(map(len, text.splitlines())) <= 60
    monkeypatch.setenv("COLUMNS", "0")
    assert first_page.answer("-h") == first_page.page(80)
