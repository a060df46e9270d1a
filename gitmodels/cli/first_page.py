"""What ``git models -h`` and ``git models --version`` show, written without click, which takes longer to load.

This room knows the table of commands and how click lays a page out; a test holds both to the same text at every width.
"""

import os
import sys

import gitmodels
from gitmodels.cli.commands import ALIASES, COMMANDS, GROUPS

ABOUT = "Version machine-learning models the way git versions code, without a server."
EPILOG = "REF is fraud@champion, fraud/7, fraud/latest, m-<id> or a models:/ URI. git models COMMAND -h tells more."
WIDEST = 100
_NARROWEST = 50
_OPTIONS = (
    ("--version", "Show the version and exit."),
    ("-C DIR", "Run as if started in DIR."),
    ("--git-dir DIR", "The repository, instead of a search."),
    ("--debug", "Show the traceback of an error."),
    ("-P, --no-pager", "Show long answers without a pager."),
    ("-h, --help", "Show this message and exit."),
)


def answer(argument: str) -> str | None:
    """The whole output for a command line of this one argument; None when it asks for something else."""
    if argument == "--version":
        return f"gitmodels {gitmodels.__version__}\n"
    return page(_columns()) if argument in ("-h", "--help") else None


def page(columns: int) -> str:
    """The overview of commands, for a terminal of so many columns."""
    width = max(min(columns, WIDEST) - 2, _NARROWEST)
    second = {name: alias for alias, name in ALIASES.items()}
    shown = {name: f"{name} ({second[name]})" if name in second else name for name in COMMANDS}
    longest = max(map(len, shown.values()))
    sections = [("Options", [*_OPTIONS])]
    for group in GROUPS:
        rows = [(shown[name].ljust(longest), entry.help) for name, entry in COMMANDS.items() if entry.group == group]
        sections += [(group, rows)] * bool(rows)
    parts = ["Usage: git models [OPTIONS] COMMAND [ARGS]...", _filled(ABOUT, width, "  ")]
    parts += [f"{title}:\n{_definitions(rows, width)}" for title, rows in sections]
    return "\n\n".join([*parts, _filled(EPILOG, width, "  ")]) + "\n"


def _definitions(rows: list[tuple[str, str]], width: int) -> str:
    first = max(len(term) for term, _ in rows) + 2
    lines = []
    for term, text in rows:
        inner = _filled(text, max(width - first - 2, 10), "").split("\n")
        lines += [f"  {term.ljust(first)}{inner[0]}", *(" " * (first + 2) + line for line in inner[1:])]
    return "\n".join(lines)


def _filled(text: str, width: int, indent: str) -> str:
    if len(indent) + len(text) <= width:
        return indent + text
    import textwrap

    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent)


def _columns() -> int:
    # As shutil.get_terminal_size has it, without what importing shutil brings along.
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (ValueError, OSError, AttributeError):
        return 80
