"""Answers what a shell asks at a TAB: the words so far come as arguments, what fits goes out one a line.

A line is ``kind<TAB>value<TAB>help``; the kinds are click's: plain, file, dir. The scripts that ask and read this are
those of ``git models completion``. This room knows click's completion and lines, no shell.
"""

import itertools
import os
from collections.abc import Sequence

import click
from click.shell_completion import CompletionItem, ShellComplete, split_arg_string

from gitmodels.cli.main import COMPLETING, PROGRAM
from gitmodels.cli.output import clean

# How a shell hands the words over: each as an argument, or the whole line, which bash would cut at @ and =.
WORDS, LINE = "words", "line"
_PROGRAMS = ("git-models", "gitmodels")


def answer(root: click.Command, how: str, given: Sequence[str]) -> str:
    """The lines for ``given``, as ``how`` hands it over. Never raises: an error would land in the prompt."""
    try:
        words, start = _split(how, given)
        if (ours := _behind_program(words)) is None:
            return ""
        items = _Completion(root, {}, PROGRAM, COMPLETING).get_completions(ours, start)
    except Exception:  # noqa: BLE001 - whatever is wrong, a prompt has no use for it
        return ""
    return "".join(_line(item) for item in items if clean(str(item.value)) == str(item.value))


class _Completion(ShellComplete):
    name = "git-models"


def _line(item: CompletionItem) -> str:
    return f"{item.type}\t{item.value}\t{clean(item.help or '')}\n"


def _split(how: str, given: Sequence[str]) -> tuple[list[str], str]:
    """The words before the one that is being written, and that one."""
    if how == LINE:
        line = given[0] if given else ""
        words = split_arg_string(line)
        start = words.pop() if words and not line[-1:].isspace() else ""
    else:
        *words, start = given or [""]
    return words, start


def _behind_program(words: Sequence[str]) -> list[str] | None:
    """The words behind ``git-models``, or behind git's ``models`` with the folder that git itself was given.

    None when another program is asked.
    """
    head = os.path.basename(words[0]) if words else ""
    if head in (*_PROGRAMS, "models"):
        return list(words[1:])
    if "models" not in words:
        return None
    place = list(words).index("models")
    kept: list[str] = []
    for before, word in itertools.pairwise(words[1 : place + 1]):
        if before in ("-C", "--git-dir"):
            kept += [before, word]
        elif before.startswith("--git-dir="):
            kept.append(before)
    return [*kept, *words[place + 1 :]]
