"""``git models help``: what ``-h`` shows, for those who ask the other way round."""

import click

from gitmodels.cli.main import PROGRAM
from gitmodels.cli.options import Call, writing


@click.command("help")
@click.argument("command", metavar="[COMMAND]...", nargs=-1)
@writing
def help_(call: Call, command: tuple[str, ...]) -> None:
    """Tell about COMMAND, such as alias set; without one, list the commands."""
    from gitmodels.cli.root import root

    context = click.Context(root, info_name=PROGRAM, max_content_width=100, help_option_names=["-h", "--help"])
    found: click.Command = root
    words = list(command)
    while words:
        if not isinstance(found, click.Group):
            raise click.UsageError(f"{found.name} has no commands of its own: {words[0]}", context)
        name, inner, words = found.resolve_command(context, words)
        assert inner is not None
        found = inner
        context = click.Context(found, info_name=name, parent=context, max_content_width=100)
    call.out.paragraph(found.get_help(context))
