"""Writes the reference pages from the code: docs/cli.md, docs/python.md and the man page.

python docs/scripts/reference.py            write them
python docs/scripts/reference.py --check    only say which are stale; exit code 1 then
"""

import inspect
import sys
from collections.abc import Iterable
from enum import Enum
from importlib import import_module
from typing import Any

import click
from pages import settle

import gitmodels
from gitmodels import errors
from gitmodels.api.modules import MODULES, NAMES
from gitmodels.cli.commands import ALIASES, COMMANDS, GROUPS
from gitmodels.cli.documents import DOCUMENTS
from gitmodels.cli.keys import Document
from gitmodels.cli.root import root

PROGRAM = "git models"
WRITTEN = "<!-- Written by docs/scripts/reference.py from the code. -->"

JSON_RULES = (
    "The documents are stable: new keys may come, none goes or changes its meaning. Times are ISO 8601 in UTC with "
    "milliseconds, sizes bytes, ids lower-case hex. NaN and the infinities are the strings `NaN`, `Infinity` and "
    "`-Infinity`. `?` marks what may be null. The exit code is the same as without `--json`, and errors are words on "
    "standard error. `git models predict` always prints JSON: one object whose `predictions` is the answer."
)


def main() -> int:
    pages = {"docs/cli.md": cli_page(), "docs/python.md": python_page(), "docs/git-models.1": man_page()}
    return settle(pages, "reference.py")


def cli_page() -> str:
    """Every command with its arguments and options, in the groups of the overview."""
    blocks = [
        WRITTEN,
        "# Command line",
        "Data goes to standard output, words to standard error. REF is `fraud@champion`, `fraud/7`, `fraud/latest`, "
        "`m-<id>` or a `models:/` URI. Every reading command takes `--json`.",
        "## git models",
        options_list(root),
        "All but `--version` may stand behind the command's name too.",
    ]
    for group in GROUPS:
        names = [name for name, entry in COMMANDS.items() if entry.group == group]
        blocks += [f"## {group}"] * bool(names)
        for name in names:
            blocks += command_blocks(command(name), [PROGRAM, name], second_name(name))
    blocks += ["## JSON", JSON_RULES]
    for name, document in DOCUMENTS.items():
        blocks += [f"### {PROGRAM} {name} --json", document.shape, keys_table(document)]
    blocks += ["## Exit codes", exit_codes()]
    return "\n\n".join(block for block in blocks if block) + "\n"


def keys_table(document: Document) -> str:
    rows = [f"| `{key.name}` | {key.type} | {key.meaning} |" for key in document.keys]
    return "\n".join(["| key | type | meaning |", "|---|---|---|", *rows]) if rows else ""


def command(name: str) -> click.Command:
    """The command ``name`` of the table."""
    found = root.get_command(click.Context(root), name)
    assert found is not None
    return found


def second_name(name: str) -> str:
    """The alias of a command, or ``""``."""
    return next((alias for alias, target in ALIASES.items() if target == name), "")


def command_blocks(found: click.Command, path: list[str], alias: str = "") -> list[str]:
    """Heading, usage, help and options of a command, and of the commands inside it."""
    context = click.Context(found, info_name=" ".join(path))
    usage = " ".join([*path, *found.collect_usage_pieces(context)])
    blocks = [f"### {' '.join(path)}", f"    {usage}", inspect.cleandoc(found.help or "")]
    blocks += [f"Second name: `{PROGRAM} {alias}`."] if alias else []
    blocks.append(options_list(found, besides=options(root)))
    if isinstance(found, click.Group):
        for name in found.list_commands(context):
            inner = found.get_command(context, name)
            assert inner is not None
            blocks += command_blocks(inner, [*path, name])
    return blocks


def options(found: click.Command) -> list[tuple[str, str]]:
    """(how it is written, what it does) of each option but ``-h``."""
    context = click.Context(found)
    records = [option.get_help_record(context) for option in found.params if isinstance(option, click.Option)]
    return [record for record in records if record is not None]


def options_list(found: click.Command, besides: Iterable[tuple[str, str]] = ()) -> str:
    return "\n".join(f"- `{written}`: {text}" for written, text in options(found) if (written, text) not in besides)


