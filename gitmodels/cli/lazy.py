"""A click group that knows its commands from a table and imports one only to run it.

This room knows click and the form of the table, no command.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from gitmodels.cli.commands import GROUPS, Entry

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """A group whose ``-h`` is written from the table alone, in the order and under the groups of the table."""

    def __init__(
        self, *args: Any, table: Mapping[str, Entry], aliases: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self.aliases = aliases or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the table, in its order, without second names."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None when there is none of that name."""
        entry = self.table.get(self.aliases.get(cmd_name, cmd_name))
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The commands and options that begin so, from the table alone."""
        from click.shell_completion import CompletionItem

        if ctx.args or getattr(ctx, "_protected_args", []):
            return []  # a command was named that is none of ours
        found = [
            CompletionItem(name, help=self.table[self.aliases.get(name, name)].help)
            for name in (*self.table, *self.aliases)
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that ``args`` starts with; a misspelt one is refused with the nearest names."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing:
            raise click.UsageError(f"no such command: {name}{self._nearest(name)}", ctx)
        return (self.aliases.get(name, name) if command else None), command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One section for each group that has commands."""
        second = {name: alias for alias, name in self.aliases.items()}
        width = max((len(self._shown(name, second)) for name in self.table), default=0)
        for group in GROUPS:
            rows = [
                (self._shown(name, second).ljust(width), entry.help)
                for name, entry in self.table.items()
                if entry.group == group
            ]
            if rows:
                with formatter.section(group):
                    formatter.write_dl(rows)

    def _nearest(self, name: str) -> str:
        from difflib import get_close_matches

        found = get_close_matches(name, [*self.table, *self.aliases], n=3)
        return f"; did you mean {' or '.join(found)}?" if found else ""

    @staticmethod
    def _shown(name: str, second: Mapping[str, str]) -> str:
        return f"{name} ({second[name]})" if name in second else name
