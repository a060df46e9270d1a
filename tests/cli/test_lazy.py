"""The overview is written from the table; a command is imported only to run it."""

import sys

import click
from click.testing import CliRunner

from gitmodels.cli.commands import CARE, EVERY_DAY, Entry
from gitmodels.cli.lazy import LazyGroup

TABLE = {
    "gc": Entry("nowhere.to_be:found", "Remove what nothing needs.", CARE),
    "register": Entry("nowhere.to_be:found", "Make a version.", EVERY_DAY),
    "ls": Entry("nowhere.to_be:found", "List models.", EVERY_DAY),
}


def group() -> click.Group:
    return LazyGroup("models", table=TABLE, aliases={"add": "register"})


def test_help_imports_nothing_and_keeps_the_order_of_groups_and_table() -> None:
    shown = CliRunner().invoke(group(), ["--help"])
    assert shown.exit_code == 0
    words = [
        "Every day:",
        "register (add)",
        "Make a version.",
        "  ls ",
        "List models.",
        "Care:",
        "  gc ",
        "Remove what",
    ]
    assert [shown.output.index(word) for word in words] == sorted(shown.output.index(word) for word in words)
    assert "Together:" not in shown.output


def test_a_second_name_runs_the_command(monkeypatch: object) -> None:
    ran: list[str] = []
    room = type(sys)("room_of_a_command")
    room.register = click.Command("register", callback=lambda: ran.append("register"))  # type: ignore[attr-defined]
    sys.modules[room.__name__] = room
    try:
        table = {"register": Entry("room_of_a_command:register", "Make a version.", EVERY_DAY)}
        lazy = LazyGroup("models", table=table, aliases={"add": "register"})
        assert CliRunner().invoke(lazy, ["add"]).exit_code == 0
    finally:
        del sys.modules[room.__name__]
    assert ran == ["register"]


def test_an_unknown_command_names_the_nearest() -> None:
    shown = CliRunner().invoke(group(), ["registr"])
    assert shown.exit_code == 2
    assert "no such command: registr; did you mean register?" in shown.output


def test_an_option_in_front_of_nothing_is_told_as_one() -> None:
    shown = CliRunner().invoke(group(), ["--nonsense"])
    assert shown.exit_code == 2
    assert "--nonsense" in shown.output