def families() -> list[type[errors.GitModelsError]]:
    """The errors that have an exit code of their own."""
    known = [errors.GitModelsError, *errors.GitModelsError.__subclasses__()]
    return sorted((kind for kind in known if kind.__module__ == errors.__name__), key=lambda kind: kind.exit_code)


def code_rows() -> list[tuple[int, str, str]]:
    """(code, name, meaning), the program's own included."""
    rows = [(kind.exit_code, kind.__name__, first_line(kind)) for kind in families()]
    rows += [
        (0, "", "Done."),
        (2, "", "Wrong usage."),
        (70, "", "An internal error; `--debug` shows the traceback."),
        (130, "", "Interrupted."),
        (141, "", "The reader of standard output went away."),
    ]
    return sorted(rows)


def exit_codes() -> str:
    rows = [f"| {code} | {f'`{name}`' if name else ''} | {text} |" for code, name, text in code_rows()]
    return "\n".join(["| code | error | meaning |", "|---|---|---|", *rows])


def python_page() -> str:
    """Every public name of the package and of its public modules, with its signature and first line."""
    blocks = [
        WRITTEN,
        "# Python",
        "The names, their order of arguments and their error codes are MLflow's wherever the concept is the same.",
        "## gitmodels",
        names_list(gitmodels, sorted(NAMES)),
    ]
    for public in sorted(MODULES):
        module = import_module(public)
        blocks += [f"## {public}", first_line(module), names_list(module, public_names(module))]
    return "\n\n".join(block for block in blocks if block) + "\n"


def public_names(module: Any) -> list[str]:
    """What the module lists as public, or what it defines when it lists nothing."""
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    return list(getattr(module, "__all__", [name for name in sorted(own) if not name.startswith("_")]))


def names_list(module: Any, names: list[str]) -> str:
    return "\n".join(name_line(name, getattr(module, name)) for name in names)


def name_line(name: str, value: Any) -> str:
    """One public name: a call with its arguments' names, or a value."""
    if inspect.ismodule(value):
        return f"- `{name}`: module"
    if inspect.isclass(value) and issubclass(value, Enum):
        return f"- `{name}` ({', '.join(f'`{member.name}`' for member in value)}): {first_line(value)}"
    if not callable(value):
        return f"- `{name}` = `{value!r}`" if isinstance(value, str | int | float | bool) else f"- `{name}`"
    return f"- `{name}{'' if is_error(value) else arguments(value)}`: {first_line(value)}"


def is_error(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, BaseException)


def arguments(value: Any) -> str:
    """The arguments as they are written in a call, with defaults and without types."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for name, parameter in signature.parameters.items()
        if not name.startswith("_")
    ]
    text = str(signature.replace(parameters=plain, return_annotation=inspect.Signature.empty))
    return text if " at 0x" not in text else "(…)"


def first_line(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


def man_page() -> str:
    """``man git-models``, which is what ``git models --help`` shows."""
    lines = [
        '.\\" Written by docs/scripts/reference.py from the code.',
        f'.TH "GIT\\-MODELS" "1" "" "gitmodels {gitmodels.__version__}" "Git Manual"',
        ".SH NAME",
        "git\\-models \\- version machine\\-learning models the way git versions code",
        ".SH SYNOPSIS",
        ".B git models",
        "[OPTIONS] COMMAND [ARGS]...",
        ".SH DESCRIPTION",
        roff(root.help or ""),
        "The registry is a branch of the repository; the bytes of models are kept beside it, under their digests.",
        ".B git models COMMAND \\-h",
        "tells about one command.",
        ".SH OPTIONS",
        *tagged(options(root)),
    ]
    for group in GROUPS:
        rows = [(name, entry.help) for name, entry in COMMANDS.items() if entry.group == group]
        lines += [f".SH {group.upper()}"] * bool(rows) + tagged(rows)
    lines += [".SH EXIT STATUS", *tagged([(str(code), text.replace("`", "")) for code, _, text in code_rows()])]
    lines += [".SH SEE ALSO", ".BR git (1)"]
    return "\n".join(lines) + "\n"


def tagged(rows: list[tuple[str, str]]) -> list[str]:
    return [line for tag, text in rows for line in (".TP", f".B {roff(tag)}", roff(text))]


def roff(text: str) -> str:
    """``text`` as roff data: backslashes and hyphens escaped, no line that looks like a request."""
    escaped = " ".join(text.replace("\\", "\\e").replace("-", "\\-").split())
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    sys.exit(main())
